"""The topology of one host as it was, with what reading its functions came to."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select

from barwatch_collector.questions.asked import Asked, QuestionError, Span, span_of
from barwatch_collector.questions.naming import NamedHost, find_host
from barwatch_collector.questions.read_matrix import FunctionReads, function_reads
from barwatch_collector.questions.snapshots import Held, held_snapshot
from barwatch_collector.store import schema
from barwatch_proto.topology import FunctionState, Topology
from barwatch_proto.words import Access


@dataclass(frozen=True, slots=True)
class AccessReads:
    """How one function answers to one way in."""

    access: Access
    attempts: int
    failures: int
    is_failing: bool
    others: int  # denied, unreachable or skipped: no attempts


@dataclass(frozen=True, slots=True)
class Tree:
    """The answer: the topology, and by function key how each function answers."""

    span: Span
    hostname: str
    agent_id: str
    snapshot_id: str
    snapshot_from_ns: int
    topology: Topology
    states: tuple[FunctionState, ...]  # the latest of each function by then
    reads: Mapping[str, tuple[AccessReads, ...]]


class NoSnapshot(QuestionError):
    """The host had not told its topology by then, or what it told cannot be decoded."""


def tree(connection: Connection, asked: Asked, name: str) -> Tree:
    """The topology of a host at the end of the span.

    Raises:
        QuestionError: no such host, several, or nothing is known of its topology at that time.
    """
    named = find_host(connection, name)
    held = held_snapshot(connection, named.id, asked)
    if held is None or held.snapshot is None:
        raise _no_snapshot(named, held)
    functions = function_reads(connection, named.id, asked, held)
    return Tree(
        span=span_of(asked),
        hostname=named.hostname,
        agent_id=named.agent_id,
        snapshot_id=held.snapshot_id,
        snapshot_from_ns=held.from_ns,
        topology=held.snapshot.topology,
        states=_states(connection, named.id, asked) or held.snapshot.states,
        reads={each.function_key: _by_access(each) for each in functions if each.is_present and each.registers},
    )


def _no_snapshot(named: NamedHost, held: Held | None) -> NoSnapshot:
    if held is not None:
        return NoSnapshot(
            held.problem or "", "the host's agent and this collector are of different versions: update both"
        )
    what = f"{named.hostname} had not sent its topology by then"
    return NoSnapshot(what, f"barwatch host {named.hostname} shows since when the host is known; ask for a later time")


def _by_access(function: FunctionReads) -> tuple[AccessReads, ...]:
    return tuple(
        AccessReads(
            access=access,
            attempts=sum(each.attempts for each in registers),
            failures=sum(each.failures for each in registers),
            is_failing=any(each.is_failing for each in registers),
            others=sum(each.reads.denied + each.reads.unreachable + each.reads.skipped for each in registers),
        )
        for access in Access
        if (registers := [each for each in function.registers if each.access is access])
    )


def _states(connection: Connection, host_id: int, asked: Asked) -> tuple[FunctionState, ...]:
    state = schema.function_state
    until = [] if asked.as_of_ns is None else [state.c.taken_at_ns <= asked.as_of_ns]
    latest = (
        select(state.c.function_key, func.max(state.c.taken_at_ns).label("taken_at_ns"))
        .where(state.c.host_id == host_id, *until)
        .group_by(state.c.function_key)
        .subquery("latest")
    )
    on = and_(state.c.function_key == latest.c.function_key, state.c.taken_at_ns == latest.c.taken_at_ns)
    rows = connection.execute(select(state).join(latest, on).where(state.c.host_id == host_id)).mappings()
    return tuple(FunctionState(key=row["function_key"], **{name: row[name] for name in STATE_COLUMNS}) for row in rows)


STATE_COLUMNS = tuple(column.name for column in schema.function_state.c)[2:]  # after host_id and function_key
