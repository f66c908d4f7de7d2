"""What the engine is given: observations with outcomes, and the attributes that may explain them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from barwatch_collector.correlate.arrays import Bools, Codes, Floats, Ints
from barwatch_collector.correlate.counting import Engine

__all__ = ["Bools", "Codes", "Column", "Floats", "Ints", "Table", "column", "factorised", "table"]

MISSING = -1  # code of a value that is not known
ORDERED_FROM = 3  # levels: two numbers are two names
NOT_KNOWN = frozenset({"", "na", "n/a", "nan", "null", "?"})  # how tables write that a value is not known


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One attribute: a level, or MISSING, for every row."""

    name: str
    codes: Codes  # of each row: an index of levels, or MISSING
    levels: tuple[str, ...]  # as the table writes them; ascending where they are numbers
    numbers: Floats | None = None  # what the levels are as numbers; None when they are names
    weight: float = 0.0  # step 34: how far its mechanism speaks for it, in nats from -1 to 1
    is_placebo: bool = False  # step 26: shuffled by us, so it explains nothing

    def of(self, rows: Ints | Bools) -> "Column":
        """The column of these rows only."""
        return replace(self, codes=self.codes[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows are observations; attempts and failures count what a row stands for."""

    columns: tuple[Column, ...]
    units: Ints  # of each row: the unit of inference, 0 and up
    attempts: Ints
    failures: Ints
    unit_word: str = "row"  # what a unit is called, in the singular
    times: Ints | None = None  # of each row: rows that were merged into it; None: none were
    engine: Engine | None = None  # where conjunctions are counted; None: in this process

    @property
    def rows(self) -> int:
        """Observations, the merged ones too."""
        return len(self) if self.times is None else int(self.times.sum())

    def of(self, rows: Ints | Bools) -> "Table":
        """The table of these rows only."""
        return replace(
            self,
            columns=tuple(column.of(rows) for column in self.columns),
            units=self.units[rows],
            attempts=self.attempts[rows],
            failures=self.failures[rows],
            times=None if self.times is None else self.times[rows],
        )

    def __len__(self) -> int:
        return len(self.units)


def column(name: str, codes: Codes, words: Sequence[str], weight: float = 0.0) -> Column:
    """A column from codes in any order of words: unknown words become MISSING, numbers are put in order.

    It is ordered when every known word is a finite number and there are at least three of them.
    """
    known = [index for index, word in enumerate(words) if word.strip().lower() not in NOT_KNOWN]
    numbers = _numbers([words[index] for index in known])
    if numbers is not None and len(set(numbers)) >= ORDERED_FROM:
        values, positions = np.unique(np.array(numbers), return_inverse=True)
        names = {int(at): words[index].strip() for at, index in zip(positions[::-1], known[::-1], strict=True)}
        levels = tuple(names[at] for at in range(len(values)))
        return Column(name, _recoded(codes, len(words), zip(known, positions, strict=True)), levels, values, weight)
    levels = tuple(sorted({words[index].strip() for index in known}))
    at = {level: index for index, level in enumerate(levels)}
    pairs = ((index, at[words[index].strip()]) for index in known)
    return Column(name, _recoded(codes, len(words), pairs), levels, None, weight)


def table(
    attributes: Mapping[str, Sequence[str | None]],
    failures: Sequence[int],
    attempts: Sequence[int] | None = None,
    units: Sequence[str] | None = None,
    unit_word: str = "row",
) -> Table:
    """A table from plain columns; None is a value that is not known, and a row is its own unit when none are given."""
    rows = len(failures)
    return Table(
        tuple(column(name, *factorised(["" if one is None else one for one in values]))
              for name, values in attributes.items()),
        np.arange(rows) if units is None else factorised(units)[0],
        np.ones(rows, np.int64) if attempts is None else np.asarray(attempts, np.int64),
        np.asarray(failures, np.int64),
        unit_word,
    )  # fmt: skip


def factorised(values: Sequence[str]) -> tuple[Ints, list[str]]:
    """Codes of the values in the order of their first appearance, and the words behind the codes."""
    at = {word: index for index, word in enumerate(dict.fromkeys(values))}
    return np.fromiter(map(at.__getitem__, values), np.int64, len(values)), list(at)


def _recoded(codes: Codes, words: int, pairs: Iterable[tuple[int, int]]) -> Codes:
    new = np.full(words, MISSING, np.int32)
    for old, code in pairs:
        new[old] = code
    return new.astype(smallest(words))[codes]


def smallest(levels: int) -> np.dtype[np.signedinteger[Any]]:
    """The smallest integers that hold codes of so many levels, and one and two more."""
    return np.dtype(next(kind for kind in (np.int8, np.int16, np.int32) if levels < np.iinfo(kind).max - 1))


def _numbers(words: Sequence[str]) -> list[float] | None:
    """The words as numbers; None when one of them is none. "1_000" and "infinity" are words to a table."""
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return None
    return numbers if all(np.isfinite(numbers)) and not any("_" in word for word in words) else None
