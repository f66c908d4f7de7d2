from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
import pytest
from tests.collector.correlate.tables import plackett_burman_12, two_level

from barwatch_collector.correlate.alternatives import same_rows
from barwatch_collector.correlate.fleet import fleet
from barwatch_collector.correlate.literal import Conjunction, Literal, all_hold, conjunction_text
from barwatch_collector.correlate.table import Table, table


def conjunctions(made: Table) -> Iterator[Conjunction]:
    """All of up to three literals."""
    for size in (1, 2, 3):
        for columns in combinations(range(len(made.columns)), size):
            levels = product(*(range(len(made.columns[at].levels)) for at in columns))
            yield from (tuple(Literal(*one) for one in zip(columns, ((code,) for code in codes), strict=True))
                        for codes in levels)  # fmt: skip


def by_brute_force(made: Table, ours: Conjunction) -> set[str]:
    """All minimal conjunctions with our rows."""
    inside = all_hold(ours, made)
    same = [set(one) for one in conjunctions(made) if np.array_equal(all_hold(one, made), inside)]
    minimal = [one for one in same if not any(other < one for other in same)]
    return {conjunction_text(tuple(sorted(one)), made) for one in minimal} - {conjunction_text(ours, made)}


@pytest.mark.parametrize(
    ("made", "failing"),
    [
        (two_level(("AB", "AC", "BC", "ABC"), 3, "AB"), "AB"),
        (two_level(("AB", "AC", "BC", "ABC"), 3, "D"), "D"),
        (two_level(("ABC",), 3, "AB"), "AB"),
        (plackett_burman_12("AB"), "AB"),
        (plackett_burman_12("C"), "C"),
    ],
    ids=[
        "2^(7-4), two factors",
        "2^(7-4), one factor",
        "2^(4-1), two factors",
        "PB12, two factors",
        "PB12, one factor",
    ],
)
def test_every_alias_of_a_design_is_found(made: Table, failing: str) -> None:
    """Designs of experiments have known aliases; brute force lists them."""
    on = {column.name: Literal(at, (column.levels.index("on"),)) for at, column in enumerate(made.columns)}
    ours = tuple(on[letter] for letter in failing)

    found = {conjunction_text(one, made) for one in same_rows(fleet(made), ours)}

    assert found == by_brute_force(made, ours)


def test_a_product_of_two_factors_is_indistinguishable_from_either_with_it() -> None:
    """2^(7-4) with D=AB: A and B on means D on, so A and D, and B and D, are the same runs."""
    made = two_level(("AB", "AC", "BC", "ABC"), 3, "AB")
    on = {column.name: Literal(at, (1,)) for at, column in enumerate(made.columns)}

    found = {conjunction_text(one, made) for one in same_rows(fleet(made), (on["A"], on["B"]))}

    assert {"A=on AND D=on", "B=on AND D=on"} <= found


def test_an_alias_may_be_a_set_or_a_span() -> None:
    values = {
        "x": ["a", "a", "b", "b", "c", "c"],
        "y": ["1", "2", "3", "4", "5", "6"],
        "z": ["p", "p", "q", "q", "r", "r"],
    }
    made = table(values, [1, 1, 1, 1, 0, 0])

    found = {conjunction_text(one, made) for one in same_rows(fleet(made), (Literal(0, (0, 1)),))}

    assert {"y<=4", "z!=r"} <= found
