from dataclasses import replace

import numpy as np
import pytest
from tests.collector.experiment.fleets import TRAITS, believed, founding, two_aliases

from barwatch_collector.correlate.table import Table
from barwatch_collector.experiment.beliefs import Beliefs, codes_of
from barwatch_collector.experiment.lab import Kind, Lab, Scope
from barwatch_collector.experiment.options import Options, options


def founded(lab: Lab) -> tuple[Beliefs, dict[Kind, Options]]:
    beliefs = believed(founding())
    return beliefs, {part.kind: part for part in options(beliefs, lab)}


def changed(beliefs: Beliefs, part: Options) -> list[set[str]]:
    """Columns in which each cell differs from the row that it starts from."""
    differs = part.cells != codes_of(beliefs.table)[part.row]
    return [{beliefs.table.columns[at].name for at in np.flatnonzero(row)} for row in differs]


def test_without_a_lab_every_column_changes_alone() -> None:
    beliefs, parts = founded(Lab())

    assert len(parts[Kind.UNIT])
    assert all(len(one) == 1 for one in changed(beliefs, parts[Kind.UNIT]))
    assert all(not len(part) for kind, part in parts.items() if kind is not Kind.UNIT)


@pytest.mark.parametrize(
    ("kind", "scopes"),
    [
        (Kind.CARD, {Scope.FUNCTION}),
        (Kind.ROUTE, {Scope.ROUTE}),
        (Kind.BOX, {Scope.FUNCTION, Scope.ROUTE}),
        (Kind.ACCESS, {Scope.ACCESS}),
        (Kind.SETTING, {Scope.HOST}),
    ],
)
def test_only_what_goes_along_changes(kind: Kind, scopes: set[Scope]) -> None:
    beliefs, parts = founded(Lab(TRAITS))

    moved = set().union(*changed(beliefs, parts[kind]))

    assert {TRAITS[name].scope for name in moved} <= scopes


def test_a_move_is_between_two_units() -> None:
    beliefs, parts = founded(Lab(TRAITS))
    units = beliefs.table.units

    for kind in (Kind.CARD, Kind.ROUTE, Kind.BOX):
        part = parts[kind]
        assert (units[part.row] != units[part.donor]).all()


def test_all_attributes_of_a_card_go_along() -> None:
    beliefs, parts = founded(Lab(TRAITS))

    for part in (parts[Kind.CARD], parts[Kind.BOX]):
        at = [index for index, one in enumerate(beliefs.table.columns) if TRAITS[one.name].scope is Scope.FUNCTION]
        assert np.array_equal(part.cells[:, at], codes_of(beliefs.table)[part.donor][:, at])


def test_only_settings_can_be_set_and_not_to_what_is_no_choice() -> None:
    beliefs, parts = founded(Lab(TRAITS))
    part = parts[Kind.SETTING]

    assert set().union(*changed(beliefs, part)) <= {"iommu", "aspm"}
    for cell, row in zip(part.cells, part.row, strict=True):
        for column, new, old in zip(beliefs.table.columns, cell, codes_of(beliefs.table)[row], strict=True):
            assert new == old or "absent" not in {column.levels[new], column.levels[old]}


def test_a_soldered_function_stays_where_it_is() -> None:
    fixed = np.arange(24) < 12

    beliefs, parts = founded(Lab(TRAITS, has_card=~fixed))

    for kind in (Kind.CARD, Kind.BOX):
        assert not fixed[parts[kind].row].any()
        assert not fixed[parts[kind].donor].any()
    assert fixed[parts[Kind.ROUTE].row].any()
    assert len(beliefs)


def test_a_fixed_route_stays_where_it_is() -> None:
    fixed = np.arange(24) < 12

    _, parts = founded(Lab(TRAITS, has_plug=~fixed))

    assert not fixed[parts[Kind.ROUTE].row].any()
    assert not fixed[parts[Kind.BOX].donor].any()


def kernel_only() -> Table:
    """The founding fleet with one half of its hosts read by kernel only."""
    observed = founding()
    return observed.of(np.flatnonzero((observed.units % 2 == 0) | (np.arange(24) % 2 == 0)))


def test_a_host_is_read_by_another_access_that_it_has_and_was_not_read_by() -> None:
    observed = kernel_only()
    beliefs = believed(observed)
    has_none = {unit: frozenset({"kernel"}) for unit in (1, 3)}

    part = next(one for one in options(beliefs, Lab(TRAITS, accesses=has_none)) if one.kind is Kind.ACCESS)

    assert set(observed.units[part.row]) <= {5, 7, 9, 11}
    assert changed(beliefs, part) == [{"access"}] * len(part)
    assert len(part)


def test_a_host_that_was_read_by_every_access_is_not_read_again() -> None:
    _, parts = founded(Lab(TRAITS))

    assert not len(parts[Kind.ACCESS])


def test_cells_that_nobody_has_read_can_be_tested() -> None:
    beliefs = believed(founding())
    untested = replace(beliefs.table.of(np.array([0, 1])), units=np.array([12, 12]))

    parts = {part.kind: part for part in options(beliefs, Lab(TRAITS, untested=untested))}

    assert np.array_equal(parts[Kind.UNTESTED].cells, codes_of(untested))


def test_values_that_no_hypothesis_tells_apart_are_one() -> None:
    beliefs = believed(two_aliases())

    part = next(options(beliefs, Lab()))

    seen = {(int(row), cell.tobytes()) for row, cell in zip(part.row, part.cells, strict=True)}
    assert len(seen) == len(part)
    assert len(set(part.row.tolist())) <= 4
