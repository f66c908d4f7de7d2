"""What the correlator reads and writes: whether anything changed, what was found last, and what is found now."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Engine, func, select

from barwatch_collector.store.database import translated, writing
from barwatch_collector.store.schema import finding, verdict
from barwatch_collector.store.statements import INSERT

Pulse = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What explains the failures of one class, as the table has it."""

    failure: str  # FailureClass, or "any"
    found_at_ns: int
    engine: str
    input_hash: str
    failing_hosts: int
    level: str | None  # None: nothing is explained
    sentence: str
    document: str


class FindingStore:
    """Findings in SQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pulse(self) -> Pulse:
        """Changes whenever a verdict is made: for each version of the table how many there are, and the latest.

        Raises:
            StoreUnavailable: later perhaps.
        """
        version = verdict.c.table_version
        query = (
            select(version, func.count(), func.max(verdict.c.opened_at_ns))
            .where(version.is_not(None))
            .group_by(version)
            .order_by(version)
        )
        with translated("verdicts cannot be counted"), self._engine.connect() as connection:
            return tuple((row[0], row[1], row[2]) for row in connection.execute(query))

    def keep(self, found: Sequence[Finding]) -> list[Finding]:
        """Writes those that say something else than the last of their class; gives these.

        Raises:
            StoreUnavailable: nothing was written; later perhaps.
        """
        with writing(self._engine, "findings cannot be stored") as connection:
            known = _latest(connection)
            new = [each for each in found if known.get(each.failure) != (each.engine, each.input_hash)]
            if new:
                insert = INSERT[self._engine.dialect.name](finding).on_conflict_do_nothing()
                connection.execute(insert, [asdict(each) for each in new])
        return new


def _latest(connection: Connection) -> Mapping[str, tuple[str, str]]:
    """By class, the engine and the input of the last finding."""
    rows = connection.execute(
        select(finding.c.failure, finding.c.engine, finding.c.input_hash).order_by(finding.c.found_at_ns)
    )
    return {row.failure: (row.engine, row.input_hash) for row in rows}
