"""From a table to a report: the best explanation, then the best of what it leaves, until none passes (step 18)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from barwatch_collector.correlate.classes import classes_of
from barwatch_collector.correlate.describe import described, is_stable
from barwatch_collector.correlate.finding import ENGINE_VERSION, Explanation, Level, Report
from barwatch_collector.correlate.fingerprint import fingerprint
from barwatch_collector.correlate.fleet import Fleet, fleet
from barwatch_collector.correlate.literal import all_hold
from barwatch_collector.correlate.measure import root_of
from barwatch_collector.correlate.order import told
from barwatch_collector.correlate.penalty import ORDERS
from barwatch_collector.correlate.permute import Chance, Draws, by_chance, is_testable, least_p
from barwatch_collector.correlate.placebo import with_placebos
from barwatch_collector.correlate.rejected import gaps, rejected
from barwatch_collector.correlate.rounds import Round
from barwatch_collector.correlate.search import BEST_PAIRS, TRIPLES, Search
from barwatch_collector.correlate.sentence import conclusion_of
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Ints, Table

LEVEL = 0.05  # familywise
MOST_CAUSES = 5
MOST_SHOWN = 10  # candidates that could not be decided
WORTH_SHOWING = 0.5  # p from which what fits best is not worth a word
WORK = 4e11  # products that all permutations may take together,
FEWEST_PERMUTATIONS = 39  # but there are so many: p of .025 at best
CERTAIN = 14.0  # nats: chance gets there three times in a million, by Markov's inequality,
LONG_SEARCH = 5e8  # so that it need not be asked where one search takes so many products


@dataclass(frozen=True, slots=True, eq=False)
class Causes:
    """What was accepted, what could not be decided, and what is left."""

    accepted: tuple[Explanation, ...]
    candidates: tuple[Explanation, ...]
    unexplained: int  # failing units that no explanation covers
    permutations: int
    is_noise_dominated: bool


def explained(table: Table, settings: Settings, input_hash: str | None = None) -> Report:
    """Everything the table says about what explains its failures; the hash of both goes along where it is known."""
    whole = fleet(with_placebos(table, settings.placebos, settings.seed))
    causes = _causes(whole, settings)
    least = least_p(whole)
    sizes = whole.units, whole.failing_units
    return Report(
        ENGINE_VERSION,
        input_hash or fingerprint(table, settings),
        settings.seed,
        table.unit_word,
        rows=table.rows,
        cells=len(whole.failed),
        units=whole.units,
        failing_units=whole.failing_units,
        columns=len(table.columns),
        unused=tuple(name for name in whole.unused if name in {column.name for column in table.columns}),
        conclusion=conclusion_of(len(causes.accepted), len(causes.candidates), sizes, least, table.unit_word),
        explanations=causes.accepted,
        candidates=causes.candidates,
        rejected=rejected(
            whole, [one.conjunction for one in causes.accepted], dict(settings.parents), settings.suspects
        ),
        gaps=gaps(whole),
        unexplained_units=causes.unexplained,
        permutations=causes.permutations,
        least_p=least,
        is_noise_dominated=causes.is_noise_dominated,
    )


def ranked(table: Table, settings: Settings) -> Round | None:
    """The first search without asking chance: for comparisons of rankings; None when nothing can be searched."""
    whole = fleet(with_placebos(table, settings.placebos, settings.seed))
    return _round(whole, replace(settings, permutations=0), None) if _is_worth_a_search(whole) else None


def _causes(whole: Fleet, settings: Settings) -> Causes:
    accepted: list[Explanation] = []
    candidates: tuple[Explanation, ...] = ()
    rest, permutations, is_noise = whole, 0, False
    root = root_of(whole) if _is_worth_a_search(whole) else None
    while _is_worth_a_search(rest) and len(accepted) < MOST_CAUSES:
        made = _round(rest, settings, root)
        permutations = max(permutations, made.permutations)
        is_noise |= made.is_noise_dominated
        best = next(_shown(made), None)
        if best is None or not _passes(best):
            candidates = () if accepted or best is None else tuple(_worth_showing(made))
            break
        accepted.append(best)
        rest = fleet(_left(rest, best))
    return Causes(tuple(accepted), candidates, rest.failing_units, permutations, is_noise)


def _round(part: Fleet, settings: Settings, root: int | None) -> Round:
    search = Search(part, settings.width)
    found = search.run(part.failed)
    if not part.is_flat:
        found = search.by_units(found, part.failed)
    classes = classes_of(search, part, found)
    costs = search.cost_of(classes.items)
    made = Round(part, classes, costs, None, root, settings)
    scores = made.to_ask
    if not settings.permutations or not made.close or not is_testable(part):
        return made
    return replace(made, chance=_chance(search, part, scores, settings))


def _chance(search: Search, part: Fleet, scores: tuple[float, float], settings: Settings) -> Chance:
    failing = len(np.unique(part.pattern[part.failed]))
    items = len(part.items)
    work = (items * items + max(BEST_PAIRS * items, TRIPLES)) * failing
    spared = search.spared(ORDERS)
    is_certain = scores[0] - spared >= CERTAIN
    if is_certain and part.is_flat and work >= LONG_SEARCH:
        return Chance(np.zeros(0), spared)
    asked = settings.permutations
    most = int(np.clip(WORK / max(work, 1), min(FEWEST_PERMUTATIONS, asked), asked))
    draws = Draws(np.random.default_rng((settings.seed, 16)), most)
    return by_chance(search, part, _strata(part, settings), scores, draws)


def _strata(part: Fleet, settings: Settings) -> Ints:
    """Of each unit, the value of the column within which outcomes are moved."""
    column = next((one for one in part.table.columns if one.name == settings.strata), None)
    return np.zeros(part.units, np.int64) if column is None else column.codes[part.starts].astype(np.int64)


def _is_worth_a_search(part: Fleet) -> bool:
    return part.failing_units >= 2 and len(part.items) > 0 and not part.failed.all()  # noqa: PLR2004 one has no contrast


def _shown(made: Round) -> Iterator[Explanation]:
    return (described(made, index) for index in told(made))


def _passes(best: Explanation) -> bool:
    return best.p is not None and best.p <= LEVEL and is_stable(best.stability)


def _worth_showing(made: Round) -> Iterator[Explanation]:
    for one in islice(_shown(made), MOST_SHOWN):
        if one.p is None or one.p <= WORTH_SHOWING:
            yield replace(one, level=Level.UNDECIDABLE)


def _left(rest: Fleet, best: Explanation) -> Table:
    """The cells outside of an explanation, each failing or not as before."""
    outside = ~all_hold(best.conjunction, rest.table)
    failed = rest.failed.astype(np.int64)
    return replace(rest.table, attempts=np.ones_like(failed), failures=failed).of(outside)
