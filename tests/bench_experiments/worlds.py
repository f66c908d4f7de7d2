"""Fleets with a known cause, and what would happen to a cell that is not there yet."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from barwatch_collector.correlate.table import Bools, Codes, Ints, Table, table
from barwatch_collector.experiment.lab import Lab, Scope, Trait

SUPPORT = (0.1, 0.5)  # share of the hosts inside of a cause,
FEWEST = 3  # and at least so many
RELEVANT = 1.25  # without any one literal a cause has at least so many times the hosts
TRIES = 400  # before other columns are drawn
LAB = "lab"  # hosts of two accesses, with what can really be changed; the others have columns that change alone
ACCESSES = ("kernel", "user")
Values = list[Ints]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is planted, and among what."""

    name: str  # of the columns: a key of COLUMNS
    hosts: int
    order: int
    attributes: int = 50
    p_inside: float = 0.9
    background: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """A table, and the truth behind it."""

    table: Table
    lab: Lab  # what can be done to it
    cause: frozenset[tuple[int, int]]  # column and code: all of them
    p_inside: float
    background: float

    def fails(self, cell: Codes, repeats: int, draw: np.random.Generator) -> bool:
        """Whether any of the tries of a cell fails."""
        is_inside = all(cell[column] == code for column, code in self.cause)
        rate = self.p_inside if is_inside else self.background
        return bool((draw.random(repeats) < rate).any())


def world(setting: Setting, seed: int) -> World:
    """A fleet in which at least two hosts fail and one cell does not; the same setting and seed give the same one."""
    draw = np.random.default_rng((seed, setting.hosts, setting.order, *setting.name.encode()))
    is_lab = setting.name == LAB
    host = np.repeat(np.arange(setting.hosts), len(ACCESSES) if is_lab else 1)
    while True:
        columns = [one[host] for one in COLUMNS[setting.name](draw, setting.hosts, setting.attributes)]
        if is_lab:
            columns.append(np.arange(len(host)) % len(ACCESSES))
        cause = _cause(draw, columns, setting.order)
        if cause is None:
            continue
        failed = draw.random(len(host)) < np.where(_inside(columns, cause), setting.p_inside, setting.background)
        if len(np.unique(host[failed])) > 1 and not failed.all():  # one failing host has nothing in common with others
            break
    names = [*(f"a{at:02}" for at in range(setting.attributes)), *(["access"] if is_lab else [])]
    words = {name: [_word(name, value) for value in one] for name, one in zip(names, columns, strict=True)}
    made = table(words, failed.astype(int), None, [str(one) for one in host], "host")
    codes = ((at, made.columns[at].levels.index(_word(names[at], value))) for at, value in cause)
    lab = Lab(traits(setting.attributes)) if is_lab else Lab()
    return World(made, lab, frozenset(codes), setting.p_inside, setting.background)


def independent(draw: np.random.Generator, hosts: int, number: int) -> Values:
    """Every column by itself."""
    return [_skewed(draw, hosts) for _ in range(number)]


def by_model(draw: np.random.Generator, hosts: int, number: int) -> Values:
    """A few models, on which most columns depend with few exceptions; copies, parents, and some independent ones."""
    models = int(draw.integers(3, max(5, hosts // 4)))
    model = draw.choice(models, hosts, p=draw.dirichlet(np.ones(models)))
    columns = [model]
    for kind in draw.random(number - 1):
        earlier = columns[draw.integers(len(columns))]
        if kind < 0.6:
            columns.append(_flipped(draw, draw.integers(0, _levels(draw), models)[model], 0.05))
        elif kind < 0.7:
            columns.append(earlier)
        elif kind < 0.75:
            columns.append(earlier // 2)
        else:
            columns.append(_skewed(draw, hosts))
    return columns


def decoys(draw: np.random.Generator, hosts: int, number: int) -> Values:
    """One column in five by itself; four that agree with it but for one host in ten."""
    own = [_skewed(draw, hosts) for _ in range(number // 5)]
    return own + [_flipped(draw, own[at % len(own)], 0.1) for at in range(number - len(own))]


def aliases(draw: np.random.Generator, hosts: int, number: int) -> Values:
    """One column in five by itself; four that are the same with other names, so that no table tells them apart."""
    own = [_skewed(draw, hosts) for _ in range(number // 5)]
    return own + [_renamed(draw, own[at % len(own)]) for at in range(number - len(own))]


def traits(number: int) -> dict[str, Trait]:
    """Of so many columns two in five are of the host, half of these settings; three of the route, three of the card."""
    scopes = [(Scope.HOST, at % 2 == 0) if at % 10 < 4 else (Scope.ROUTE if at % 10 < 7 else Scope.FUNCTION, False)
              for at in range(number)]  # fmt: skip
    return {f"a{at:02}": Trait(*scope) for at, scope in enumerate(scopes)} | {"access": Trait(Scope.ACCESS)}


def scoped(draw: np.random.Generator, hosts: int, number: int) -> Values:
    """Machines, boxes and cards of a few models each, on which the columns of their scope depend."""
    model = {scope: draw.integers(0, max(3, hosts // 4), hosts) for scope in Scope}
    return [_flipped(draw, draw.integers(0, _levels(draw), hosts)[model[trait.scope]], 0.05)
            for trait in list(traits(number).values())[:number]]  # fmt: skip


COLUMNS: dict[str, Callable[[np.random.Generator, int, int], Values]] = {
    "independent": independent,
    "models": by_model,
    "decoys": decoys,
    "aliases": aliases,
    LAB: scoped,
}


def _word(name: str, value: int) -> str:
    return ACCESSES[value] if name == "access" else f"v{value}"


def _levels(draw: np.random.Generator) -> int:
    return int(draw.choice([2, 2, 2, 3, 4, 6]))


def _skewed(draw: np.random.Generator, hosts: int) -> Ints:
    levels = _levels(draw)
    return draw.choice(levels, hosts, p=draw.dirichlet(np.full(levels, 1.5))).astype(np.int64)


def _flipped(draw: np.random.Generator, column: Ints, share: float) -> Ints:
    flips = draw.random(len(column)) < draw.uniform(0, 2 * share)
    return np.where(flips, draw.choice(column, len(column)), column)


def _renamed(draw: np.random.Generator, column: Ints) -> Ints:
    return np.asarray(draw.permutation(int(column.max()) + 1)[column], np.int64)


def _cause(draw: np.random.Generator, columns: Values, order: int) -> tuple[tuple[int, int], ...] | None:
    """Values of different columns, each of which matters; None when none was found."""
    for _ in range(TRIES):
        chosen = draw.choice(len(columns), order, replace=False)
        cause = tuple((int(index), int(draw.choice(columns[index]))) for index in chosen)
        inside = _inside(columns, cause)
        without = [_inside(columns, cause[:at] + cause[at + 1 :]).sum() for at in range(order)]
        is_fit = SUPPORT[0] <= inside.mean() <= SUPPORT[1] and inside.sum() >= FEWEST
        if is_fit and min(without) >= RELEVANT * inside.sum():
            return cause
    return None


def _inside(columns: Values, cause: tuple[tuple[int, int], ...]) -> Bools:
    inside = np.ones(len(columns[0]), np.bool_)
    for index, value in cause:
        inside &= columns[index] == value
    return inside
