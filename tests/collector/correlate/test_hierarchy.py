import numpy as np
from tests.collector.correlate.tables import lab

from barwatch_collector.correlate.explain import explained
from barwatch_collector.correlate.fleet import fleet
from barwatch_collector.correlate.hierarchy import is_needed, preferred, wider
from barwatch_collector.correlate.literal import Literal, literal_text
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import table

ABOVE = {"behind": "laptop", "laptop": "bios"}


def test_wider_attributes_are_found_upwards_by_the_value_that_goes_with_ours() -> None:
    part = fleet(lab())
    behind = Literal(1, (part.table.columns[1].levels.index("box"),))

    found = [literal_text(one, part.table.columns[one.column]) for one, _ in wider(part, (behind,), ABOVE)]

    assert found[0] == "laptop=yes"
    assert set(found[1:]) <= {"bios=Dell"}


def test_a_circle_of_parents_ends() -> None:
    part = fleet(lab())

    assert len(list(wider(part, (Literal(1, (0,)),), {"behind": "laptop", "laptop": "behind"}))) <= 1


def test_of_two_that_fit_the_narrower_is_told_where_the_wider_holds_on_healthy_cells() -> None:
    made = table({"form": ["lap"] * 6 + ["desk"] * 6, "dock": ["yes"] * 4 + ["no"] * 8}, [1] * 4 + [0] * 8)
    part = fleet(made)
    form, dock = Literal(0, (1,)), Literal(1, (1,))

    assert is_needed(part, (dock,), dock, form)
    assert preferred(part, [(form,), (dock,)], {"dock": "form"}) == 1
    assert preferred(part, [(form,), (dock,)], {}) == 0
    assert preferred(part, [(dock,), (form,)], {"dock": "form"}) == 0


def test_where_the_wider_fails_too_it_is_told() -> None:
    made = table({"form": ["lap"] * 6 + ["desk"] * 6, "dock": ["yes"] * 4 + ["no"] * 8}, [1] * 5 + [0] * 7)

    assert preferred(fleet(made), [(Literal(0, (1,)),), (Literal(1, (1,)),)], {"dock": "form"}) == 0


def test_the_laptop_is_rejected_first_with_its_numbers() -> None:
    """P and not L: laptops that are not behind the box read well."""
    report = explained(lab(), Settings(permutations=99, parents=tuple(ABOVE.items())))

    first = report.rejected[0]
    assert first.text == "laptop=yes"
    assert first.alone.failing == 0
    assert f"0 of {first.alone.units} hosts fail" in first.why


def test_a_parent_that_the_table_does_not_have_is_no_suspect() -> None:
    part = fleet(table({"x": ["a", "b"] * 6, "y": ["p", "q", "q"] * 4}, np.tile([1, 0], 6)))

    assert list(wider(part, (Literal(0, (0,)),), {"x": "chassis"})) == []
