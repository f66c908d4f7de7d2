"""Which fleets are planted, by which seeds, and what must be reached on them (CORRELATION.md, section 4)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from tests.bench_correlate.planted import Planted, Setting, plant
from tests.bench_correlate.product import NONE, SCENARIOS, deploy

from barwatch_collector.correlate.table import Bools

FIRST, FIVE, SHOWN, REPORTS = "first", "in five", "shown", "reports"
TUNING, HELD_OUT = 0, 1_000_000  # the first seed: the engine was made with fleets of the one kind, and not of the other
MOST_KNOWN = 300  # hosts up to which all conjunctions are weighed for a ceiling
ALIKE = 0.9  # of the rows of answer and cause together, those of both: where the cause is a cut of numbers


@dataclass(frozen=True, slots=True)
class Task:
    """Fleets, and what ours must reach."""

    name: str
    makers: tuple[Callable[[int], Planted], ...]  # from a seed
    bars: tuple[tuple[str, str], ...] = ()
    share: float = 1.0  # of the repeats: large fleets have fewer
    alike: float = 1.0  # from which an answer is taken for the cause: 1 is the same rows
    has_ceiling: bool = True

    def fleets(self, repeats: int, first_seed: int) -> Iterator[Planted]:
        """Those with a cause, or all of a task without; one after the other."""
        each = max(1, int(repeats * self.share / len(self.makers)))
        for maker in self.makers:
            for seed in range(first_seed, first_seed + each):
                one = maker(seed)
                if one.cause or dict(self.bars).get(REPORTS):
                    yield one

    def is_in(self, one: Planted, answers: Sequence[Bools]) -> bool:
        """Whether one of the answers has the rows of the cause: equal up to what cannot be told apart."""
        return any(_alike(rows, one.inside) >= self.alike for rows in answers)


def _alike(rows: Bools, inside: Bools) -> float:
    either = np.count_nonzero(rows | inside)
    return np.count_nonzero(rows & inside) / either if either else 0.0


def _planted(name: str, *settings: Setting, bars: tuple[tuple[str, str], ...] = (), share: float = 1.0) -> Task:
    flat = all(one.accesses * one.functions == 1 and one.hosts <= MOST_KNOWN for one in settings)
    return Task(name, tuple(partial(plant, one) for one in settings), bars, share, has_ceiling=flat)


TASKS = (
    _planted("100 hosts, order <= 2, p = .9", Setting(100, 1), Setting(100, 2), bars=((FIRST, ">= .97"),)),
    _planted("100 hosts, order 2, p = .3", Setting(100, 2, 0.3), bars=((FIRST, ">= .60"), (FIVE, ">= .85"))),
    _planted("30 hosts, order 3, p = .9", Setting(30, 3), bars=((FIRST, ">= .75"), (SHOWN, ">= .90"))),
    _planted("1000 hosts, order 3, p = .3", Setting(1000, 3, 0.3), bars=((FIRST, ">= .88"),), share=0.5),
    _planted("100 hosts, order 2, p = .9, 2 % elsewhere", Setting(100, 2, background=0.02)),
    _planted(
        "100 hosts of 4-12 cells, order 2, 2 % bad hosts",
        Setting(100, 2, bad_hosts=0.02, accesses=4, functions=3),
    ),
)
PRODUCT = tuple(
    Task(
        f"{hosts} hosts, p = {f'{p_inside:g}'[1:]}: {scenario.name}",
        (partial(deploy, scenario, hosts, p_inside, 0.005),),
        share=0.4,
        alike=ALIKE,
        has_ceiling=False,
    )
    for hosts, p_inside in ((100, 0.9), (100, 0.3))
    for scenario in SCENARIOS
)
NULLS = (
    *(
        _planted(
            f"no cause, {hosts} hosts, {said}",
            Setting(hosts, 0, bad_hosts=bad, background=background),
            bars=((REPORTS, "<= .05"),),
            share=share,
        )
        for hosts, share in ((10, 1.0), (30, 1.0), (100, 1.0), (300, 0.5), (1000, 0.25), (10_000, 0.05))
        for said, bad, background in (("3 % bad", 0.03, 0.0), ("10 % of cells", 0.0, 0.1))
    ),
    *(
        Task(
            f"no cause, {hosts} hosts of 3-12 cells, 2 % bad, sampled 1-100 times",
            (partial(deploy, NONE, hosts, 0.0, 0.005),),
            ((REPORTS, "<= .05"),),
            share,
        )
        for hosts, share in ((10, 1.0), (30, 1.0), (100, 0.5), (300, 0.2), (1000, 0.1))
    ),
)
