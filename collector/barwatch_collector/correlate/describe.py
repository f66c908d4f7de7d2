"""One class of a search as an explanation (steps 12 to 21)."""

import numpy as np

from barwatch_collector.correlate.alternatives import alternative, near, same_rows
from barwatch_collector.correlate.classes import posterior, stability
from barwatch_collector.correlate.exact import benjamini_hochberg, fisher, risk_ratio
from barwatch_collector.correlate.finding import Adjusted, Alternative, Explanation, Level, Stability
from barwatch_collector.correlate.fleet import Fleet
from barwatch_collector.correlate.halves import agreeing
from barwatch_collector.correlate.literal import Conjunction, all_hold, conjunction_text, left_open
from barwatch_collector.correlate.measure import adjusted, counts_of, paired, side
from barwatch_collector.correlate.rounds import Round
from barwatch_collector.correlate.sentence import sentence_of
from barwatch_collector.correlate.table import Bools, Ints
from barwatch_collector.correlate.widen import narrowed

STABLE = 0.6  # step 17
CONVINCING = float(np.log(20))  # nats: "strong" of Kass and Raftery, J. American Statistical Association 90 (1995)
LEFT_OUT = 100  # units that are left out one at a time, at most
MOST_DRIVING = 3  # units that are named
MOST_RIVALS = 10


def described(made: Round, index: int) -> Explanation:
    """The class with everything that speaks for it and against it."""
    found, costs = made.conjunction(index), float(made.costs[index])
    conjunction, score = narrowed(made.fleet, found, costs, made.settings.width)
    inside = all_hold(conjunction, made.fleet.table)
    sides = side(made.fleet, inside), side(made.fleet, ~inside)
    is_open = left_open(conjunction, made.fleet.table)
    unknown = side(made.fleet, is_open) if is_open.any() else None
    counts = counts_of(made.fleet, inside)
    n, f, all_n, all_f = (float(each[0]) for each in (counts.n, counts.f, counts.all_n, counts.all_f))
    text = conjunction_text(conjunction, made.fleet.table)
    others = _alternatives(made, index, conjunction)
    stable = _stability(made, index, inside)
    within = adjusted(made.fleet, inside, made.root)
    p = None if made.chance is None else made.chance.p(float(made.classes.score[index]))
    return Explanation(
        conjunction,
        text,
        sentence_of(text, made.fleet.table.unit_word, (*sides, unknown), others),
        _level(made, within, score),
        *sides,
        unknown,
        score,
        score + costs / 2,
        p,
        _q(made, index),
        float(posterior(made.classes.mass)[0][index]),
        risk_ratio(n, f, all_n - n, all_f - f),
        f / all_f,
        stable,
        agreeing(made, index),
        within,
        paired(made.fleet, inside),
        others,
        conjunction != found,
        tuple(text for literal in conjunction for text in near(made.fleet, literal)),
    )


def is_stable(found: Stability) -> bool:
    """Whether no single unit decides (step 17)."""
    return found.share >= STABLE


def _alternatives(made: Round, index: int, ours: Conjunction) -> tuple[Alternative, ...]:
    """What has the same cells, and the other classes within a few nats."""
    score = made.classes.score
    same = [alternative(made.fleet, ours, one, float(score[index])) for one in same_rows(made.fleet, ours)]
    rivals = [one for one in made.close if one != index][:MOST_RIVALS]
    other = [alternative(made.fleet, ours, made.conjunction(one), float(score[one])) for one in rivals]
    return (*same, *(one for one in other if not one.has_same_rows))


def _stability(made: Round, index: int, inside: Bools) -> Stability:
    units = _left_out(made.fleet, inside)
    share, lost = stability(made.fleet, made.classes, made.costs, index, units)
    names = made.settings.names
    raw = made.fleet.table.units[made.fleet.starts[lost[:MOST_DRIVING]]]
    return Stability(share, tuple(names[unit] if names else f"{made.fleet.table.unit_word} {unit + 1}" for unit in raw))


def _left_out(fleet: Fleet, inside: Bools) -> Ints:
    """The units that a finding can hang on, evenly chosen when there are many: those that fail, or are inside."""
    units = np.unique(fleet.unit[inside | fleet.failed])
    chosen: Ints = units[np.unique(np.linspace(0, len(units) - 1, min(LEFT_OUT, len(units))).astype(int))]
    return chosen


def _q(made: Round, index: int) -> float:
    """The false discovery rate, of Fisher's p of all classes, as if all that was searched had been tested (step 16)."""
    counts = made.fleet.count(made.classes.truth)
    p = fisher(counts.n, counts.f, counts.all_n, counts.all_f)
    searched = len(made.fleet.items) * (len(made.fleet.items) + 1) // 2
    return float(benjamini_hochberg(p, searched)[index])


def _level(made: Round, within: Adjusted | None, score: float) -> Level:
    """Strong when neither noise nor the model explains it as well (step 36); what did not pass is lowered later."""
    is_confounded = within is not None and within.verdict != "holds"
    is_weak = score < CONVINCING or made.is_noise_dominated
    return Level.SUGGESTIVE if is_confounded or is_weak else Level.STRONG
