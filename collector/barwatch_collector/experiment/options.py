"""Cells that one experiment can make (step 23). Cells and donors that no hypothesis tells apart are looked at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from barwatch_collector.correlate.literal import Literal, truth_of_levels
from barwatch_collector.correlate.table import MISSING, Bools, Codes, Floats, Ints, Table
from barwatch_collector.experiment.beliefs import Beliefs, codes_of, names_of
from barwatch_collector.experiment.lab import ACCESS_COLUMN, NEEDS_NO_REGISTERS, NOT_A_CHOICE, Kind, Lab, Scope, hours

MOST_CELLS = 300  # that are changed one column at a time
MOST_MOVED = 100  # places that something is moved to, and as many that it comes from
NOBODY = -1
MOVES = (
    (Kind.CARD, frozenset({Scope.FUNCTION})),
    (Kind.ROUTE, frozenset({Scope.ROUTE})),
    (Kind.BOX, frozenset({Scope.FUNCTION, Scope.ROUTE})),
)


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """Experiments of one kind, as arrays."""

    kind: Kind
    cells: Codes  # experiments x columns: the cell that is tried
    row: Ints  # of each: the row of the table that is changed, or of the untested ones
    donor: Ints  # of each: the row that attributes come from, or NOBODY
    hours: Floats

    def __len__(self) -> int:
        return len(self.row)

    def of(self, at: Ints) -> "Options":
        """These experiments only."""
        return Options(self.kind, self.cells[at], self.row[at], self.donor[at], self.hours[at])


def options(beliefs: Beliefs, lab: Lab) -> Iterator[Options]:
    """Everything that is possible and may tell something, by kind."""
    table = beliefs.table
    view = View(table, codes_of(table), sorted({one for each in beliefs.conjunctions for one in each}), lab)
    yield _one_by_one(view, Kind.UNIT, [at for at in view.columns if view.scope(at) is Scope.ALONE])
    yield _one_by_one(view, Kind.SETTING, [at for at in view.columns if lab.is_setting(table.columns[at].name)])
    yield _accesses(view)
    for kind, scopes in MOVES:
        yield _moves(view, kind, scopes)
    if lab.untested is not None:
        cells = codes_of(lab.untested)
        rows = _different(_truth(view.literals, table, cells), np.arange(len(cells)), MOST_CELLS)
        yield _made(Kind.UNTESTED, cells[rows], rows)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A table as far as the hypotheses see it."""

    table: Table
    codes: Codes  # rows x columns
    literals: Sequence[Literal]
    lab: Lab

    @property
    def columns(self) -> list[int]:
        """Columns that a hypothesis speaks of."""
        return sorted({literal.column for literal in self.literals})

    def scope(self, column: int) -> Scope:
        """What a column goes along with."""
        return self.lab.scope(self.table.columns[column].name)

    def different(self, rows: Ints, most: int, scopes: frozenset[Scope] | None = None) -> Ints:
        """One of the rows for each that hypotheses tell apart, by literals of these scopes; failing ones first."""
        literals = [one for one in self.literals if scopes is None or self.scope(one.column) in scopes]
        rows = rows[np.argsort(self.table.failures[rows] == 0, kind="stable")]
        return _different(_truth(literals, self.table, self.codes[rows]), rows, most)


def _different(truth: Bools, rows: Ints, most: int) -> Ints:
    if not len(rows):
        return rows
    _, first = np.unique(np.packbits(truth, axis=0), axis=1, return_index=True)
    return np.asarray(rows[np.sort(first)[:most]])


def _truth(literals: Sequence[Literal], table: Table, cells: Codes) -> Bools:
    """Literals x cells, with a last row of what is always true."""
    truth = np.ones((len(literals) + 1, len(cells)), np.bool_)
    for at, literal in enumerate(literals):
        truth[at] = truth_of_levels(literal, len(table.columns[literal.column].levels))[cells[:, literal.column]]
    return truth


def _made(kind: Kind, cells: Codes, rows: Ints, donors: Ints | None = None) -> Options:
    nobody = np.full(len(rows), NOBODY)
    return Options(kind, cells, rows, nobody if donors is None else donors, np.full(len(rows), hours(kind, 1)))


