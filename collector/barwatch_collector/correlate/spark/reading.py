"""A file as a table of cells, merged by Spark: rows of a unit that are equal in all attributes become one.

The rows stay on the workers. What comes here is every word once, and the cells as packed bytes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from barwatch_collector.correlate.arrays import Ints
from barwatch_collector.correlate.csv_file import delimiter_of
from barwatch_collector.correlate.parquet_file import SUFFIXES
from barwatch_collector.correlate.reader import Loaded, Roles, check_header, read_table, whole_numbers
from barwatch_collector.correlate.spark import workers
from barwatch_collector.correlate.spark.counting import OnSpark
from barwatch_collector.correlate.table import NOT_KNOWN, Column, Table, column, smallest
from barwatch_collector.correlate.written import TableError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FEW_ROWS = 50_000  # that are read here as any table: merging them would save nothing
MOST_VALUES = 1_500_000_000  # cells x columns that one machine is given: 10,000,000 cells of 150 columns
ROW = "the row's number in the file"


def read_on_spark(spark: "SparkSession", path: Path, roles: Roles) -> Loaded:
    """The table in a Parquet or CSV file that all workers see; its counts will be made by them.

    Raises:
        TableError: as ``read_table`` does, without the line; or the cells are too many for one machine.
    """
    with _told(path):
        rows = numbered_rows(spark, path)
        check_header(path, roles, rows.columns[:-1])
        few = rows.limit(FEW_ROWS + 1).count() <= FEW_ROWS
        found = read_table(path, roles) if few else merged(rows.drop(*roles.ignored), path, roles)
    return replace(found, table=replace(found.table, engine=OnSpark(spark.sparkContext)))


def merged(rows: "DataFrame", path: Path, roles: Roles) -> Loaded:
    """The rows as cells, in the order of the first row of each.

    Args:
        rows: columns of the file, and the row's number as the last.
        path: of the file, for errors.
        roles: of its columns.
    """
    header = rows.columns[:-1]
    words = _words(rows)
    columns = [column(name, np.arange(len(of_column)), of_column)
               for name, of_column in zip(header, words, strict=True)]  # fmt: skip
    coding = _coding(path, roles, columns, words)
    cells = _collected(_merged(rows, coding), path, len(coding.attributes))
    if wrong := int(cells["wrong"].sum()):
        message = f"{path}: {wrong} rows have more failures than attempts"
        raise TableError(message)
    codes = cells["codes"].view(coding.kind).reshape(len(cells["row"]), len(coding.attributes))
    of_attributes = tuple(
        replace(columns[at], codes=codes[:, index].astype(smallest(len(words[at]))))
        for index, at in enumerate(coding.attributes)
    )
    made = Table(
        of_attributes, cells["unit"], cells["attempts"], cells["failures"], roles.unit or "row", cells["times"]
    )
    names = () if coding.unit is None else tuple(words[coding.unit])
    return Loaded(made, names, rows.count() - made.rows)


def numbered_rows(spark: "SparkSession", path: Path) -> "DataFrame":
    """The columns of a file, and as the last the number of each row in its order."""
    from pyspark.sql.functions import monotonically_increasing_id  # noqa: PLC0415 an extra

    where = path.absolute().as_uri()
    if path.suffix.lower() in SUFFIXES:
        read = spark.read.parquet(where)
    else:
        with path.open(encoding="utf-8-sig") as file:
            separator = delimiter_of(file.readline())
        read = spark.read.csv(where, sep=separator, header=True, quote='"', escape='"', mode="FAILFAST")
    names = [name.removeprefix("\ufeff").strip() for name in read.columns]
    return read.toDF(*names).withColumn(ROW, monotonically_increasing_id())


def _words(rows: "DataFrame") -> list[list[str]]:
    """Of each column, its words in the order of their first appearance."""
    from pyspark.sql.functions import min as least  # noqa: PLC0415 an extra

    found = rows.mapInArrow(workers.words_of, workers.WORDS).groupBy("column", "word").agg(least("row"))
    words: list[list[str]] = [[] for _ in rows.columns[:-1]]
    for at, word, _ in sorted(found.collect(), key=lambda one: int(one[2])):
        words[at].append(word)
    return words


def _coding(path: Path, roles: Roles, columns: Sequence[Column], words: Sequence[Sequence[str]]) -> workers.Coding:
    header = [one.name for one in columns]
    places = [None if name is None else header.index(name) for name in (roles.outcome, roles.weight, roles.unit)]
    outcome, weight, unit = places
    numbers: list[Ints] = [np.asarray(one.codes, np.int64) for one in columns]
    for at in (outcome, weight):
        if at is not None:
            numbers[at] = _counts(path, header[at], words[at])
    if unit is not None:
        known = [word.strip().lower() not in NOT_KNOWN for word in words[unit]]
        numbers[unit] = np.where(known, np.arange(len(known)), workers.NOT_THERE)
    most = max((len(words[at]) for at in range(len(words)) if at not in places), default=0)
    by_word = tuple(dict(zip(each, number.tolist(), strict=True)) for each, number in zip(words, numbers, strict=True))
    return workers.Coding(header.index(roles.outcome), weight, unit, by_word, smallest(most).str)


def _counts(path: Path, name: str, words: Sequence[str]) -> Ints:
    values, unknown = whole_numbers(words, lambda _: f"{path}, column {name!r}")
    return np.where(unknown, workers.NOT_THERE, values)


def _merged(rows: "DataFrame", coding: workers.Coding) -> "DataFrame":
    from pyspark.sql import functions as of  # noqa: PLC0415 an extra

    shared = rows.sparkSession.sparkContext.broadcast(coding)
    cells = rows.mapInArrow(lambda batches: workers.cells_of(shared.value, batches), workers.CELLS)
    if coding.unit is None:
        return cells
    sums = [of.sum(name).alias(name) for name in ("attempts", "failures", "wrong", "times")]
    return cells.groupBy("unit", "codes").agg(*sums, of.min("row").alias("row"))


def _collected(cells: "DataFrame", path: Path, columns: int) -> dict[str, Any]:
    """Columns of the cells as arrays, in the order of their first rows."""
    cells = cells.persist()
    if (many := cells.count()) * columns > MOST_VALUES:
        message = f"{path}: {many:,} cells of {columns} columns are more than one machine can search"
        raise TableError(message)
    blobs = cells.mapInArrow(workers.packed, workers.PACKED).collect()
    cells.unpersist()
    found = {name: np.frombuffer(b"".join(one[name] for one in blobs), np.int8 if name == "codes" else np.int64)
             for name in cells.columns}  # fmt: skip
    order = np.argsort(found["row"])
    wide = found.pop("codes").reshape(many, -1)[order]
    return {name: each[order] for name, each in found.items()} | {"codes": wide}


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What Spark says of a file that it cannot read, in one line."""
    from pyspark.errors import PySparkException  # noqa: PLC0415 an extra

    in_java = import_module("py4j.protocol").Py4JJavaError
    try:
        yield
    except (PySparkException, in_java) as error:
        cause = error.java_exception.getMessage() if isinstance(error, in_java) else str(error)
        message = f"{path}: {cause.splitlines()[0]}"
        raise TableError(message) from error
    except OSError as error:
        message = f"{path}: {error.strerror or error}"
        raise TableError(message) from error
