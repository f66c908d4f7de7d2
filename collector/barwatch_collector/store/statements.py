"""The statements that write, each for many rows, and safe to repeat: nothing is counted twice, no counter goes back."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Executable,
    Integer,
    String,
    Table,
    bindparam,
    func,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from barwatch_collector.store import schema

# The dialects agree on everything but the class of an insert and the name of the larger of two numbers.
INSERT: Mapping[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
LARGER: Mapping[str, Callable[..., Any]] = {"sqlite": func.max, "postgresql": func.greatest}
NO_VERDICT = dict.fromkeys(("table_version", "failure", "confidence", "repetition", "document"), null())


def statements(dialect: str) -> Mapping[str, Executable]:
    """What writes the rows of ``rows.py``, by name, in the order that foreign keys allow; counters come after."""
    insert, larger = INSERT[dialect], LARGER[dialect]
    once = {
        table.name: insert(table).on_conflict_do_nothing()
        for table in (schema.function, schema.setting, schema.function_state, schema.gap, schema.raw_block)
    }
    return {
        "snapshot": insert(schema.snapshot).on_conflict_do_nothing(),
        "validity": _validity(insert, larger),
        "function": once["function"],
        "setting": once["setting"],
        "function_state": once["function_state"],
        "series": insert(schema.series).on_conflict_do_nothing(),
        "episode": _episode(insert, larger),
        "verdict": insert(schema.verdict).on_conflict_do_nothing(),  # which locks no row that the judge may be writing
        "verdict_by_evidence": _verdict_by_evidence(insert),
        "gap": once["gap"],
        "raw_block": once["raw_block"],
        "progress": update(schema.epoch)
        .where(schema.epoch.c.host_id == bindparam("host"), schema.epoch.c.number == bindparam("lane_epoch"))
        .values(sequence=bindparam("committed")),
        "seen": update(schema.host).where(schema.host.c.id == bindparam("host")).values(last_seen_ns=bindparam("at")),
    }


def opened_host(dialect: str) -> Executable:
    """Enters a host or what its Hello says anew; returns its number."""
    statement = INSERT[dialect](schema.host)
    changes = {
        column.name: statement.excluded[column.name]
        for column in schema.host.c
        if column.name not in {"id", "agent_id", "first_seen_ns"}
    }
    return statement.on_conflict_do_update(index_elements=["agent_id"], set_=changes).returning(  # type: ignore[no-any-return]
        schema.host.c.id
    )


def ended_epochs(dialect: str) -> Executable:
    """Closes what is open in the epochs of a host before a new one: nobody is left who could tell how it went on."""
    table, now_ns = schema.episode, bindparam("now_ns", type_=BigInteger())
    before = table.c.epoch < bindparam("new_epoch", type_=Integer())
    return (
        update(table)
        .where(table.c.host_id == bindparam("host", type_=Integer()), before, table.c.closed_at_ns.is_(None))
        .values(closed_at_ns=LARGER[dialect](table.c.last_at_ns, now_ns))
    )


def _validity(insert: Callable[[Table], Any], larger: Callable[..., Any]) -> Executable:
    """A snapshot that comes later holds later, whatever the agent's clock says; one that holds goes on holding."""
    table = schema.validity
    host, held = bindparam("host", type_=Integer()), bindparam("held", type_=String())
    since: BindParameter[int] = bindparam("since", type_=BigInteger())
    newest = select(table).where(table.c.host_id == host).order_by(table.c.from_ns.desc()).limit(1).subquery()
    after = func.coalesce(select(newest.c.from_ns + 1).scalar_subquery(), 0)
    holds = func.coalesce(select(newest.c.snapshot_id).scalar_subquery(), "") == held
    source = select(host, larger(since, after), held).where(~holds)
    statement = insert(table).from_select(["host_id", "from_ns", "snapshot_id"], source)
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["host_id", "from_ns"], set_={"snapshot_id": statement.excluded.snapshot_id}
    )


def _episode(insert: Callable[[Table], Any], larger: Callable[..., Any]) -> Executable:
    table = schema.episode
    statement = insert(table)
    new = statement.excluded
    changes = {
        "reads": larger(table.c.reads, new.reads),
        "last_at_ns": larger(table.c.last_at_ns, new.last_at_ns),
        "closed_at_ns": func.coalesce(new.closed_at_ns, table.c.closed_at_ns),
        "evidence": func.coalesce(table.c.evidence, new.evidence),
    }
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changes)  # type: ignore[no-any-return]


def _verdict_by_evidence(insert: Callable[[Table], Any]) -> Executable:
    """Asks for a verdict on an episode with evidence; anew where the episode came without it before."""
    table = schema.verdict
    statement = insert(table)
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=list(table.primary_key.columns),
        set_=NO_VERDICT | {"evidence_of": statement.excluded.evidence_of},
        where=table.c.evidence_of.is_(None),
    )
