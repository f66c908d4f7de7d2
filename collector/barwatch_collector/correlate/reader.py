"""CSV files as tables: what people and spreadsheets write, with errors that say line and column."""

import csv
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path
from typing import TextIO

import numpy as np

from barwatch_collector.correlate.table import NOT_KNOWN, Bools, Codes, Ints, Table, column

AT_ONCE = 20_000  # lines that are turned into columns together
LONGEST_FIELD = 1_000_000  # characters
DELIMITERS = (",", ";", "\t", "|")
MOST_NAMED = 20  # columns that an error lists


class TableError(Exception):
    """The file is no table that can be explained; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Which columns are no attributes."""

    outcome: str  # 0 or 1; how many attempts failed when there is a weight
    weight: str | None = None  # attempts that a row stands for
    unit: str | None = None  # of inference; None: every row is one of its own


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A table, the names of its units, and how many rows had no outcome and are not in it."""

    table: Table
    names: tuple[str, ...]
    left_out: int


@dataclass(frozen=True, slots=True, eq=False)
class _Written:
    """A file as columns of codes, and the words behind the codes."""

    path: Path
    header: Sequence[str]
    codes: Sequence[Codes]
    words: Sequence[Sequence[str]]
    lines: Codes  # of each row: the line on which it ends

    def at(self, row: int, name: str) -> str:
        return f"{self.path}, line {self.lines[row]}, column {name!r}"

    def of(self, name: str) -> tuple[Codes, Sequence[str]]:
        index = self.header.index(name)
        return self.codes[index], self.words[index]


def read_table(path: Path, roles: Roles) -> Loaded:
    """The table in a CSV file: UTF-8, a header, one observation on each line; comma, semicolon, tab or bar between.

    An empty cell, "NA", "N/A", "NaN", "null" and "?" are values that are not known. A row whose outcome, weight or unit
    is not known, or that stands for no attempts, is left out and counted.

    Raises:
        TableError: the file cannot be read, or is not such a table.
    """
    written = _read(path, roles)
    failures, without = _whole(written, roles.outcome)
    attempts, without_weight = (np.ones_like(failures), without) if not roles.weight else _whole(written, roles.weight)
    _check(written, roles, (failures, attempts), ~without & ~without_weight)
    kept = ~without & ~without_weight & (attempts > 0)
    units, names = _units(written, roles.unit)
    kept &= units >= 0
    written_columns = zip(written.header, written.codes, written.words, strict=True)
    columns = tuple(column(*one) for one in written_columns if one[0] not in (roles.outcome, roles.weight, roles.unit))
    made = Table(columns, units, attempts, failures, roles.unit or "row")
    left_out = int((~kept).sum())
    return Loaded(made.of(kept) if left_out else made, names, left_out)


def _read(path: Path, roles: Roles) -> _Written:
    csv.field_size_limit(LONGEST_FIELD)
    try:
        with closing(path.open(encoding="utf-8-sig", newline="")) as file:
            return _columns(path, file, roles)
    except OSError as error:
        message = f"{path}: {error.strerror or error}"
        raise TableError(message) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: _offset(path)].count(b"\n") + 1
        message = f"{path}, line {line}: not UTF-8"
        raise TableError(message) from error


def _offset(path: Path) -> int:
    """Where the file stops being UTF-8."""
    try:
        path.read_bytes().decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _columns(path: Path, file: TextIO, roles: Roles) -> _Written:
    first = file.readline()
    file.seek(0)
    reader = csv.reader(file, delimiter=max(DELIMITERS, key=first.count), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header, roles)
        ids = [defaultdict[str, int](count().__next__) for _ in header]
        codes = [array("i") for _ in header]
        lines = array("i")
        rows = _rows(path, reader, len(header), lines)
        while chunk := list(islice(rows, AT_ONCE)):
            for of_column, at, values in zip(codes, ids, zip(*chunk, strict=True), strict=True):
                of_column.extend(map(at.__getitem__, values))
    except csv.Error as error:
        message = f"{path}, line {reader.line_num}: {error}"
        raise TableError(message) from error
    return _Written(path, header, [np.array(one, np.int32) for one in codes], [list(at) for at in ids],
                    np.array(lines, np.int32))  # fmt: skip


def _check_header(path: Path, header: Sequence[str], roles: Roles) -> None:
    if not any(header):
        message = f"{path}, line 1: no header"
        raise TableError(message)
    for index, name in enumerate(header):
        if name in header[:index]:
            message = f"{path}, line 1: two columns are called {name!r}"
            raise TableError(message)
    for role, wanted in asdict(roles).items():
        if wanted is not None and wanted not in header:
            listed = ", ".join(header[:MOST_NAMED]) + (", ..." if len(header) > MOST_NAMED else "")
            message = f"{path}, line 1: no column {wanted!r} for the {role}; there are {listed}"
            raise TableError(message)


def _rows(path: Path, reader: Iterable[list[str]], width: int, lines: "array[int]") -> Iterator[list[str]]:
    """Rows of the right width; empty lines are skipped."""
    for row in reader:
        if not row:
            continue
        line = reader.line_num  # type: ignore[attr-defined]
        if len(row) != width:
            message = f"{path}, line {line}: {len(row)} cells, the header has {width}"
            raise TableError(message)
        lines.append(line)
        yield row


def _whole(written: _Written, name: str) -> tuple[Ints, Bools]:
    """The column as whole numbers, and where they are not known."""
    codes, words = written.of(name)
    values = np.zeros(len(words) + 1, np.int64)
    unknown = np.zeros(len(words) + 1, np.bool_)
    for code, word in enumerate(words):
        if word.strip().lower() in NOT_KNOWN:
            unknown[code] = True
            continue
        number = _number(word)
        if number is None:
            at = written.at(int(np.argmax(codes == code)), name)
            message = f"{at}: {word!r} is not a whole number from 0 up"
            raise TableError(message)
        values[code] = number
    return values[codes], unknown[codes]


def _number(word: str) -> int | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return int(number) if 0 <= number <= 2**53 and number == int(number) and "_" not in word else None


def _check(written: _Written, roles: Roles, counts: tuple[Ints, Ints], known: Bools) -> None:
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


def _units(written: _Written, name: str | None) -> tuple[Ints, tuple[str, ...]]:
    """The unit of each row, -1 where it is not known, and the names of the units."""
    if name is None:
        return np.arange(len(written.lines)), ()
    codes, words = written.of(name)
    unit = np.arange(len(words) + 1)
    for code, word in enumerate(words):
        if word.strip().lower() in NOT_KNOWN:
            unit[code] = -1
    return unit[codes], tuple(words)
