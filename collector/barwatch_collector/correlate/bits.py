"""Truth on packed bits: which literal is true on which pattern, at one bit each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barwatch_collector.correlate.arrays import Bools, Ints

Words = NDArray[np.uint64]
Indices = NDArray[np.integer[Any]]

WORD = 64  # bits
AT_ONCE = 4_000_000  # bits that are unpacked together


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Literals x patterns. It is read as an array of booleans would be, and answers with those."""

    rows: Words  # packed, one for each literal; a last one, of the empty conjunction, is true everywhere
    patterns: int

    def __len__(self) -> int:
        return len(self.rows) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """Literals and patterns."""
        return len(self), self.patterns

    def __iter__(self) -> Iterator[Bools]:
        return (self[index] for index in range(len(self)))

    def __getitem__(
        self, at: int | np.integer[Any] | Indices | list[int] | slice | tuple[slice, Bools | Indices | slice]
    ) -> Bools:
        if not isinstance(at, tuple):
            return unpacked(self.rows[:-1][at], self.patterns)
        rows, patterns = at
        if isinstance(patterns, slice):
            first, last, step = patterns.indices(self.patterns)
            return self.between(first, last)[rows, ::step]
        return self._of(np.arange(len(self))[rows], patterns)

    def words(self, items: Ints) -> Words:
        """Packed, for each row of items, where all of them are true; an item of -1 asks for nothing."""
        found: Words = self.rows[items[:, 0]]
        for more in items.T[1:]:
            found &= self.rows[more]
        return found

    def true_on(self, items: Ints) -> Bools:
        """Conjunctions x patterns: where all items of each are true."""
        return unpacked(self.words(items), self.patterns)

    def some(self, items: list[int]) -> "Truth":
        """These literals only."""
        return Truth(self.rows[[*items, -1]], self.patterns)

    def of(self, patterns: Bools | Indices) -> "Truth":
        """The same literals on these patterns only."""
        step = max(1, AT_ONCE // max(1, self.patterns))
        rows = np.arange(len(self.rows))
        parts = [packed(self._of(rows[at : at + step], patterns)) for at in range(0, len(rows), step)]
        length = np.count_nonzero(patterns) if patterns.dtype == np.bool_ else len(patterns)
        return Truth(np.concatenate(parts), int(length))

    def between(self, first: int, last: int) -> Bools:
        """The literals on the patterns from first up to last."""
        left = first // WORD
        return unpacked(self.rows[:-1, left : -(-last // WORD)], max(0, last - left * WORD))[:, first - left * WORD :]

    def _of(self, rows: Ints, patterns: Bools | Indices) -> Bools:
        at = np.flatnonzero(patterns) if patterns.dtype == np.bool_ else patterns
        return np.asarray(unpacked(self.rows[rows], self.patterns)[:, at])


def truth_of(rows: Iterable[Bools], patterns: int) -> Truth:
    """The truth in these rows, one of them in memory at a time."""
    return Truth(np.stack([packed(row) for row in chain(rows, [np.ones(patterns, np.bool_)])]), patterns)


class Weights:
    """Whole numbers for patterns, bit by bit: a weighted sum over a packed row counts bits, once for each of theirs."""

    def __init__(self, weights: Ints) -> None:
        highest = int(weights.max(initial=0)).bit_length()
        self._planes = [packed((weights >> bit & 1).astype(np.bool_)) for bit in range(highest)]

    def of(self, words: Words) -> Ints:
        """For each packed row, the weight of the patterns on which it is true."""
        found = np.zeros(len(words), np.int64)
        for bit, plane in enumerate(self._planes):
            found += np.bitwise_count(words & plane).sum(axis=1, dtype=np.int64) << bit
        return found


def packed(rows: Bools) -> Words:
    """Booleans as words, along the last axis; what fills the last word is false."""
    padded = -(-rows.shape[-1] // WORD) * (WORD // 8)
    out = np.zeros((*rows.shape[:-1], padded), np.uint8)
    found = np.packbits(rows, axis=-1)
    out[..., : found.shape[-1]] = found
    return out.view(np.uint64)


def unpacked(words: Words, length: int) -> Bools:
    """The booleans again."""
    return np.unpackbits(words.view(np.uint8), axis=-1, count=length).view(np.bool_)
