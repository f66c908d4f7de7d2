"""What one look found, as a screen for people and as JSON for programs."""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from barwatch_agent.probe import Look
from barwatch_agent.reads import Read, Target
from barwatch_proto.drawing import draw, printable
from barwatch_proto.plain import to_plain
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import Access, Outcome, State

STYLE = {
    Outcome.OK: "green",
    Outcome.ALL_ONES: "bold red",
    Outcome.MISMATCH: "bold red",
    Outcome.FAULT: "bold red",
    Outcome.DENIED: "yellow",
    Outcome.UNREACHABLE: "yellow",
}
FOLD_FROM = 4  # so many functions with the same good register become one row
MAX_REASONS = 12


def show(found: Look, console: Console) -> None:
    """Headline, tree, read matrix, settings, and what could not be read and why."""
    facts = found.snapshot.host
    console.print(draw(found.snapshot.topology, notes(found), found.snapshot.states, facts.hostname))
    console.print(Group("", matrix(found), "", settings_table(found.snapshot.settings), "", *_unread(found)))
    console.print(_headline(found), style="bold")


def notes(found: Look) -> Mapping[str, Text]:
    """For each function how its reads went, for the tree."""
    by_function: dict[str, list[Read]] = {}
    for read in found.reads:
        by_function.setdefault(read.target.function.key, []).append(read)
    return {key: _note(reads) for key, reads in by_function.items()}


def matrix(found: Look) -> Table:
    """Registers by accesses; registers that are good on many functions share a row."""
    table = Table(title="Reads", title_justify="left", box=None, pad_edge=False)
    for column in ("register", "function", *(access.value for access in Access)):
        table.add_column(column, overflow="fold")
    by_target, closed = found.by_target(), found.closed_ways_in()
    for name, targets in _by_register(found.targets).items():
        rows = [by_target.get((target.function.key, name), {}) for target in targets]
        if len(targets) >= FOLD_FROM and all(r.outcome is Outcome.OK for row in rows for r in row.values()):
            wanted = targets[0].register.accesses
            folded = (_closed(wanted, access, closed) or _folded(rows, access) for access in Access)
            table.add_row(name, f"{len(targets)} functions", *folded)
            continue
        for target, row in zip(targets, rows, strict=True):
            wanted = target.register.accesses
            cells = (_closed(wanted, access, closed) or _cell(target, row.get(access)) for access in Access)
            table.add_row(name, str(target.function.address), *cells)
    return table


def settings_table(settings: Sequence[Setting]) -> Table:
    """Settings that say something; absent ones are named in one line at the end."""
    table = Table(title="Settings", title_justify="left", box=None, pad_edge=False, show_header=False)
    for setting in settings:
        if setting.state is not State.ABSENT:
            style = {State.ON: "green", State.UNREADABLE: "yellow"}.get(setting.state, "")
            table.add_row(setting.name, Text(printable(_in_words(setting)), style))
    absent = ", ".join(setting.name for setting in settings if setting.state is State.ABSENT)
    if absent:
        table.add_row("absent", Text(absent, "dim"))
    return table


def as_json(found: Look) -> dict[str, Any]:
    """The same for programs: enums as words, addresses and register values as text, the rest as it is."""
    snapshot = to_plain(found.snapshot)
    document: dict[str, Any] = {"format": 1, "snapshot_id": snapshot.pop("id"), **snapshot}
    fingerprints = found.fingerprints()
    for function, plain in zip(found.snapshot.topology.functions, document["topology"]["functions"], strict=True):
        plain["topology_fingerprint"] = fingerprints[function.address]
    document["reads"] = [
        {
            "register": read.target.register.name,
            "function": str(read.target.function.address),
            "function_key": read.target.function.key,
            "bar": read.target.bar,
            "offset": read.target.offset,
            "width": read.target.width,
            "access": read.access.value,
            "outcome": read.outcome.value,
            "value": None if read.value is None else f"{read.value:#0{2 + 2 * read.target.width}x}",
            "reason": read.reason,
        }
        for read in found.reads
    ]
    document["unread"] = [{"reason": reason, "where": list(where)} for reason, where in found.unread().items()]
    return document


def _headline(found: Look) -> Text:
    """The answer in one sentence."""
    failed = [read for read in found.reads if read.outcome.is_failure]
    attempts = sum(read.outcome.is_attempt for read in found.reads)
    if failed:
        functions = {str(read.target.function.address) for read in failed}
        return Text(f"{len(failed)} of {attempts} reads failed, on {', '.join(sorted(functions))}.", "bold red")
    if not attempts:
        return Text("No register could be read; the reasons are above.", "yellow")
    left = len(found.reads) - attempts
    rest = f"; {left} more could not be attempted, the reasons are above" if left else ""
    return Text(f"All {attempts} reads are good{rest}.", "green")


def _note(reads: Sequence[Read]) -> Text:
    bad = [read for read in reads if read.outcome is not Outcome.OK]
    if not bad:
        return Text(f"{len(reads)} good", STYLE[Outcome.OK])
    worst = min(bad, key=lambda read: not read.outcome.is_failure)
    words = sorted({f"{read.access.value} {read.outcome.value.replace('_', ' ')}" for read in bad})
    return Text(", ".join(words), STYLE[worst.outcome])


def _by_register(targets: Sequence[Target]) -> Mapping[str, list[Target]]:
    found: dict[str, list[Target]] = {}
    for target in targets:
        found.setdefault(target.register.name, []).append(target)
    return found


def _closed(wanted: Sequence[Access], access: Access, closed: Container[Access]) -> Text | None:
    """What stands where a register asks for an access that this machine does not have."""
    return Text("absent", "dim") if access in wanted and access in closed else None


def _cell(target: Target, read: Read | None) -> Text:
    if read is None:
        return Text("")
    if read.value is None or read.outcome is Outcome.ALL_ONES:
        return Text(read.outcome.value.replace("_", " "), STYLE[read.outcome])
    return Text(f"{read.value:#0{2 + 2 * target.width}x}", STYLE[read.outcome])


def _folded(rows: Sequence[Mapping[Access, Read]], access: Access) -> Text:
    good = sum(access in row for row in rows)
    return Text(f"{good} good" if good else "", STYLE[Outcome.OK])


def _in_words(setting: Setting) -> str:
    if setting.state is State.UNREADABLE:
        return f"unreadable: {setting.reason}"
    return setting.value or setting.state.value


def _unread(found: Look) -> Iterator[RenderableType]:
    reasons = found.unread()
    if not reasons:
        return
    yield Text("Not read, and why", "italic")
    for reason, where in list(reasons.items())[:MAX_REASONS]:
        places = list(dict.fromkeys(where))
        place = places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1} more"
        yield Text(f"  {place}: {printable(reason)}", "dim")
    if len(reasons) > MAX_REASONS:
        yield Text(f"  and {len(reasons) - MAX_REASONS} more: --json has them all", "dim")
    yield ""
