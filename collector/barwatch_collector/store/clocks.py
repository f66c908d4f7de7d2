"""What we believe of the clocks of agents: neither the future nor, for counters, the way back."""

from sqlalchemy import Connection, func, select

from barwatch_collector.arrivals import Lane
from barwatch_collector.store.schema import HOUR_NS, series_hour

AHEAD_NS = 300_000_000_000  # five minutes: two clocks may differ by so much and both be fine


def believed(at_ns: int, received_at_ns: int) -> int:
    """A time of an agent's clock; ours where it lies ahead by too much.

    Times long ago are believed: a spool may drain after days without a network.
    """
    return at_ns if at_ns <= received_at_ns + AHEAD_NS else received_at_ns


class CountedUntil:
    """Up to which time the counters of each lane were filed.

    Counters are cumulative: filed before what was filed already, the latest would count for an hour long past, and
    every question about the time since then would be answered wrong.

    Must be told to forget when a transaction in which it advanced is rolled back.
    """

    def __init__(self) -> None:
        self._until: dict[Lane, int] = {}

    def __len__(self) -> int:
        """How many lanes are remembered."""
        return len(self._until)

    def advance(self, connection: Connection, lane: Lane, at_ns: int) -> int:
        """When to file counters of that time: then, or with the latest that the lane has filed."""
        until = self._until.get(lane)
        if until is None:
            until = _read(connection, lane)
        self._until[lane] = max(until, at_ns)
        return self._until[lane]

    def forget(self) -> None:
        """The next of each lane reads the database again."""
        self._until.clear()

    def forget_lane(self, lane: Lane) -> None:
        """The next of this lane reads the database again."""
        self._until.pop(lane, None)


def _read(connection: Connection, lane: Lane) -> int:
    """The beginning of the latest hour of a lane: one look into the key of the hours."""
    query = select(func.max(series_hour.c.hour)).where(
        series_hour.c.host_id == lane.host_id, series_hour.c.epoch == lane.epoch
    )
    return (connection.scalar(query) or 0) * HOUR_NS
