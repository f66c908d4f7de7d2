"""Hosts of 200 series in a store, and the batches that they send: quiet ones and busy ones."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from barwatch_collector.arrivals import Arrival, Lane, Opening, Result
from barwatch_collector.checks import batch_objection
from barwatch_collector.store import SqlStore
from barwatch_collector.writer import GROUP_ITEMS
from barwatch_proto import codec
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import HostFacts, Snapshot
from barwatch_proto.telemetry import PROTOCOL_VERSION, Batch, CounterRun, Counts, Hello, Series
from barwatch_proto.topology import Function, Topology
from barwatch_proto.words import Access

SERIES = 200
PERIOD_S = 10  # between the batches of a host
READS = 10  # that one update of a series stands for: one each second
NOW_NS = 1_800_000_000_000_000_000  # the beginning of an hour
DAY = 86_400  # reads of a series: counts of a usual length
FUNCTION = Function(Address(0, 1, 0, 0), None, "0123456789abcdef", 0x10DE, 0x1B80, 0x030000)

T = TypeVar("T")


class Shape(Enum):
    """How the counters of a host look."""

    QUIET = "quiet"  # all series stand equal: one run
    BUSY = "busy"  # each series stands elsewhere: a run of its own


def counters(shape: Shape, sequence: int) -> Batch:
    """The batch of that sequence: ten more reads of every series."""
    reads = DAY + READS * sequence
    runs = (
        (CounterRun(1, SERIES, Counts(ok=reads)),)
        if shape is Shape.QUIET
        else tuple(CounterRun(1 + n, 1, Counts(ok=reads - n, all_ones=n)) for n in range(SERIES))
    )
    return Batch(sequence, NOW_NS + sequence * PERIOD_S * 1_000_000_000, counters=runs)


@dataclass(slots=True)
class Fleet:
    """Hosts that all send the same; the store cannot tell."""

    store: SqlStore
    lanes: Sequence[Lane]
    sequence: int = 1  # of the next batch

    def commit(self, wire: bytes) -> None:
        """One batch of each host, from its bytes to the disk, in groups as large as the writer's."""
        for lanes in groups(self.lanes):
            settled = self.store.commit([Arrival(lane, _taken(wire), NOW_NS) for lane in lanes])
            if {item.result for item in settled} != {Result.COMMITTED}:
                msg = f"batch {self.sequence} of {len(lanes)} hosts: {settled[0]}"
                raise RuntimeError(msg)
        self.sequence += 1


def new_fleet(store: SqlStore, hosts: int) -> Fleet:
    """Hosts with a snapshot, their series, and a first set of counters in the hour."""
    openings = [_opening() for _ in range(hosts)]
    fleet = Fleet(store, [opened.lane for group in groups(openings) for opened in store.open(group)])
    fleet.commit(codec.encode(_introduction()))
    fleet.commit(codec.encode(counters(Shape.QUIET, fleet.sequence)))
    return fleet


def groups(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in groups as large as the writer's."""
    return (items[first : first + GROUP_ITEMS] for first in range(0, len(items), GROUP_ITEMS))


def _taken(wire: bytes) -> Batch:
    """What the service makes of the bytes, and the checks before the store."""
    batch = codec.decode(Batch, wire)
    if reason := batch_objection(batch):
        raise RuntimeError(reason)
    return batch


def _opening() -> Opening:
    ids = [str(uuid.uuid4()) for _ in range(3)]
    return Opening(Hello(PROTOCOL_VERSION, *ids, "bench", "0.1.0", "linux", NOW_NS), NOW_NS)


def _introduction() -> Batch:
    snapshot = Snapshot(NOW_NS, HostFacts("bench", "linux"), Topology((FUNCTION,)), ())
    place = (snapshot.id, FUNCTION.key, FUNCTION.address, "fedcba9876543210")
    series = tuple(
        Series(1 + n, *place, f"register {n}", Access.KERNEL, 0, 4 * n, 4, is_canary=True) for n in range(SERIES)
    )
    return Batch(1, NOW_NS, snapshots=(snapshot,), series=series)
