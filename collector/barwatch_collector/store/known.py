"""Which series the database knows, remembered: every counter, episode and block must name one of them."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from barwatch_collector.arrivals import Lane
from barwatch_collector.store.ranges import Range, Ranges, first_outside, merged, of_numbers
from barwatch_collector.store.schema import series
from barwatch_proto.telemetry import Batch


class KnownSeries:
    """The series of each lane. Series are never removed, so what is remembered stays true.

    Must be told to forget when a transaction in which it learned is rolled back.
    """

    def __init__(self) -> None:
        self._ranges: dict[Lane, Ranges] = {}

    def __len__(self) -> int:
        """How many lanes are remembered."""
        return len(self._ranges)

    def first_unknown(self, connection: Connection, lane: Lane, batch: Batch) -> int | None:
        """A series that the batch uses and that neither it nor the database defines; None: there is none."""
        own = of_numbers(item.id for item in batch.series)
        known = merged((*self._of(connection, lane), *own))
        if _first_outside_all(known, batch) is None:
            return None
        self._ranges[lane] = merged((*self._ranges[lane], *_read(connection, lane)))  # another collector may have it
        return _first_outside_all(merged((*self._ranges[lane], *own)), batch)

    def learn(self, connection: Connection, lane: Lane, batch: Batch) -> None:
        """Remembers the series that the batch defines and that are being written now."""
        if batch.series:
            own = of_numbers(item.id for item in batch.series)
            self._ranges[lane] = merged((*self._of(connection, lane), *own))

    def forget(self) -> None:
        """The next question reads the database again."""
        self._ranges.clear()

    def _of(self, connection: Connection, lane: Lane) -> Ranges:
        if lane not in self._ranges:
            self._ranges[lane] = _read(connection, lane)
        return self._ranges[lane]


def _read(connection: Connection, lane: Lane) -> Ranges:
    query = select(series.c.series_id).where(series.c.host_id == lane.host_id, series.c.epoch == lane.epoch)
    return of_numbers(connection.scalars(query))


def _first_outside_all(known: Ranges, batch: Batch) -> int | None:
    for first, last in _used(batch):
        if (unknown := first_outside(known, first, last)) is not None:
            return unknown
    return None


def _used(batch: Batch) -> Iterable[Range]:
    for run in batch.counters:
        yield run.first_series, run.first_series + run.length - 1
    for episode in batch.episodes:
        yield episode.series, episode.series
    for block in batch.blocks:
        yield block.series, block.series
