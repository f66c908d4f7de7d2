"""From cells to the next experiment, for each failure class."""

from collections.abc import Iterator

from barwatch_collector.correlate.explain import ranked
from barwatch_collector.experiment.candidates import beliefs_of
from barwatch_collector.experiment.proposal import Advice, Experiment, advice
from barwatch_collector.findings.analysis import fleets
from barwatch_collector.findings.answers import ExperimentsFor, Proposal
from barwatch_collector.findings.facts import Facts
from barwatch_collector.findings.lab import lab_of
from barwatch_collector.findings.wanted import How
from barwatch_collector.questions.cells import Cells

NOTHING_TO_ASK = "nothing fails in two hosts that differ from others: there is nothing to separate"


def proposals(found: Cells, facts: Facts, how: How, most: int) -> Iterator[ExperimentsFor]:
    """What to try next for each class that is asked for."""
    for failure, fleet, settings in fleets(found, facts, how):
        failing = len(set(fleet.table.units[fleet.table.failures > 0].tolist()))
        made = ranked(fleet.table, settings)
        if made is None:
            yield ExperimentsFor(failure, failing, NOTHING_TO_ASK, 0.0, False, (), ())  # noqa: FBT003 as it is
            continue
        beliefs = beliefs_of(made)
        yield _answer(failure, failing, advice(beliefs, lab_of(fleet, facts, beliefs.table), most))


def _answer(failure: str, failing: int, told: Advice) -> ExperimentsFor:
    experiments = tuple(map(_proposal, told.experiments))
    return ExperimentsFor(failure, failing, told.conclusion, told.bits, told.is_settled, told.likeliest, experiments)


def _proposal(one: Experiment) -> Proposal:
    return Proposal(one.kind.value, one.text, one.hours, one.gain, one.tries, one.fails, one.works)
