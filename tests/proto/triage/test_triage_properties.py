"""What holds for any evidence: no crash, no verdict without a reason, and never surer with less."""

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.proto.triage.pieces import without_each
from tests.proto.triage.wild import cases, reals

from barwatch_proto.triage import FailureClass, triage
from barwatch_proto.triage.table import TABLE

HALF = 0.5
bytes_of_any_kind = (
    st.binary(max_size=300)
    | st.sampled_from(reals())
    | st.sampled_from(reals()).flatmap(
        lambda real: st.tuples(st.just(real), st.integers(0, 4095), st.binary(max_size=8)).map(
            lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + len(parts[2]) :]
        )
    )
)


@settings(max_examples=250)
@given(cases(bytes_of_any_kind))
def test_no_evidence_crashes_triage_or_gives_confidence_without_a_reason(case):
    verdict = triage(case)

    assert 0.0 <= verdict.confidence <= 1.0
    assert verdict.reasons
    assert all(verdict.reasons)
    if verdict.failure is FailureClass.UNKNOWN:
        assert verdict.confidence == 0.0
    else:
        assert verdict.confidence >= HALF
    assert triage(case) == verdict


@settings(max_examples=250, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(cases(st.just(b"") | st.sampled_from(reals())))
def test_less_evidence_is_never_surer(case):
    """Where two sources differ in a fact, the one that counts hides the other: such cases are shown, not compared."""
    verdict = triage(case)
    assume(not verdict.contradictions)

    for piece, less in without_each(case):
        found = triage(less)
        assert found.confidence <= verdict.confidence, f"without {piece} it is {found.failure.value}"


@settings(max_examples=250, derandomize=True)
@given(cases(st.just(b""), told=2))
def test_less_told_evidence_is_never_surer(case):
    """Without bytes everything is told: many more of these cases fit together."""
    verdict = triage(case)
    assume(not verdict.contradictions)

    for piece, less in without_each(case):
        found = triage(less)
        assert found.confidence <= verdict.confidence, f"without {piece} it is {found.failure.value}"


def test_no_row_doubts_more_than_it_is_sure():
    """Else an open row would let a later one be surer than the row itself is when it is met."""
    assert all(row.doubt <= row.confidence for row in TABLE)
