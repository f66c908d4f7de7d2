"""Fleets with a known cause, or without one (CORRELATION.md, section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from barwatch_collector.correlate.table import Bools, Ints, Table, table

MISSING = 0.05  # share of values
UNKNOWN = -1
COPIES, HIERARCHIES, BY_MODEL = 0.10, 0.05, 0.60  # shares of the attributes
RELEVANT = 1.25  # without any one literal a cause has at least so many times the cells
SUPPORT = (0.03, 0.5)  # share of cells inside of a cause: any of these is as likely,
NEAR = 0.04  # so far from the one that was drawn
TRIES = 4_000  # for each share that is drawn
DRAWN = 10  # shares, until a cause of that size is found
FEWEST = 3  # cells inside


@dataclass(frozen=True, slots=True)
class Setting:
    """What is planted, and where."""

    hosts: int
    order: int  # literals of the cause; 0: there is none
    p_inside: float = 0.9  # rate of failing cells inside of the cause
    background: float = 0.0  # and of all others
    attributes: int = 50
    bad_hosts: float = 0.0  # share of hosts on which every cell fails, for reasons of their own
    accesses: int = 1  # cells of a host differ in the access;
    functions: int = 1  # and there are up to so many of each
    bulk: int = 1  # a host has up to so many rows for each cell: sampling intensity


@dataclass(frozen=True, slots=True)
class Rates:
    """How often a cell fails, and how often a host does for reasons of its own."""

    inside: float
    background: float
    bad: float


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """A table, the values behind it, and where the cause is."""

    table: Table
    names: Mapping[str, list[str | None]]  # values of each column
    host: Ints  # of each row
    failed: Ints
    inside: Bools  # of each row; nowhere when there is no cause
    cause: tuple[str, ...]  # columns; empty when there is none
    rates: Rates


def plant(setting: Setting, seed: int) -> Planted:
    """A fleet; the same setting and seed give the same one."""
    draw = np.random.default_rng((seed, setting.hosts, setting.order))
    hosts = _attributes(draw, setting)
    host = np.repeat(
        np.arange(setting.hosts), draw.integers(1, setting.functions + 1, setting.hosts) * setting.accesses
    )
    values = {name: _with_gaps(draw, column)[host] for name, column in hosts.items()}
    if setting.accesses > 1:
        values["access"] = np.arange(len(host)) % setting.accesses
    inside, cause = _cause(draw, values, setting.order)
    rate = np.where(inside, setting.p_inside, setting.background)
    failed = draw.random(len(host)) < rate
    failed |= (draw.random(setting.hosts) < setting.bad_hosts)[host]
    if setting.order == 0 and setting.accesses * setting.functions == 1 and failed.sum() < 2:
        failed[draw.choice(len(failed), 2, replace=False)] = True
    times = draw.integers(1, setting.bulk + 1, setting.hosts)[host]
    row = np.repeat(np.arange(len(host)), times)
    words = {name: [None if one < 0 else f"v{one}" for one in column[row]] for name, column in values.items()}
    units = [str(one) for one in host[row]]
    made = table(words, failed[row].astype(int), None, units, "host")
    rates = Rates(setting.p_inside, setting.background, setting.bad_hosts)
    return Planted(made, words, host[row], failed[row].astype(np.int64), inside[row], cause, rates)


def _attributes(draw: np.random.Generator, setting: Setting) -> dict[str, Ints]:
    """Models with what depends on them, copies, parents of others, and what is independent."""
    hosts, number = setting.hosts, setting.attributes
    models = int(draw.integers(3, min(41, max(5, hosts // 4))))
    model = draw.choice(models, hosts, p=draw.dirichlet(np.ones(models)))
    columns: dict[str, Ints] = {"model": model}
    for index in range(number - 1):
        kind, name = draw.random(), f"a{index:03}"
        levels = int(draw.choice([2, 2, 2, 3, 4, 6]))
        earlier = list(columns.values())
        if kind < BY_MODEL:
            columns[name] = _flipped(draw, draw.integers(0, levels, models)[model], levels)
        elif kind < BY_MODEL + COPIES:
            columns[name] = earlier[draw.integers(len(earlier))]
        elif kind < BY_MODEL + COPIES + HIERARCHIES:
            columns[name] = earlier[draw.integers(len(earlier))] // 2
        else:
            columns[name] = draw.choice(levels, hosts, p=draw.dirichlet(np.full(levels, 1.5)))
    return columns


def _flipped(draw: np.random.Generator, column: Ints, levels: int) -> Ints:
    flips = draw.random(len(column)) < draw.uniform(0, 0.05)
    return np.where(flips, draw.integers(0, levels, len(column)), column)


def _with_gaps(draw: np.random.Generator, column: Ints) -> Ints:
    """One attribute in two has gaps; where the value is not known, the cause does not hold either."""
    gaps = draw.random(len(column)) < 2 * MISSING * (draw.random() < 0.5)
    return np.where(gaps, UNKNOWN, column)


def _cause(draw: np.random.Generator, values: Mapping[str, Ints], order: int) -> tuple[Bools, tuple[str, ...]]:
    """Literals of different attributes, each of which matters."""
    names, rows = list(values), len(next(iter(values.values())))
    for _ in range(DRAWN if order else 0):
        target = draw.uniform(*SUPPORT)
        for _ in range(TRIES):
            chosen = draw.choice(len(names), order, replace=False)
            cause = [(names[index], int(draw.choice(values[names[index]]))) for index in chosen]
            truths = [values[name] == value for name, value in cause]
            inside = np.logical_and.reduce(truths)
            if abs(inside.mean() - target) <= NEAR and inside.sum() >= FEWEST and _all_matter(truths, cause):
                return inside, tuple(name for name, _ in cause)
    return np.zeros(rows, bool), ()


def _all_matter(truths: list[Bools], cause: list[tuple[str, int]]) -> bool:
    """Whether no value is unknown, and the cause without any of its literals is larger by a quarter."""
    if any(value == UNKNOWN for _, value in cause):
        return False
    every = np.ones(len(truths[0]), bool)
    without = [np.logical_and.reduce([*truths[:at], *truths[at + 1 :], every]).sum() for at in range(len(truths))]
    return min(without) >= RELEVANT * np.logical_and.reduce(truths).sum()
