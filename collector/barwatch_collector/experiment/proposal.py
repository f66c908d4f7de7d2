"""Which experiment next, what each of its outcomes would leave, and what none can tell (step 24)."""

from dataclasses import dataclass

import numpy as np

from barwatch_collector.correlate.table import MISSING, Column
from barwatch_collector.experiment.beliefs import Beliefs, codes_of
from barwatch_collector.experiment.gain import gains
from barwatch_collector.experiment.lab import Kind, Lab
from barwatch_collector.experiment.options import NOBODY
from barwatch_collector.experiment.ranking import Choice, proofs, ranking
from barwatch_collector.experiment.sentence import Change, done, lacking
from barwatch_collector.experiment.told import Belief, OutcomeOf

LEAST = 0.02  # bits that make an experiment worth its while
SETTLED = 0.95  # chance from which a cause is known
TRIES = 5  # of each cell: an intermittent failure shows in one of them
MOST_CONSIDERED = 1_000  # hypotheses
MOST_LEFT = 3  # hypotheses that are named for each outcome, as what is left
MOST_RULED_OUT = 5  # and as what is not
RULED_OUT = 0.2  # what is left of the chance of a hypothesis that an outcome speaks against,
WORTH_NAMING = 0.01  # and its chance before


@dataclass(frozen=True, slots=True)
class Experiment:
    """One cell to try, with what it tells."""

    kind: Kind
    text: str
    changes: tuple[Change, ...]  # to the row that it starts from; of a cell that is not tested yet: none
    cell: tuple[int, ...]  # its code for each column of the table, MISSING where it is not known
    row: int  # that is changed, of the table or of the untested cells
    donor: int | None  # row that attributes come from; None where nothing is moved
    hours: float
    gain: float  # bits
    tries: int
    fails: OutcomeOf
    works: OutcomeOf

    @property
    def worth(self) -> float:
        """Bits per hour."""
        return self.gain / self.hours


@dataclass(frozen=True, slots=True)
class Advice:
    """The experiments worth doing, the best first, and what all comes to."""

    experiments: tuple[Experiment, ...]  # those that tell most for their cost; of a settled cause, those that prove it
    conclusion: str
    likeliest: tuple[Belief, ...]  # as it is: before and after are the same
    bits: float  # that are not known
    is_settled: bool


def advice(beliefs: Beliefs, lab: Lab, most: int = 5, tries: int = TRIES) -> Advice:
    """What to do next.

    Args:
        beliefs: what may be the cause.
        lab: what is possible.
        most: experiments that are told.
        tries: of each cell.
    """
    beliefs = beliefs.likeliest(MOST_CONSIDERED)
    best = int(np.argmax(beliefs.chance))
    is_settled = bool(beliefs.chance[best] >= SETTLED) and best < len(beliefs.conjunctions)
    if is_settled:
        chosen = proofs(beliefs, lab, best, tries)
    else:
        chosen = [one for one in ranking(beliefs, lab, tries) if one.gain >= LEAST]
    return Advice(
        tuple(_experiment(beliefs, lab, one, tries) for one in chosen[:most]),
        _conclusion(beliefs, is_settled=is_settled, is_anything_possible=bool(chosen)),
        likeliest(beliefs, beliefs),
        beliefs.entropy,
        is_settled,
    )


def _experiment(beliefs: Beliefs, lab: Lab, chosen: Choice, tries: int) -> Experiment:
    table = beliefs.table
    from_table = lab.untested if chosen.kind is Kind.UNTESTED and lab.untested is not None else table
    was = codes_of(from_table.of(np.array([chosen.row])))[0]
    changes = tuple(Change(one.name, _level(one, new), _level(one, old))
                    for one, new, old in zip(table.columns, chosen.cell, was, strict=True) if new != old)  # fmt: skip
    inside = beliefs.holds_on(chosen.cell[None, :])
    failing = float(gains(beliefs, inside, tries)[1][0])
    return Experiment(
        chosen.kind,
        done(chosen, changes, lab, table),
        changes,
        tuple(int(code) for code in chosen.cell),
        chosen.row,
        None if chosen.donor == NOBODY else chosen.donor,
        chosen.hours,
        chosen.gain,
        tries,
        _outcome(beliefs, beliefs.after(chosen.cell, fails=True, repeats=tries), failing),
        _outcome(beliefs, beliefs.after(chosen.cell, fails=False, repeats=tries), 1 - failing),
    )


def _outcome(before: Beliefs, after: Beliefs, chance: float) -> OutcomeOf:
    out = (after.chance <= RULED_OUT * before.chance) & (before.chance >= WORTH_NAMING)
    order = [int(at) for at in np.argsort(-before.chance, kind="stable") if out[at]]
    return OutcomeOf(chance, likeliest(before, after), tuple(before.text(at) for at in order[:MOST_RULED_OUT]))


def likeliest(before: Beliefs, after: Beliefs) -> tuple[Belief, ...]:
    """The likeliest hypotheses after an outcome, and what they were before it."""
    best = (int(at) for at in np.argsort(-after.chance, kind="stable")[:MOST_LEFT])
    return tuple(Belief(after.text(at), float(before.chance[at]), float(after.chance[at])) for at in best)


def _level(column: Column, code: int) -> str | None:
    return None if code == MISSING else column.levels[code]


def _conclusion(beliefs: Beliefs, *, is_settled: bool, is_anything_possible: bool) -> str:
    order = [int(at) for at in np.argsort(-beliefs.chance, kind="stable")]
    if is_settled:
        proof = ": the first experiment would prove it" if is_anything_possible else ""
        return f"{beliefs.text(order[0])}, with a probability of {beliefs.chance[order[0]]:.3f}{proof}"
    if is_anything_possible:
        return f"{beliefs.entropy:.1f} bits are not known: the first experiment tells most of them for its cost"
    return f"cannot be separated by any available experiment: {lacking(beliefs, order)}"
