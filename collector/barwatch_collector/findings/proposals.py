"""From cells to the next experiment, for each failure class."""

from collections.abc import Iterator

from barwatch_collector.correlate.explain import ranked
from barwatch_collector.experiment.candidates import beliefs_of
from barwatch_collector.experiment.proposal import Advice, Experiment, Left, Outcome, advice
from barwatch_collector.findings.analysis import asked_classes, settings_of
from barwatch_collector.findings.answers import Belief, ExperimentsFor, OutcomeOf, Proposal
from barwatch_collector.findings.facts import Facts
from barwatch_collector.findings.lab import lab_of
from barwatch_collector.findings.table import fleet_table
from barwatch_collector.findings.wanted import How, Which, name_of
from barwatch_collector.questions.cells import Cells

NOTHING_TO_ASK = "nothing fails in two hosts that differ from others: there is nothing to separate"


def proposals(found: Cells, facts: Facts, how: How, most: int) -> Iterator[ExperimentsFor]:
    """What to try next for each class that is asked for."""
    for failure in asked_classes(found, how.which):
        fleet = fleet_table(found, facts, Which(failure, how.which.accesses))
        failing = len(set(fleet.table.units[fleet.table.failures > 0].tolist()))
        made = ranked(fleet.table, settings_of(fleet, how))
        if made is None:
            yield ExperimentsFor(name_of(failure), failing, NOTHING_TO_ASK, 0.0, False, (), ())  # noqa: FBT003 as it is
            continue
        beliefs = beliefs_of(made)
        yield _answer(name_of(failure), failing, advice(beliefs, lab_of(fleet, facts, beliefs.table), most))


def _answer(failure: str, failing: int, told: Advice) -> ExperimentsFor:
    return ExperimentsFor(
        failure,
        failing,
        told.conclusion,
        told.bits,
        told.is_settled,
        tuple(map(_belief, told.likeliest)),
        tuple(map(_proposal, told.experiments)),
    )


def _proposal(one: Experiment) -> Proposal:
    outcomes = _outcome(one.fails), _outcome(one.works)
    return Proposal(one.kind.value, one.text, one.hours, one.gain, one.tries, *outcomes)


def _outcome(one: Outcome) -> OutcomeOf:
    return OutcomeOf(one.chance, tuple(map(_belief, one.left)), one.ruled_out)


def _belief(one: Left) -> Belief:
    return Belief(one.text, one.before, one.after)
