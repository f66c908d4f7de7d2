"""What triage makes of the evidence that a real agent took of a real failure, and of the same evidence less a piece."""

from collections.abc import Mapping

from tests.lab.scenarios import Scenario, bars, decoding, denied, errors, ones, plugging, power
from tests.lab.stage import Episode, Stage, shown
from tests.proto.triage.pieces import without_each

from barwatch_proto.telemetry import SeenRegister
from barwatch_proto.triage import Case, FailureClass, triage
from barwatch_proto.triage.from_evidence import Asked, case_of
from barwatch_proto.words import Access, Outcome

SURE = 0.8
REPEATED = {f"panel.repeated_{number:03}" for number in range(300)}  # names for one register: tests/lab/papers.py

EXPECTED: Mapping[Scenario, FailureClass] = {
    decoding.decoding_is_off_at_the_function: FailureClass.DECODE_OFF,
    decoding.an_interrupted_function_is_one_episode_for_each_interruption: FailureClass.DECODE_OFF,
    decoding.decoding_is_off_at_a_bridge: FailureClass.DECODE_OFF,
    decoding.decoding_is_off_below_an_ordinary_user: FailureClass.DECODE_OFF,
    ones.a_register_that_holds_all_ones: FailureClass.LEGITIMATE_ONES,
    power.a_function_in_d3hot: FailureClass.D3HOT,
    denied.a_driver_that_takes_the_bar_for_itself: FailureClass.DENIED,
    denied.a_driver_whose_function_the_policy_does_not_share: FailureClass.DENIED,
    bars.a_bar_that_moved_under_a_user_mapping: FailureClass.STALE_MAPPING,
    bars.a_bar_that_moved_under_a_mapping_of_the_drivers: FailureClass.STALE_MAPPING,
    bars.a_bar_outside_the_window_of_its_bridge: FailureClass.OUTSIDE_WINDOW,
    bars.a_bar_that_got_no_address: FailureClass.BAR_UNASSIGNED,
    plugging.removed_in_the_middle_of_a_pass: FailureClass.REMOVED,
    plugging.pulled_and_plugged_in_again_and_again: FailureClass.REMOVED,
    errors.reads_that_time_out_and_are_reported: FailureClass.DEVICE_DEAD_CONFIG_ALIVE,
}


def expect(stage: Stage, scenario: Scenario) -> None:
    """The collector gives each episode of the scenario its class, surely; less evidence makes it unknown at worst.

    Which episodes there must be, the scenario says: a card that is pulled between two passes leaves none.

    Raises:
        LabError: the collector comes to another verdict.
        AssertionError: says which episode, and which piece was taken away.
    """
    expected = EXPECTED[scenario]
    stage.wait(
        f"every episode is {expected.value}",
        lambda: {row["failure"] for row in stage.told_about()} <= {expected.value},
        lambda: shown(stage.told_about()),
    )
    kinds = {
        (row["register"] in REPEATED, row["access"], row["outcome"], row["evidence_of"]): row
        for row in stage.told_about()
    }
    for row in kinds.values():  # three hundred names for one register are one kind
        _check(_case(stage, row), expected, shown([row]))


def _check(case: Case, expected: FailureClass, told: str) -> None:
    verdict = triage(case)
    assert verdict.failure is expected, f"{told}\n{verdict}"
    assert verdict.confidence >= SURE, f"{told}\n{verdict}"
    for piece, less in without_each(case):
        found = triage(less)
        assert found.failure in {expected, FailureClass.UNKNOWN}, f"without {piece}: {found}\n{told}\n{verdict}"
        assert found.confidence <= verdict.confidence, f"without {piece}: {found}\n{told}\n{verdict}"


def _case(stage: Stage, row: Episode) -> Case:
    """As the collector saw it: with the evidence of the episode itself, or of another one of the same pass."""
    source = row["evidence_of"]
    evidence = None if source is None else stage.collector.evidence(row | {"episode_id": source})
    known = {register.name: register for register in evidence.registers} if evidence else {}
    asked = Asked(
        known.get(row["register"]) or SeenRegister(row["register"], row["bar"], row["offset"], row["width"]),
        Access(row["access"]),
        Outcome(row["outcome"]),
        None if row["value"] is None else int(row["value"], 16),
        row["reason"],
        row["opened_at_ns"],
    )
    return case_of(asked, evidence)
