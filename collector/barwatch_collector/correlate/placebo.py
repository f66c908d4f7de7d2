"""Columns that cannot explain anything, as a control of those that might (step 26)."""

from dataclasses import replace

import numpy as np

from barwatch_collector.correlate.table import Codes, Column, Ints, Table

MOST_ROWS = 50_000  # in larger tables chance does not reach the top, and shuffled columns would multiply the patterns


def with_placebos(table: Table, number: int, seed: int) -> Table:
    """The table with copies of some columns, moved between units as outcomes are in a permutation."""
    if table.rows > MOST_ROWS or not table.columns:
        return table
    draw = np.random.default_rng((seed, 26))
    chosen = draw.choice(len(table.columns), min(number, len(table.columns)), replace=False)
    made = tuple(_shuffled(table.columns[index], table.units, draw) for index in np.sort(chosen))
    return replace(table, columns=table.columns + made)


def _shuffled(column: Column, units: Ints, draw: np.random.Generator) -> Column:
    return replace(column, name=f"placebo of {column.name}", codes=_moved(column.codes, units, draw), is_placebo=True)


def _moved(codes: Codes, units: Ints, draw: np.random.Generator) -> Codes:
    """Each unit has the values of another, in their order, repeated or cut where units differ in size."""
    order = np.argsort(units, kind="stable")
    _, starts, sizes = np.unique(units[order], return_index=True, return_counts=True)
    unit = np.repeat(np.arange(len(starts)), sizes)
    place = np.arange(len(codes)) - starts[unit]
    source = draw.permutation(len(starts))[unit]
    moved = np.empty_like(codes)
    moved[order] = codes[order][starts[source] + place % sizes[source]]
    return moved
