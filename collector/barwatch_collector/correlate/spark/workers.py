"""What runs on the workers while a file is read: record batches of Arrow in, record batches out.

The last column of every batch that comes in is the row's number in the file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from barwatch_collector.correlate.arrays import Ints
from barwatch_collector.correlate.parquet_file import coded

WORDS = "column int, word string, row long"
CELLS = "unit long, codes binary, attempts long, failures long, wrong long, times long, row long"
PACKED = "unit binary, codes binary, attempts binary, failures binary, wrong binary, times binary, row binary"
NOT_THERE = -1  # a unit or a count that is not known

Batches = Iterable[Any]  # of pyarrow.RecordBatch


@dataclass(frozen=True, slots=True)
class Coding:
    """What the words of each column stand for."""

    outcome: int  # place of the column
    weight: int | None  # as above; None: every row is one attempt
    unit: int | None  # as above; None: every row is a unit of its own
    numbers: tuple[Mapping[str, int], ...]  # of each column: counts, the number of the unit, or codes of levels
    kind: str  # of the codes, as numpy names it

    @property
    def attributes(self) -> list[int]:
        """Places of all other columns."""
        return [at for at in range(len(self.numbers)) if at not in (self.outcome, self.weight, self.unit)]


def words_of(batches: Batches) -> Batches:
    """Each word of each column with the row it is first seen in."""
    seen: dict[int, dict[str, int]] = {}
    for batch in batches:
        rows = batch.columns[-1].to_numpy()
        for at, values in enumerate(batch.columns[:-1]):
            codes, words = coded(values)
            first = np.unique(codes, return_index=True)[1]
            of_column = seen.setdefault(at, {})
            for word, row in zip(words, rows[first].tolist(), strict=True):
                of_column.setdefault(word, row)
    for at, of_column in seen.items():
        yield _batch(WORDS, [[at] * len(of_column), list(of_column), list(of_column.values())])


def cells_of(coding: Coding, batches: Batches) -> Batches:
    """Rows whose outcome, attempts and unit are known, the codes of their attributes as bytes."""
    for batch in batches:
        failures = _numbers(coding, batch, coding.outcome)
        attempts = np.ones_like(failures) if coding.weight is None else _numbers(coding, batch, coding.weight)
        row = batch.columns[-1].to_numpy()
        unit = row if coding.unit is None else _numbers(coding, batch, coding.unit)
        wrong = (failures > attempts) & (attempts != NOT_THERE)
        kept = ((failures != NOT_THERE) & (attempts > 0) & (unit != NOT_THERE)) | wrong
        codes = [_numbers(coding, batch, at)[kept].astype(coding.kind) for at in coding.attributes]
        together = np.stack(codes, axis=1) if codes else np.zeros((int(kept.sum()), 0), np.int8)
        sums = [each[kept].tolist() for each in (attempts, failures, wrong.astype(int), np.ones_like(row), row)]
        yield _batch(CELLS, [unit[kept].tolist(), [one.tobytes() for one in together], *sums])


def packed(batches: Batches) -> Batches:
    """The cells of each batch as one row of bytes."""
    for batch in batches:
        unit, codes, *sums = batch.columns
        whole = [each.to_numpy().astype(np.int64).tobytes() for each in (unit, *sums)]
        yield _batch(PACKED, [[one] for one in (whole[0], b"".join(codes.to_pylist()), *whole[1:])])


def _numbers(coding: Coding, batch: Any, at: int) -> Ints:  # noqa: ANN401 a record batch
    codes, words = coded(batch.columns[at])
    return np.array([coding.numbers[at][word] for word in words], np.int64)[codes]


def _batch(schema: str, columns: list[Any]) -> Any:  # noqa: ANN401 a record batch
    pyarrow = import_module("pyarrow")
    kinds = {"int": pyarrow.int32(), "long": pyarrow.int64(), "string": pyarrow.string(), "binary": pyarrow.binary()}
    names, types = zip(*(field.split() for field in schema.split(", ")), strict=True)
    arrays = [pyarrow.array(values, kinds[kind]) for values, kind in zip(columns, types, strict=True)]
    return pyarrow.RecordBatch.from_arrays(arrays, names=list(names))
