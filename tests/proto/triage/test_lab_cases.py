"""What the lab breaks is named, with the reasons of a PCIe engineer, and less evidence never makes it another class."""

import pytest
from tests.proto.triage.lab_cases import LAB
from tests.proto.triage.pieces import without_each

from barwatch_proto.triage import FailureClass, triage

SURE = 0.8


@pytest.mark.parametrize("name", LAB)
def test_each_failure_of_the_lab_is_named_with_its_reasons(name):
    expected = LAB[name]
    verdict = triage(expected.make())

    assert verdict.failure is expected.failure
    assert verdict.confidence >= SURE
    assert verdict.contradictions == ()
    for words in expected.words:
        assert any(words in reason for reason in verdict.reasons), verdict.reasons


@pytest.mark.parametrize("name", LAB)
def test_with_one_piece_less_it_is_the_same_or_not_known_and_never_surer(name):
    expected = LAB[name]
    case = expected.make()
    full = triage(case)

    for piece, less in without_each(case):
        verdict = triage(less)
        assert verdict.failure in {expected.failure, FailureClass.UNKNOWN}, piece
        assert verdict.confidence <= full.confidence, piece
