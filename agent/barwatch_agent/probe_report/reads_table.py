"""Registers by accesses, with what was read."""

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from barwatch_agent.probe.looking import Look
from barwatch_agent.reads import Read, Target
from barwatch_proto.drawing import printable
from barwatch_proto.telemetry import Evidence
from barwatch_proto.topology import Function
from barwatch_proto.words import Access, Outcome

STYLE = {
    Outcome.OK: "green",
    Outcome.ALL_ONES: "bold red",
    Outcome.MISMATCH: "bold red",
    Outcome.FAULT: "bold red",
    Outcome.DENIED: "yellow",
    Outcome.UNREACHABLE: "yellow",
}
FOLD_FROM = 4  # so many functions with the same good register become one row
MAX_ROWS = 10  # of one function
Row = Mapping[Access, Read]


def reads_of(found: Look, function: Function) -> Iterator[RenderableType]:
    """Every register of one function by every access; those that are not ok first, and how often they were so."""
    evidence, rows = found.evidence.get(function.key), found.by_target()
    targets = [target for target in found.targets if target.function.key == function.key]
    targets.sort(key=lambda target: _is_good(rows.get((function.key, target.register.name), {})))
    title = f"Reads of {function.address}"
    if evidence is not None and evidence.rereads:
        title += "; 3/3: so in 3 of 3 reads within milliseconds"
    table = _table(title, ("register", "where", "expected"))
    table.padding = (0, 1, 0, 0)  # closer than usual: all of it fits into 80 columns
    for target in targets[:MAX_ROWS]:
        row = rows.get((function.key, target.register.name), {})
        cells = [_cell(found, target, row, access) for access in Access]
        for read, cell in ((row.get(access), cell) for access, cell in zip(Access, cells, strict=True)):
            cell.append(_repeated(read, evidence))
        table.add_row(printable(target.register.name), _where(target), _expected(target), *cells)
    yield table
    if len(targets) > MAX_ROWS:
        yield Text(f"and {len(targets) - MAX_ROWS} more registers: --all shows them", "dim")


def matrix(found: Look) -> Table:
    """All registers by accesses; registers that are good on many functions share a row."""
    table = _table("Reads", ("register", "function"))
    by_target, closed = found.by_target(), found.closed_ways_in()
    for name, targets in _by_register(found.targets).items():
        rows = [by_target.get((target.function.key, name), {}) for target in targets]
        if len(targets) >= FOLD_FROM and all(_is_good(row) for row in rows):
            folded = (_closed(targets[0], access, closed) or _folded(rows, access) for access in Access)
            table.add_row(name, f"{len(targets)} functions", *folded)
            continue
        for target, row in zip(targets, rows, strict=True):
            table.add_row(name, str(target.function.address), *(_cell(found, target, row, each) for each in Access))
    return table


def value_of(read: Read) -> Text:
    """What was read, or why nothing was, in one word."""
    if read.value is None or read.outcome is Outcome.ALL_ONES:
        return Text(read.outcome.value.replace("_", " "), STYLE[read.outcome])
    return Text(f"{read.value:#0{2 + 2 * read.target.width}x}", STYLE[read.outcome])


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in (*columns, *(access.value for access in Access)):
        table.add_column(column, overflow="fold")
    return table


def _is_good(row: Row) -> bool:
    return all(read.outcome is Outcome.OK for read in row.values())


def _where(target: Target) -> str:
    return f"config+{target.offset:#x}" if target.bar is None else f"BAR{target.bar}+{target.offset:#x}"


def _expected(target: Target) -> str:
    return "" if target.expect is None else f"{target.expect:#0{2 + 2 * target.width}x}"


def _cell(found: Look, target: Target, row: Row, access: Access) -> Text:
    read = row.get(access)
    return value_of(read) if read else _closed(target, access, found.closed_ways_in()) or Text("")


def _repeated(read: Read | None, evidence: Evidence | None) -> str:
    """How many of the reads of the second look, and the first, came to the same."""
    if read is None or evidence is None:
        return ""
    name, access = read.target.register.name, read.access
    again = Counter(each.outcome for each in evidence.rereads if (each.register, each.access) == (name, access))
    is_good = read.outcome is Outcome.OK and again[Outcome.OK] == again.total()
    return f" {again[read.outcome] + 1}/{again.total() + 1}" if again and not is_good else ""


def _by_register(targets: Sequence[Target]) -> Mapping[str, list[Target]]:
    found: dict[str, list[Target]] = {}
    for target in targets:
        found.setdefault(target.register.name, []).append(target)
    return found


def _closed(target: Target, access: Access, closed: Container[Access]) -> Text | None:
    """What stands where a register asks for an access that this machine does not have."""
    return Text("absent", "dim") if access in target.register.accesses and access in closed else None


def _folded(rows: Sequence[Row], access: Access) -> Text:
    good = sum(access in row for row in rows)
    return Text(f"{good} good" if good else "", STYLE[Outcome.OK])
