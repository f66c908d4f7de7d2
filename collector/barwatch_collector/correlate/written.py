"""A file's columns as codes and words, before anybody says what they mean."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from barwatch_collector.correlate.arrays import Codes
from barwatch_collector.correlate.table import smallest

TOGETHER = 65_536  # codes of 32 bits that wait to be made small


class TableError(Exception):
    """The file is no table that can be explained; the text says where and why."""


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """Columns of codes, and the words behind the codes."""

    path: Path
    header: Sequence[str]
    codes: Sequence[Codes]
    words: Sequence[Sequence[str]]
    lines: Codes | None  # of each row: the line on which it ends; None where a file has no lines

    def __len__(self) -> int:
        return len(self.codes[0])

    def at(self, row: int, name: str) -> str:
        """Where a value is, for an error."""
        place = f"row {row + 1}" if self.lines is None else f"line {self.lines[row]}"
        return f"{self.path}, {place}, column {name!r}"

    def of(self, name: str) -> tuple[Codes, Sequence[str]]:
        """Codes and words of a column."""
        index = self.header.index(name)
        return self.codes[index], self.words[index]


class Growing:
    """A column that is being read: its words are numbered in the order of their first appearance."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = defaultdict(count().__next__)
        self._new = array("i")
        self._done: list[Codes] = []

    def extend(self, values: Iterable[str]) -> None:
        """These words are next."""
        self._new.extend(map(self._ids.__getitem__, values))
        if len(self._new) >= TOGETHER:
            self._pack()

    def extend_coded(self, codes: Codes, words: Iterable[str]) -> None:
        """These are next, each the place of one of some words."""
        of_word = np.fromiter(map(self._ids.__getitem__, words), np.int32)
        self._done.append(of_word.astype(smallest(len(self._ids)))[codes])

    @property
    def words(self) -> list[str]:
        """The words behind the codes."""
        return list(self._ids)

    def codes(self) -> Codes:
        """All codes, in as few bytes as they need."""
        self._pack()
        return np.concatenate(self._done, dtype=smallest(len(self._ids)))

    def _pack(self) -> None:
        self._done.append(np.array(self._new, smallest(len(self._ids))))
        del self._new[:]
