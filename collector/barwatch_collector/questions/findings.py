"""What was found when: each time that something else explained the failures of a class."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from barwatch_collector.questions.asked import Asked, Span, span_of
from barwatch_collector.store.schema import finding


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding; it held until the next one of its class."""

    failure: str  # FailureClass, or "any" for all together
    found_at_ns: int
    failing_hosts: int
    level: str | None  # how sure; None: nothing is explained
    sentence: str
    engine: str
    input_hash: str  # the same input gives the same finding


@dataclass(frozen=True, slots=True)
class Findings:
    """The answer: the latest first."""

    span: Span
    total: int
    rows: tuple[FindingRow, ...]


def findings(connection: Connection, asked: Asked, limit: int) -> Findings:
    """All findings of the span."""
    table = finding.c
    since = [] if asked.since_ns is None else [table.found_at_ns >= asked.since_ns]
    where = (table.found_at_ns <= asked.until_ns, *since)
    columns = [table[name] for name in FindingRow.__dataclass_fields__]
    query = select(*columns).where(*where).order_by(table.found_at_ns.desc(), table.failure).limit(limit)
    total = connection.scalar(select(func.count()).select_from(finding).where(*where))
    return Findings(span_of(asked), total or 0, tuple(FindingRow(*row) for row in connection.execute(query)))


def kept_document(connection: Connection, failure: str, engine: str, input_hash: str) -> str | None:
    """The report, as JSON, that this version of the engine made of that input; None where there is none."""
    table = finding.c
    same = (table.failure == failure, table.engine == engine, table.input_hash == input_hash)
    query = select(table.document).where(*same).order_by(table.found_at_ns.desc()).limit(1)
    return connection.scalar(query)
