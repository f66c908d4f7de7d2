import numpy as np

from barwatch_collector.correlate.explain import explained, ranked
from barwatch_collector.correlate.halves import agreeing
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Table, table


def made_of(failed: list[int]) -> Table:
    draw = np.random.default_rng(1)
    values = {f"c{at}": [f"v{one}" for one in draw.integers(0, 3, len(failed))] for at in range(8)}
    return table({"x": ["a", "b", "c", "d"] * (len(failed) // 4), **values}, failed)


def test_every_half_agrees_on_a_clear_cause() -> None:
    found = explained(made_of([1, 0, 0, 0] * 40), Settings(permutations=39)).explanations[0]

    assert (found.text, found.halves) == ("x=a", 1.0)


def test_halves_disagree_on_what_is_chance() -> None:
    draw = np.random.default_rng(2)
    made = ranked(made_of([int(one) for one in draw.random(80) < 0.2]), Settings())

    assert made is not None
    share = agreeing(made, 0)
    assert share is not None
    assert share < 0.8
