"""Tables of others whose right answer nobody disputes."""

from itertools import product

import numpy as np
import pytest

from barwatch_collector.correlate.explain import explained
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Table, table

QUICK = Settings(permutations=99)
ROBOTS = tuple(product("123", "123", "12", "123", "1234", "12"))


def robots(failing: list[bool]) -> Table:
    """The MONK's problems' robots: all combinations of six attributes.

    Source: Thrun and others, CMU-CS-91-197 (1991).
    """
    return table({f"a{at + 1}": [one[at] for one in ROBOTS] for at in range(6)}, [int(one) for one in failing])


def test_the_first_monk_is_explained_by_all_of_its_four_causes() -> None:
    report = explained(robots([one[0] == one[1] or one[4] == "1" for one in ROBOTS]), QUICK)

    assert report.explanations[0].text == "a5=1"
    assert {one.text for one in report.explanations[1:]} == {f"a1={one} AND a2={one}" for one in "123"}
    assert report.unexplained_units == 0


def test_the_third_monk_is_explained_by_both_of_its_rules() -> None:
    failing = [(one[4] == "3" and one[3] == "1") or (one[4] != "4" and one[1] != "3") for one in ROBOTS]

    report = explained(robots(failing), QUICK)

    assert [one.text for one in report.explanations] == ["a2<=2 AND a5<=3", "a4=1 AND a5=3"]
    assert report.unexplained_units == 0


def test_the_titanic_was_deadly_for_men_and_third_class() -> None:
    """Counts of passengers and crew. Source: British Board of Trade (1912), as in Dawson, J. Statistics Education 3."""
    counts = {
        ("1st", "male"): (180, 118), ("2nd", "male"): (179, 154), ("3rd", "male"): (510, 422),
        ("crew", "male"): (862, 670), ("1st", "female"): (145, 4), ("2nd", "female"): (106, 13),
        ("3rd", "female"): (196, 106), ("crew", "female"): (23, 3),
    }  # fmt: skip
    rows = [(*who, at < died) for who, (every, died) in counts.items() for at in range(every)]
    cabin, sex, died = zip(*rows, strict=True)

    report = explained(table({"class": cabin, "sex": sex}, [int(one) for one in died]), QUICK)

    assert "sex=male" in report.explanations[0].text
    assert any("class=3rd" in one.text and "male" not in one.text for one in report.explanations[1:]) or any(
        "class" in one.text for one in report.explanations
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_span_of_numbers_is_one_literal(seed: int) -> None:
    """It fails between two numbers and nowhere else."""
    draw = np.random.default_rng(seed)
    heat = draw.uniform(0, 100, 400).round(1)
    values = {"heat": [f"{one:g}" for one in heat], "x": [f"v{one}" for one in draw.integers(0, 3, 400)]}

    found = explained(table(values, ((heat > 30) & (heat < 60)).astype(int)), QUICK).explanations[0]

    assert found.text.startswith("heat from 3")
    assert " AND " not in found.text
    assert found.inside.failing >= 0.95 * (((heat > 30) & (heat < 60)).sum())
