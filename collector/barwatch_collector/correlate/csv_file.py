"""CSV files as people and spreadsheets write them."""

import csv
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np

from barwatch_collector.correlate.written import Growing, TableError, Written

AT_ONCE = 500  # lines that are turned into columns together: few enough for their words to stay in the cache
LONGEST_FIELD = 1_000_000  # characters
DELIMITERS = (",", ";", "\t", "|")


def read_csv(path: Path, check_header: Callable[[Sequence[str]], None]) -> Written:
    """The columns of a file in UTF-8; comma, semicolon, tab or bar between, whichever its first line has most of.

    Raises:
        TableError: the file cannot be read, or is not such a file.
    """
    csv.field_size_limit(LONGEST_FIELD)
    try:
        with closing(path.open(encoding="utf-8-sig", newline="")) as file:
            return _columns(path, file, check_header)
    except OSError as error:
        message = f"{path}: {error.strerror or error}"
        raise TableError(message) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: _offset(path)].count(b"\n") + 1
        message = f"{path}, line {line}: not UTF-8"
        raise TableError(message) from error


def delimiter_of(first_line: str) -> str:
    """What stands between the values."""
    return max(DELIMITERS, key=first_line.count)


def _offset(path: Path) -> int:
    """Where the file stops being UTF-8."""
    try:
        path.read_bytes().decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _columns(path: Path, file: TextIO, check_header: Callable[[Sequence[str]], None]) -> Written:
    first = file.readline()
    file.seek(0)
    reader = csv.reader(file, delimiter=delimiter_of(first), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        check_header(header)
        columns = [Growing() for _ in header]
        lines = array("i")
        rows = _rows(path, reader, len(header), lines)
        while chunk := list(islice(rows, AT_ONCE)):
            for column, values in zip(columns, zip(*chunk, strict=True), strict=True):
                column.extend(values)
    except csv.Error as error:
        message = f"{path}, line {reader.line_num}: {error}"
        raise TableError(message) from error
    return Written(
        path, header, [one.codes() for one in columns], [one.words for one in columns], np.array(lines, np.int32)
    )


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
