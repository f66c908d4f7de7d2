"""Bits and blocks against brute force: what is counted at any size is what can be counted by hand at a small one."""

import numpy as np
import pytest

from barwatch_collector.correlate import counting
from barwatch_collector.correlate.bits import Truth, Weights, truth_of
from barwatch_collector.correlate.counting import ChosenHere, Here, Part, parts_of
from barwatch_collector.correlate.search import NONE
from barwatch_collector.correlate.table import Bools, smallest

ITEMS = 7


def rows(patterns: int) -> Bools:
    return np.random.default_rng(patterns).random((ITEMS, patterns)) < 0.6


def part_of(cells: int, units: int, patterns: int) -> Part:
    draw = np.random.default_rng(cells)
    starts = np.sort(draw.choice(np.arange(1, cells), units - 1, replace=False))
    return Part(truth_of(rows(patterns), patterns), draw.integers(0, patterns, cells), np.append(0, starts))


def conjunctions() -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.array([[0, NONE, NONE], [1, 4, NONE], [0, 2, 6], [3, 4, 5], [5, 6, NONE]])


def by_hand(truth: Bools) -> Bools:
    return np.array([np.logical_and.reduce(truth[[item for item in one if item != NONE]]) for one in conjunctions()])


@pytest.mark.parametrize("patterns", [1, 63, 64, 65, 1000])
def test_bits_are_read_as_booleans_are(patterns: int) -> None:
    expected = rows(patterns)
    truth = truth_of(expected, patterns)
    some = np.flatnonzero(np.arange(patterns) % 3 == 0)

    assert truth.shape == expected.shape
    assert np.array_equal(list(truth), expected)
    assert np.array_equal(truth[2], expected[2])
    assert np.array_equal(truth[[1, 5]], expected[[1, 5]])
    assert np.array_equal(truth[:, some], expected[:, some])
    assert np.array_equal(truth[:, expected[0]], expected[:, expected[0]])
    assert np.array_equal(truth[:, patterns // 3 :], expected[:, patterns // 3 :])
    assert np.array_equal(truth.of(some)[:, :], expected[:, some])
    assert np.array_equal(truth.some([3, 1])[:, :], expected[[3, 1]])
    assert np.array_equal(truth.true_on(conjunctions()), by_hand(expected))


def test_nothing_has_no_bits() -> None:
    assert truth_of([], 5).shape == (0, 5)
    assert truth_of([], 0)[:, :].shape == (0, 0)


@pytest.mark.parametrize("most", [1, 2, 1000])
def test_a_weighted_sum_of_bits_is_a_weighted_sum(most: int) -> None:
    weights = np.random.default_rng(most).integers(0, most + 1, 500)

    assert np.array_equal(Weights(weights).of(truth_of(rows(500), 500).rows[:-1]), rows(500) @ weights)


def test_products_in_blocks_are_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "AT_ONCE", ITEMS * 64)
    part, cells = part_of(2_000, 50, 300), np.random.default_rng(1).random(2_000) < 0.3
    true = part.truth[:, part.pattern[cells]].astype(int)
    pairs = np.array([[0, 1], [2, 5]])

    chosen = part.chosen(cells)

    assert np.array_equal(chosen.pairs(), true @ true.T)
    assert np.array_equal(chosen.extended(pairs), (true[pairs[:, 0]] * true[pairs[:, 1]]) @ true.T)


def test_cells_inside_are_counted() -> None:
    part = part_of(2_000, 50, 300)

    assert np.array_equal(part.inside(conjunctions()), by_hand(part.truth[:, part.pattern]).sum(axis=1))


def test_units_count_once_on_each_side_by_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """In several parts and blocks, against one unit after the other."""
    monkeypatch.setattr(counting, "PART", 300)
    monkeypatch.setattr(counting, "AT_ONCE", 3_000)
    whole, failed = part_of(2_000, 50, 300), np.random.default_rng(1).random(2_000) < 0.3
    cells = by_hand(whole.truth[:, whole.pattern])
    expected = np.zeros((4, len(cells)))
    for unit in np.split(np.arange(2_000), whole.starts[1:]):
        for at, side in ((0, cells[:, unit]), (2, ~cells[:, unit])):
            expected[at] += side.any(axis=1)
            expected[at + 1] += (side & failed[unit]).sum(axis=1) / np.maximum(side.sum(axis=1), 1)

    found = Here(whole).by_units(conjunctions(), failed)

    assert len(parts_of(whole)) > 3
    assert np.allclose(found, expected)


def test_parts_have_whole_units_and_all_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "PART", 300)
    whole = part_of(2_000, 9, 300)
    parts = parts_of(whole)
    every = np.ones(2_000, np.bool_)

    assert sum(len(part.starts) for part in parts) == 9
    assert all(part.starts[0] == 0 for part in parts)
    assert np.array_equal(
        np.concatenate([part.truth[:, part.pattern] for part in parts], axis=1), whole.truth[:, whole.pattern]
    )
    together = sum(part.chosen(every[: len(part.pattern)]).pairs() for part in parts)
    assert np.array_equal(together, whole.chosen(every).pairs())


def test_no_cells_have_no_products() -> None:
    assert not ChosenHere(Truth(np.zeros((3, 0), np.uint64), 0), np.zeros(0, np.float32)).pairs().any()


@pytest.mark.parametrize(("levels", "size"), [(2, 1), (125, 1), (126, 2), (32_765, 2), (32_766, 4)])
def test_codes_take_as_few_bytes_as_they_need(levels: int, size: int) -> None:
    """With room for a code for missing, and for one more: arithmetic on codes must not wrap around."""
    assert smallest(levels).itemsize == size
    assert np.array([levels + 1], smallest(levels))[0] == levels + 1
