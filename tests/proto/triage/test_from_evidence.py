"""Which reads of a pass speak of a failed one."""

from barwatch_proto.telemetry import Evidence, Reread, SeenRegister
from barwatch_proto.triage.from_evidence import Asked, case_of
from barwatch_proto.words import Access, Outcome

PASS_NS = 1_000
STATUS, LATE = (
    SeenRegister(name, 0, offset, 4, is_canary=False, is_expected=False)
    for name, offset in (("status", 0), ("late", 4))
)
GONE = "the function is gone: 0000:06:00.0 is not in sysfs"


def _read(register: SeenRegister, outcome: Outcome, taken_at_ns: int = PASS_NS, access: Access = Access.USER) -> Reread:
    value, reason = (0x7666, None) if outcome is Outcome.OK else (None, GONE)
    return Reread(register.name, access, taken_at_ns, outcome, value, reason)


def _others(*reads: Reread) -> list[tuple[str, Outcome]]:
    evidence = Evidence(taken_at_ns=PASS_NS, route=(), rereads=(), reads=reads, registers=(STATUS, LATE))
    asked = Asked(LATE, Access.USER, Outcome.UNREACHABLE, reason=GONE, taken_at_ns=PASS_NS)
    return [(each.register, each.outcome) for each in case_of(asked, evidence).others]


def test_what_the_same_batch_read_before_is_left_out_and_what_it_read_after_counts():
    before, failed, after = (
        _read(STATUS, Outcome.OK),
        _read(LATE, Outcome.UNREACHABLE),
        _read(STATUS, Outcome.UNREACHABLE),
    )

    assert _others(before, failed, after) == [("status", Outcome.UNREACHABLE)]


def test_a_read_that_the_evidence_did_not_keep_has_no_place_in_its_batch():
    """Three hundred registers of a function that goes in mid-pass: the good ones may all have been before."""
    same_batch, other_access = _read(STATUS, Outcome.OK), _read(STATUS, Outcome.OK, access=Access.KERNEL)

    assert _others(same_batch, other_access) == [("status", Outcome.OK)]
    assert _others(same_batch) == []
    assert _others(_read(STATUS, Outcome.OK, PASS_NS + 1)) == [("status", Outcome.OK)]
