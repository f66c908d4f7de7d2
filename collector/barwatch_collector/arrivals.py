"""What arrives from agents on its way to the store, and what becomes of it."""

from dataclasses import dataclass
from enum import Enum

from barwatch_proto.telemetry import Batch, Hello


@dataclass(frozen=True, slots=True)
class Lane:
    """Where one spool of one agent writes: batches of a lane are stored in the order of their sequence."""

    host_id: int
    epoch: int  # number of the epoch, per host


@dataclass(frozen=True, slots=True)
class Opening:
    """A Hello, with the time at which it came."""

    hello: Hello
    received_at_ns: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The lane of a Hello, and how far it got."""

    lane: Lane
    acknowledged: int  # last committed sequence; 0: none


@dataclass(frozen=True, slots=True)
class Arrival:
    """A checked batch of a lane, with the time at which it came."""

    lane: Lane
    batch: Batch
    received_at_ns: int


class Result(Enum):
    """What became of a batch; a label of ``barwatch_collector_batches_total``."""

    COMMITTED = "committed"
    DUPLICATE = "duplicate"  # committed before: acknowledged again, nothing changed
    REFUSED = "refused"  # can never be stored
    DEFERRED = "deferred"  # not now; nothing was stored


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one batch."""

    result: Result
    reason: str | None = None  # of a refusal or a deferral
    begins_epoch: bool = False  # of a refusal: what the batch builds on is missing here
