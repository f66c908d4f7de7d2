"""One planted fleet from the first search to the end: choose, try, update, until a cause is known."""

from dataclasses import dataclass, replace

import numpy as np
from tests.bench_experiments.policies import POLICIES, Seen, informed, told_by_an_oracle
from tests.bench_experiments.worlds import World

from barwatch_collector.correlate.explain import ranked
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Codes, Table
from barwatch_collector.experiment.beliefs import Beliefs, codes_of
from barwatch_collector.experiment.candidates import beliefs_of
from barwatch_collector.experiment.proposal import SETTLED, TRIES

MOST = 40  # experiments, then nobody has patience left
NEARLY = 0.5  # of the chance of the likeliest
ORACLE = "oracle's prior"
AGAIN = "barwatch, searched again"


@dataclass(frozen=True, slots=True)
class End:
    """How it ended."""

    experiments: int
    is_settled: bool  # one hypothesis was all but certain
    is_right: bool  # and it was what was planted
    is_among: bool  # what was planted is the likeliest, or at least half as likely


def tried(planted: World, method: str, seed: int) -> End:
    """What comes of a fleet when this method chooses; outcomes are drawn from the planted truth."""
    draw = np.random.default_rng((seed, 25))
    policy = POLICIES.get(method, informed)
    first = beliefs_on(planted.table)
    beliefs = told_by_an_oracle(first, planted) if method == ORACLE else first
    seen = Seen(beliefs, codes_of(first.table), first.table.failures > 0, TRIES, planted.lab)
    table, number = planted.table, 0
    while not is_settled(seen.beliefs) and number < MOST:
        cell = policy(seen, draw)
        if cell is None:
            break
        fails = planted.fails(cell, TRIES, draw)
        table, number = with_cell(table, cell, fails=fails), number + 1
        beliefs = beliefs_on(table) if method == AGAIN else seen.beliefs.after(cell, fails=fails, repeats=TRIES)
        seen = replace(seen, beliefs=beliefs, cells=np.vstack((seen.cells, cell)), failed=np.append(seen.failed, fails))
    said = _says(seen.beliefs)
    return End(
        number, is_settled(seen.beliefs), is_settled(seen.beliefs) and said[0] == planted.cause, planted.cause in said
    )


def beliefs_on(table: Table) -> Beliefs:
    """What a search of a table leaves as possible causes."""
    made = ranked(table, Settings())
    if made is None:
        message = "a planted fleet has something to search"
        raise AssertionError(message)
    return beliefs_of(made)


def is_settled(beliefs: Beliefs) -> bool:
    """Whether one conjunction is all but certain."""
    return bool(beliefs.chance[:-1].max(initial=0.0) >= SETTLED)


def with_cell(table: Table, cell: Codes, *, fails: bool) -> Table:
    """The table with one more unit, that was tried: all its tries are one outcome (step 24)."""
    columns = tuple(replace(one, codes=np.append(one.codes, code).astype(one.codes.dtype))
                    for one, code in zip(table.columns, cell, strict=True))  # fmt: skip
    return replace(
        table,
        columns=columns,
        units=np.append(table.units, table.units.max() + 1),
        attempts=np.append(table.attempts, 1),
        failures=np.append(table.failures, int(fails)),
    )


def _says(beliefs: Beliefs) -> list[frozenset[tuple[int, int]]]:
    """Column and code of each literal, of the likeliest conjunction and of those that are nearly as likely."""
    chance = beliefs.chance[:-1]
    order = [at for at in np.argsort(-chance, kind="stable") if chance[at] >= NEARLY * chance.max()]
    return [frozenset((one.column, code) for one in beliefs.conjunctions[at] for code in one.codes) for at in order]
