"""The answers to ``barwatch host`` and ``barwatch tree`` as what rich prints. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree as Drawing

from barwatch_collector.ask.episode_tables import episodes_table, failures_table
from barwatch_collector.ask.tables import BAD, GOOD, QUIET, UNSURE, stream, table
from barwatch_collector.ask.words import DASH, duration, failed, many, moment, not_attempted, safe
from barwatch_collector.questions.host import Host, Readiness
from barwatch_collector.questions.read_matrix import FunctionReads, RegisterReads
from barwatch_collector.questions.readiness import state_in_words
from barwatch_collector.questions.tree import AccessReads, Tree
from barwatch_proto.drawing import draw
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import Access, State

NAMED = 3  # failing registers that a headline names
SKEW_NS = 2_000_000_000  # a smaller difference between two clocks is not worth a word


def host_headline(answer: Host) -> Text:
    """In words: which host, and what fails on it."""
    facts = answer.facts
    model = " ".join(safe(part) for part in (facts.machine_vendor, facts.machine_model) if part)
    name = safe(facts.hostname) + (f", {model}" if model else "")
    if not answer.registers:
        return Text(f"{name}: nothing was read in that time", UNSURE)
    registers = [each for function in answer.functions for each in function.registers]
    failing = [each for each in registers if each.is_failing]
    if not failing:
        return _well(name, registers)
    named = [f"{safe(each.register)} by {each.access.value}" for each in failing[:NAMED]]
    more = f" and {len(failing) - NAMED:,} more" if len(failing) > NAMED else ""
    return Text(f"{name}: {', '.join(named)}{more} {'fails' if len(failing) == 1 else 'fail'}", BAD)


def _well(name: str, registers: Sequence[RegisterReads]) -> Text:
    """The headline of a host on which nothing fails; single reads may have."""
    attempts, failures = sum(each.attempts for each in registers), sum(each.failures for each in registers)
    if not attempts:
        return Text(f"{name}: no register could be attempted", UNSURE)
    if failures:
        return Text(f"{name}: no register fails, though {failures:,} of {attempts:,} reads did", UNSURE)
    return Text(f"{name}: every register that was attempted answers", GOOD)


def host_tables(answer: Host, *, is_plain: bool) -> Iterator[RenderableType]:
    """Everything about a host, each part under its heading; parts that are empty are left out."""
    yield _facts(answer)
    if answer.problem:
        yield Text(safe(answer.problem), BAD)
    read = [function for function in answer.functions if function.registers]
    older = answer.episodes_in_all - len(answer.episodes)
    heading = f"episodes (and {older:,} older ones: barwatch episodes)" if older else "episodes"
    parts = (
        ("ways in", answer.accesses, _accesses(answer.accesses, is_plain=is_plain)),
        ("how the registers answer", read, _matrix_plain(read) if is_plain else _matrix(read)),
        ("why it fails", answer.failures, failures_table(answer.failures, is_plain=is_plain)),
        ("settings", answer.settings, _settings(answer.settings, is_plain=is_plain)),
        (heading, answer.episodes, episodes_table(answer.episodes, answer.span, is_plain=is_plain)),
        ("gaps", answer.gaps, _gaps(answer, is_plain=is_plain)),
        ("snapshots", answer.snapshots, _snapshots(answer, is_plain=is_plain)),
    )
    for heading_of_part, rows, drawn in parts:
        if rows:
            yield Text(f"\n{heading_of_part}", "bold")
            yield drawn


def tree_headline(answer: Tree) -> Text:
    """In words: whose topology, of when, and how many functions fail."""
    failing = sum(any(each.is_failing for each in reads) for reads in answer.reads.values())
    functions = many(len(answer.topology.functions), "function")
    since = f"as it is since {moment(answer.snapshot_from_ns)}"
    said = f"{failing} of {functions} {'fails' if failing == 1 else 'fail'}" if failing else f"{functions}, none fails"
    return Text(f"{safe(answer.hostname)}, {since}: {said}", BAD if failing else GOOD)


def tree_drawing(answer: Tree) -> Drawing:
    """The topology, with what reading each function came to."""
    notes = {key: _note(reads) for key, reads in answer.reads.items()}
    return draw(answer.topology, notes, answer.states, title=answer.hostname)


def _note(reads: Iterable[AccessReads]) -> Text:
    """``kernel ok, user fails 60 of 60``; in the colour of the worst of them."""
    reads = list(reads)
    said = ", ".join(f"{each.access.value} {_came_to(each)}" for each in reads)
    if any(each.is_failing for each in reads):
        return Text(said, BAD)
    is_well = any(each.attempts for each in reads) and not any(each.failures for each in reads)
    return Text(said, GOOD if is_well else UNSURE)


def _came_to(reads: AccessReads) -> str:
    if not reads.attempts:
        return "not attempted"
    if reads.failures:
        return f"{'fails' if reads.is_failing else 'hiccups'} {reads.failures:,} of {reads.attempts:,}"
    return "ok"


def _facts(answer: Host) -> Table:
    facts, now_ns = answer.facts, answer.span.now_ns
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style=QUIET, no_wrap=True)
    grid.add_column()
    grid.add_row("agent", f"{safe(facts.agent_version)} on {safe(facts.system)}, id {facts.agent_id}")
    grid.add_row("stream", stream(facts.is_connected, facts.last_seen_ns, now_ns))
    grid.add_row("known", f"since {moment(facts.first_seen_ns)}, {many(facts.epochs, 'spool')}")
    if facts.hardware_uuid:
        grid.add_row("hardware", safe(facts.hardware_uuid))
    if facts.clock_skew_ns is not None and abs(facts.clock_skew_ns) > SKEW_NS:
        which = "behind" if facts.clock_skew_ns > 0 else "ahead"
        grid.add_row("clock", Text(f"{duration(abs(facts.clock_skew_ns))} {which} of the collector's", UNSURE))
    return grid


def _accesses(rows: Iterable[Readiness], *, is_plain: bool) -> Table:
    made = table("access", "state", "what the host says", is_plain=is_plain)
    for row in rows:
        works = row.state in {State.ON, State.VALUE}
        words = Text(state_in_words(row.access, row.state), GOOD if works else UNSURE)
        made.add_row(row.access.value, words, safe(row.reason or row.value))
    return made


def _matrix(functions: Iterable[FunctionReads]) -> RenderableType:
    """Each function, and below it a row per register with a column per access."""
    head = _grid()
    head.add_row(*(Text(word, f"{QUIET} underline") for word in ("register", *(access.value for access in Access))))
    return Group(Padding(head, (0, 0, 0, 2)), *map(_function, functions))


def _function(function: FunctionReads) -> RenderableType:
    grid = _grid()
    for name, reads in _by_register(function).items():
        grid.add_row(safe(name), *(_field(reads.get(access)) for access in Access))
    return Group(_title(function), Padding(grid, (0, 0, 0, 2)))


def _grid() -> Table:
    """As wide as the terminal, so that the columns of all functions are below each other."""
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(width=20, overflow="fold")
    for _ in Access:
        grid.add_column(ratio=1)
    return grid


def _title(function: FunctionReads) -> Text:
    driver = f"  driver {safe(function.driver)}" if function.driver else ""
    is_bad = any(register.is_failing for register in function.registers)
    ids = f"  {function.ids}" if function.ids else ""
    return Text.assemble((function.address, BAD if is_bad else "cyan"), f"  {function.what}", (ids + driver, QUIET))


def _by_register(function: FunctionReads) -> dict[str, dict[Access, RegisterReads]]:
    rows: dict[str, dict[Access, RegisterReads]] = {}
    for register in function.registers:
        rows.setdefault(register.register, {})[register.access] = register
    return rows


def _field(reads: RegisterReads | None) -> Text:
    """One field of the matrix."""
    if reads is None:
        return Text(DASH, QUIET)
    others = not_attempted(reads.reads)
    if not reads.attempts:
        return Text(others or "not read yet", UNSURE)
    said = failed(reads.attempts, reads.reads) if reads.failures else f"{reads.attempts:,} ok"
    style = BAD if reads.is_failing else UNSURE if reads.failures else GOOD
    return Text(f"{said}, {others}" if others else said, style)


def _matrix_plain(functions: Iterable[FunctionReads]) -> Table:
    made = table("address", "function", "register", "access", "what the reads came to", is_plain=True)
    for function in functions:
        for register in function.registers:
            words = (function.address, function.what, safe(register.register), register.access.value)
            made.add_row(*words, _field(register))
    return made


def _settings(rows: Sequence[Setting], *, is_plain: bool) -> RenderableType:
    """In a pipe every setting is a row; on a terminal those that the platform does not have share a line."""
    made = table("setting", "state", "value", "source", is_plain=is_plain)
    absent = [] if is_plain else [safe(row.name) for row in rows if row.state is State.ABSENT]
    for row in rows:
        if is_plain or row.state is not State.ABSENT:
            style = UNSURE if row.state is State.UNREADABLE else ""
            value = safe(row.value or row.reason)
            made.add_row(safe(row.name), Text(row.state.value, style), value, Text(safe(row.source), QUIET))
    return Group(made, Text(f"absent: {', '.join(absent)}", QUIET)) if absent else made


def _gaps(answer: Host, *, is_plain: bool) -> Table:
    made = table("from", "length", "cause", "lost", "noticed by", "detail", is_plain=is_plain)
    for gap in answer.gaps:
        length = duration(max(0, gap.to_ns - gap.from_ns))
        made.add_row(moment(gap.from_ns), length, safe(gap.cause), f"{gap.lost:,}", gap.origin, safe(gap.detail))
    return made


def _snapshots(answer: Host, *, is_plain: bool) -> Table:
    made = table("from", "until", "snapshot", is_plain=is_plain)
    for snapshot in answer.snapshots:
        until = "now" if snapshot.until_ns is None else moment(snapshot.until_ns)
        made.add_row(moment(snapshot.from_ns), until, safe(snapshot.snapshot_id))
    return made
