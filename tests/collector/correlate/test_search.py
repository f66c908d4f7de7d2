from itertools import combinations

import numpy as np
import pytest
from tests.collector.correlate.tables import random_table

from barwatch_collector.correlate.fleet import Fleet, fleet
from barwatch_collector.correlate.score import bayes_factor
from barwatch_collector.correlate.search import NONE, Found, Search
from barwatch_collector.correlate.table import table


def by_brute_force(part: Fleet, search: Search) -> dict[tuple[int, ...], float]:
    """Scores of all minimal conjunctions of up to three items of different columns."""
    scores = {}
    for size in (1, 2, 3):
        for members in combinations(range(len(part.items)), size):
            if len({int(part.items.column[one]) for one in members}) < size:
                continue
            inside = np.logical_and.reduce(part.items.truth[list(members)])
            wider = [np.logical_and.reduce(part.items.truth[list(rest)]) for rest in combinations(members, size - 1)]
            if size > 1 and any(np.array_equal(inside, one) for one in wider):
                continue
            items = np.array([[*members, *[NONE] * (3 - size)]])
            score = float((bayes_factor(part.count(inside[None, :])) - search.cost_of(items))[0])
            if score > -np.inf:
                scores[members] = score
    return scores


def by_name(found: Found) -> dict[tuple[int, ...], float]:
    """Scores by the items of the conjunction."""
    named = zip(found.items.tolist(), found.score.tolist(), strict=True)
    return {tuple(one for one in items if one != NONE): score for items, score in named if score > -np.inf}


@pytest.mark.parametrize("seed", range(5))
def test_a_small_search_sees_what_brute_force_sees(seed: int) -> None:
    part = fleet(random_table(seed))
    search = Search(part)

    expected = by_brute_force(part, search)
    found = by_name(search.run(part.failed))

    assert found
    assert all(score == pytest.approx(expected[items]) for items, score in found.items())
    for size in (1, 2, 3):
        best = max((score for items, score in expected.items() if len(items) == size), default=None)
        assert best == pytest.approx(max((score for items, score in found.items() if len(items) == size), default=None))


def test_a_floor_hides_only_what_is_below() -> None:
    part = fleet(random_table(3))
    search = Search(part)
    every = search.run(part.failed)
    floor = float(np.median(every.score[every.score > -np.inf]))

    above = search.run(part.failed, floor)

    assert by_name(above.above(floor)) == pytest.approx(by_name(every.above(floor)))
    assert search.best(part.failed, floor) == pytest.approx(float(every.score.max()))


def test_literals_with_the_same_rows_are_one_item() -> None:
    values = ["a", "b", "a", "c", "b", "c"]
    part = fleet(table({"x": values, "copy": values, "y": ["p", "q", "q", "p", "q", "q"]}, [1, 0, 1, 0, 0, 0]))

    assert [one.column for one in part.items.literals] == [0, 0, 0, 2, 2]
    assert [[other.column for other in others] for others in part.items.aliases] == [[1], [1], [1], [], []]


def test_names_of_single_rows_and_constants_are_no_items() -> None:
    part = fleet(table({"id": ["a", "b", "c", "d"], "same": ["x"] * 4, "real": ["p", "p", "q", "q"]}, [1, 1, 0, 0]))

    assert part.unused == ("id", "same")
    assert {one.column for one in part.items.literals} == {2}


def test_a_large_search_finds_the_same_cause() -> None:
    """With more patterns than are looked at one by one, triples are estimated before they are counted."""
    draw = np.random.default_rng(8)
    values = {f"x{at:02}": [f"v{one}" for one in draw.integers(0, 2, 25_000)] for at in range(40)}
    inside = np.logical_and.reduce([[one == "v1" for one in values[name]] for name in ("x03", "x17", "x29")])
    part = fleet(table(values, (inside & (draw.random(25_000) < 0.3)).astype(int)))
    search = Search(part)

    best = search.run(part.failed).best(1)

    assert {part.items.column[item] for item in best.items[0]} == {3, 17, 29}
    assert np.array_equal(search.truth_of(best.items)[0, part.pattern], inside[part.table.units])
