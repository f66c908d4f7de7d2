"""Answers about the fleet as what rich prints. Pure: nothing here asks or prints.

Every answer has two forms. For people: grouped, as wide as their terminal. For pipes: one entry per line, complete, no
boxes, so that grep and awk see all of it.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from barwatch_collector.ask.words import (
    DASH,
    bar,
    failed,
    many,
    moment,
    not_attempted,
    rate,
    rough,
    safe,
)
from barwatch_collector.questions.asked import Span
from barwatch_collector.questions.hosts import HostLine, Hosts
from barwatch_collector.questions.readiness import AccessOnHosts, state_in_words
from barwatch_collector.questions.topologies import Topologies
from barwatch_collector.questions.topology_rows import TopologyByAccess
from barwatch_proto.words import State

GOOD, BAD, UNSURE, QUIET = "green", "red", "yellow", "dim"
NUMBERS = {"functions", "episodes", "reads", "hosts", "gaps", "lost"}
LONG_TEXTS = {"host", "model", "register", "why", "what the host says", "value", "source", "detail"}
AT_A_GLANCE = 8  # topologies on one screen
NO_HOST = "no host has reported yet; on a machine of the fleet:  barwatch-agent run --collector HOST:7443"


def table(*headers: str, is_plain: bool) -> Table:
    """An empty table. In a pipe no row breaks; on a terminal only columns of long texts do."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=f"{QUIET} underline")
    for header in headers:
        is_number = header in NUMBERS
        made.add_column(
            header,
            justify="right" if is_number else "left",
            no_wrap=is_plain or header not in LONG_TEXTS,
            overflow="fold",
        )
    return made


def span_line(span: Span) -> Text | None:
    """Which time the answer covers; None when it is all of it."""
    if span.since_ns is None and span.as_of_ns is None:
        return None
    since = "the beginning" if span.counts_from_ns is None else moment(span.counts_from_ns)
    until = "now" if span.as_of_ns is None else moment(span.counts_until_ns)
    return Text(f"reads from {since} to {until}; counters are kept by the full hour", QUIET)


def topologies_headline(answer: Topologies) -> Text:
    """In words: how many topologies fail, and the worst."""
    if not answer.hosts:
        return Text(NO_HOST, UNSURE)
    if not answer.rows:
        known = many(answer.hosts, "host is known", "hosts are known")
        return Text(f"{known}, and nothing was read in that time: barwatch coverage says who did not answer", UNSURE)
    worst = next((row for row in answer.rows if row.failing_hosts), None)
    worst = max((row for row in answer.rows if worst and row.topology == worst.topology), key=_badness, default=None)
    if worst is None:
        return Text(f"none of {many(answer.topologies, 'topology', 'topologies')} fails", GOOD)
    return Text(
        f"{answer.failing_topologies} of {many(answer.topologies, 'topology', 'topologies')}"
        f" {'fails' if answer.failing_topologies == 1 else 'fail'}; the worst: {safe(worst.route)},"
        f" by {worst.access.value} access on {worst.failing_hosts} of {many(worst.attempting_hosts, 'host')}"
        + (f": mostly {worst.main_failure.failure.value}" if worst.main_failure else ""),
        BAD,
    )


def _badness(row: TopologyByAccess) -> float:
    return row.interval.low if row.failing_hosts and row.interval else -1.0


def worth_a_look(rows: Sequence[TopologyByAccess]) -> Sequence[TopologyByAccess]:
    """The rows of all topologies that fail, and of as many others as are read at a glance."""
    failing = {row.topology for row in rows if row.failing_hosts}
    others = [name for name in dict.fromkeys(row.topology for row in rows) if name not in failing]
    shown = failing.union(others[: max(0, AT_A_GLANCE - len(failing))])
    return [row for row in rows if row.topology in shown]


def rest_line(rows: Sequence[TopologyByAccess], shown: Sequence[TopologyByAccess]) -> Text | None:
    """How many topologies are left out; None when none is."""
    left_out = len({row.topology for row in rows}) - len({row.topology for row in shown})
    if not left_out:
        return None
    return Text(f"and {many(left_out, 'topology', 'topologies')} more, none of which fails: --all lists them", QUIET)


def topologies_table(rows: Sequence[TopologyByAccess], *, is_plain: bool) -> RenderableType:
    """Rows of a topology below its route; in a pipe, the route at the end of every row."""
    if is_plain:
        return _topologies_plain(rows)
    groups: list[RenderableType] = []
    width = max((len(_rate(row)) for row in rows), default=0)  # of all topologies, so that they align
    for _, grouped in groupby(rows, key=lambda row: row.topology):
        groups += _topology(list(grouped), width)
    return Group(*groups)


