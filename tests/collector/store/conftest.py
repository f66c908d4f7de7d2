"""An agent's side of the store: Hello, then batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Table, select

from barwatch_collector.arrivals import Arrival, Lane, Opening, Settled
from barwatch_collector.store import SqlStore
from barwatch_proto.telemetry import Batch, Hello


@dataclass(frozen=True)
class Line:
    """One agent's line to a store."""

    store: SqlStore
    lane: Lane
    acknowledged: int
    now_ns: int

    def commit(self, *batches: Batch) -> Sequence[Settled]:
        return self.store.commit([self.arrival(batch) for batch in batches])

    def arrival(self, batch: Batch) -> Arrival:
        return Arrival(self.lane, batch, self.now_ns)

    def at(self, now_ns: int) -> "Line":
        return replace(self, now_ns=now_ns)

    def rows(self, table: Table, *columns: str) -> list[Any]:
        query = select(*(table.c[name] for name in columns)).order_by(*table.primary_key.columns)
        with self.store.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]


@pytest.fixture
def line(store: SqlStore) -> Callable[..., Line]:
    """Says Hello to the store, or to another one."""

    def say(hello: Hello, to: SqlStore = store, now_ns: int = 1_800_000_000_000_000_500) -> Line:
        (opened,) = to.open([Opening(hello, now_ns)])
        return Line(to, opened.lane, opened.acknowledged, now_ns)

    return say