def _one_by_one(view: View, kind: Kind, columns: Sequence[int]) -> Options:
    """Every cell with another value in one of these columns."""
    rows = view.different(np.arange(len(view.table)), MOST_CELLS) if columns else np.zeros(0, np.int64)
    parts = [(rows[able], column, value) for column in columns
             for value, able in _values(view, column, view.codes[rows, column], kind)]  # fmt: skip
    row = np.concatenate([part for part, _, _ in parts]) if parts else np.zeros(0, np.int64)
    sizes = [len(part) for part, _, _ in parts]
    cells = view.codes[row]
    cells[np.arange(len(row)), np.repeat([at for _, at, _ in parts], sizes).astype(int)] = np.repeat(
        [value for _, _, value in parts], sizes
    )
    return _made(kind, cells, row)


def _values(view: View, column: int, now: Codes, kind: Kind) -> Iterator[tuple[int, Bools]]:
    """Values that hypotheses tell apart, and which cells can be given each."""
    levels = view.table.columns[column].levels
    literals = [truth_of_levels(one, len(levels)) for one in view.literals if one.column == column]
    names = np.packbits(np.array(literals), axis=0).T  # of each value, MISSING last
    able = np.array([kind is Kind.UNIT or level not in NOT_A_CHOICE for level in levels] + [kind is Kind.UNIT])
    seen = set()
    counts = np.bincount(now[now != MISSING], minlength=len(levels))
    for value in np.argsort(-counts, kind="stable"):
        name = names[value].tobytes()
        if able[value] and name not in seen:
            seen.add(name)
            yield int(value), np.asarray(able[now] & (names[now] != names[value]).any(axis=1))


def _accesses(view: View) -> Options:
    """Every cell by another access that its unit has, where the unit was not read like that already."""
    columns = [at for at, one in enumerate(view.table.columns) if view.scope(at) is Scope.ACCESS]
    read = names_of(view.table.units, view.codes)
    row, donor = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for other in np.unique(view.codes[:, columns], axis=0, return_index=True)[1] if columns else ():
        rows = np.flatnonzero(_may_use(view, int(other)))
        cells = _with(view, columns, rows, np.full(len(rows), other))
        is_new = ~np.isin(names_of(view.table.units[rows], cells), read)
        rows = view.different(rows[is_new], MOST_CELLS)
        row.append(rows)
        donor.append(np.full(len(rows), other))
    rows, donors = np.concatenate(row), np.concatenate(donor)
    return _made(Kind.ACCESS, _with(view, columns, rows, donors), rows, donors)


def _may_use(view: View, donor: int) -> Bools:
    """For each row, whether its unit has the access of another row."""
    column = next((one for one in view.table.columns if one.name == ACCESS_COLUMN), None)
    if column is None or column.codes[donor] == MISSING:
        return np.ones(len(view.table), np.bool_)
    word = column.levels[column.codes[donor]]
    without = [unit for unit, accesses in view.lab.accesses.items() if word not in accesses]
    able = ~np.isin(view.table.units, without)
    if word != NEEDS_NO_REGISTERS and view.lab.has_registers is not None:
        able &= view.lab.has_registers
    return np.asarray(able)


def _moves(view: View, kind: Kind, scopes: frozenset[Scope]) -> Options:
    """What each cell of one unit would be with what goes along with card or plug of another."""
    columns = [at for at in range(len(view.table.columns)) if view.scope(at) in scopes]
    able = np.flatnonzero(_can_move(view, scopes))
    if not any(at in view.columns for at in columns):
        return _made(kind, view.codes[:0], able[:0], able[:0])
    rows = view.different(able, MOST_MOVED, frozenset(Scope) - scopes)
    donors = view.different(able, MOST_MOVED, scopes)
    row, donor = np.repeat(rows, len(donors)), np.tile(donors, len(rows))
    apart = view.table.units[row] != view.table.units[donor]
    row, donor = row[apart], donor[apart]
    return _made(kind, _with(view, columns, row, donor), row, donor)


def _can_move(view: View, scopes: frozenset[Scope]) -> Bools:
    able = np.ones(len(view.table), np.bool_)
    for scope, can in ((Scope.FUNCTION, view.lab.has_card), (Scope.ROUTE, view.lab.has_plug)):
        if scope in scopes and can is not None:
            able &= can
    return able


def _with(view: View, columns: Sequence[int], rows: Ints, donors: Ints) -> Codes:
    cells = view.codes[rows]
    cells[:, columns] = view.codes[donors][:, columns]
    return cells