def _topology(rows: list[TopologyByAccess], width: int) -> Iterable[RenderableType]:
    fails = any(row.failing_hosts for row in rows)
    yield Text.assemble((rows[0].topology, QUIET), "  ", (safe(rows[0].route), f"bold {BAD}" if fails else "bold"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=6)
    grid.add_column(width=width)
    grid.add_column(width=10)
    grid.add_column(ratio=1)
    for row in rows:
        share = row.rate
        style = UNSURE if share is None else BAD if row.failing_hosts else GOOD
        bars = Text(bar(share), style) if share is not None else Text()
        grid.add_row(row.access.value, Text(_rate(row), style), bars, _reads(row))
    yield Padding(grid, (0, 0, 1, 2))


def _rate(row: TopologyByAccess) -> str:
    return rate(row.rate, row.interval, row.failing_hosts, row.attempting_hosts)


def _reads(row: TopologyByAccess) -> Text:
    """What the reads of a row came to."""
    if row.no_attempts_because is not None:
        return Text(f"{row.no_attempts_because} ({many(row.hosts, 'host')})", UNSURE)
    said = [failed(row.attempts, row.reads) if row.failures else f"{row.attempts:,} ok"]
    if others := not_attempted(row.reads):
        said.append(others)
    if row.worst_register:
        said.append(f"worst {safe(row.worst_register)}")
    if row.main_failure:
        said.append(f"mostly {row.main_failure.failure.value} ({many(row.main_failure.hosts, 'host')})")
    if row.open_episodes:
        said.append(many(row.open_episodes, "open episode"))
    return Text("; ".join(said))


def _topologies_plain(rows: Iterable[TopologyByAccess]) -> Table:
    made = table("topology", "access", "rate", "what the reads came to", "route", is_plain=True)
    for row in rows:
        made.add_row(row.topology, row.access.value, _rate(row), _reads(row), safe(row.route))
    return made


def accesses_line(accesses: Iterable[AccessOnHosts]) -> Text | None:
    """Which ways in do not work, and on how many hosts; None when all do."""
    broken = [each for each in accesses if each.state not in {State.ON, State.VALUE}]
    if not broken:
        return None
    said = (
        f"{each.access.value} {state_in_words(each.access, each.state)} on {many(each.hosts, 'host')}"
        for each in broken
    )
    return Text(f"ways in that do not work: {', '.join(said)}", UNSURE)


HOST_HEADERS = ("host", "stream", "fails", "episodes", "functions", "model", "agent", "snapshot", "system", "agent id")


def hosts_headline(answer: Hosts) -> Text:
    """In words: how many hosts there are, how many are connected, how many have something that fails."""
    if not answer.hosts:
        return Text(NO_HOST, UNSURE)
    connected = "" if answer.connected is None else f", {answer.connected:,} connected"
    failing = f"{answer.failing:,} with a function that fails" if answer.failing else "none with a function that fails"
    return Text(f"{many(answer.hosts, 'host')}{connected}, {failing}", BAD if answer.failing else GOOD)


def hosts_table(answer: Hosts, *, is_plain: bool) -> Table:
    """One host per row; system and agent id only in pipes, where there is room without end."""
    headers = HOST_HEADERS if is_plain else HOST_HEADERS[:-2]
    made = table(*headers, is_plain=is_plain)
    for row in answer.rows:
        cells: list[str | Text] = [
            safe(row.hostname),
            stream(row.is_connected, row.last_seen_ns, answer.span.now_ns),
            fails(row),
            str(row.open_episodes),
            str(row.functions),
            safe(row.machine_model),
            safe(row.agent_version),
            DASH if row.snapshot_from_ns is None else rough(answer.span.now_ns - row.snapshot_from_ns),
            safe(row.system),
            row.agent_id,
        ]
        made.add_row(*cells[: len(made.columns)])
    return made


def stream(is_connected: bool | None, last_seen_ns: int, now_ns: int) -> Text:  # noqa: FBT001 it has three values
    """Whether a host is heard, or since when it is not."""
    if is_connected:
        return Text("connected", GOOD)
    seen = rough(max(0, now_ns - last_seen_ns))
    return Text(f"seen {seen} ago") if is_connected is None else Text(f"silent {seen}", UNSURE)


def fails(row: HostLine) -> Text:
    """How many of a host's cells fail."""
    if not row.cells:
        return Text("no reads", UNSURE)
    return Text(f"{row.failing_cells}/{row.cells}", BAD if row.failing_cells else GOOD)
