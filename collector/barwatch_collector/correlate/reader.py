"""Files as tables, with errors that say line and column."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from barwatch_collector.correlate.arrays import Bools, Ints
from barwatch_collector.correlate.csv_file import read_csv
from barwatch_collector.correlate.parquet_file import SUFFIXES, read_parquet
from barwatch_collector.correlate.table import NOT_KNOWN, Table, column
from barwatch_collector.correlate.written import TableError, Written

__all__ = ["Loaded", "Roles", "TableError", "read_table"]

MOST_NAMED = 20  # columns that an error lists


@dataclass(frozen=True, slots=True)
class Roles:
    """Which columns are no attributes."""

    outcome: str  # 0 or 1; how many attempts failed when there is a weight
    weight: str | None = None  # attempts that a row stands for
    unit: str | None = None  # of inference; None: every row is one of its own
    ignored: tuple[str, ...] = ()  # that are something else

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        """Each role that a column has, and the column."""
        roles = (("outcome", self.outcome), ("weight", self.weight), ("unit", self.unit))
        yield from ((role, name) for role, name in roles if name is not None)
        yield from (("columns to ignore", name) for name in self.ignored)


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A table, the names of its units, and how many rows had no outcome and are not in it."""

    table: Table
    names: tuple[str, ...]
    left_out: int


def read_table(path: Path, roles: Roles) -> Loaded:
    """The table in a file: Parquet by its name, else CSV; a header, and one observation in each row.

    An empty cell, "NA", "N/A", "NaN", "null" and "?" are values that are not known. A row whose outcome, weight or unit
    is not known, or that stands for no attempts, is left out and counted.

    Raises:
        TableError: the file cannot be read, or is not such a table.
    """
    read = read_parquet if path.suffix.lower() in SUFFIXES else read_csv
    written = read(path, partial(check_header, path, roles))
    failures, without = _whole(written, roles.outcome)
    attempts, without_weight = (np.ones_like(failures), without) if not roles.weight else _whole(written, roles.weight)
    _check(written, roles, (failures, attempts), ~without & ~without_weight)
    kept = ~without & ~without_weight & (attempts > 0)
    units, names = _units(written, roles.unit)
    kept &= units >= 0
    written_columns, others = zip(written.header, written.codes, written.words, strict=True), dict(roles.named).values()
    columns = tuple(column(*one) for one in written_columns if one[0] not in {*others, *roles.ignored})
    made = Table(columns, units, attempts, failures, roles.unit or "row")
    left_out = int((~kept).sum())
    return Loaded(made.of(kept) if left_out else made, names, left_out)


def check_header(path: Path, roles: Roles, header: Sequence[str]) -> None:
    """Nothing, where every role has its column.

    Raises:
        TableError: a column is missing, or two have the same name.
    """
    if not any(header):
        message = f"{path}, line 1: no header"
        raise TableError(message)
    for index, name in enumerate(header):
        if name in header[:index]:
            message = f"{path}, line 1: two columns are called {name!r}"
            raise TableError(message)
    for role, wanted in roles.named:
        if wanted not in header:
            listed = ", ".join(header[:MOST_NAMED]) + (", ..." if len(header) > MOST_NAMED else "")
            message = f"{path}, line 1: no column {wanted!r} for the {role}; there are {listed}"
            raise TableError(message)


def _whole(written: Written, name: str) -> tuple[Ints, Bools]:
    """The column as whole numbers, and where they are not known."""
    codes, words = written.of(name)
    values, unknown = whole_numbers(words, lambda code: written.at(int(np.argmax(codes == code)), name))
    return values[codes], unknown[codes]


def whole_numbers(words: Sequence[str], where: Callable[[int], str]) -> tuple[Ints, Bools]:
    """Words as whole numbers, and which of them say that it is not known.

    Raises:
        TableError: a word is neither; it says where that one is.
    """
    values = np.zeros(len(words), np.int64)
    unknown = np.array([word.strip().lower() in NOT_KNOWN for word in words], np.bool_)
    for index in np.flatnonzero(~unknown).tolist():
        number = _number(words[index])
        if number is None:
            message = f"{where(index)}: {words[index]!r} is not a whole number from 0 up"
            raise TableError(message)
        values[index] = number
    return values, unknown


def _number(word: str) -> int | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return int(number) if 0 <= number <= 2**53 and number == int(number) and "_" not in word else None


def _check(written: Written, roles: Roles, counts: tuple[Ints, Ints], known: Bools) -> None:
    failures, attempts = counts
    wrong = np.flatnonzero(known & (failures > attempts))
    if not len(wrong):
        return
    row = int(wrong[0])
    at = written.at(row, roles.outcome)
    if roles.weight is None:
        message = f"{at}: {failures[row]} is neither 0 nor 1; --weight names the column of attempts"
    else:
        message = f"{at}: {failures[row]} failures of {attempts[row]} attempts"
    raise TableError(message)


def _units(written: Written, name: str | None) -> tuple[Ints, tuple[str, ...]]:
    """The unit of each row, -1 where it is not known, and the names of the units."""
    if name is None:
        return np.arange(len(written)), ()
    codes, words = written.of(name)
    unit = np.arange(len(words) + 1)
    for code, word in enumerate(words):
        if word.strip().lower() in NOT_KNOWN:
            unit[code] = -1
    return unit[codes], tuple(words)
