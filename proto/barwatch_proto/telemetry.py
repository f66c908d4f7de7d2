"""What an agent tells a collector: series and their counters, episodes with evidence, gaps, raw values.

Everything here is idempotent: counters are cumulative, episodes, gaps and blocks are named by their agent. A batch that
arrives twice changes nothing.
"""

from dataclasses import dataclass, field

from barwatch_proto.pci import Address
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.topology import Bar, FunctionState
from barwatch_proto.words import Access, Outcome

PROTOCOL_VERSION = 1


@dataclass(frozen=True, slots=True)
class Series:
    """The unit that counts reads: one register of one function by one access under one snapshot."""

    id: int  # from 1, handed out by the agent in the order of the plan; never reused within an epoch
    snapshot_id: str
    function_key: str
    address: Address  # where the function was under that snapshot
    topology: str  # fingerprint of the route
    register: str  # the register's name in the plan
    access: Access
    bar: int | None  # None: configuration space
    offset: int
    width: int  # bytes
    is_canary: bool = False
    expect: int | None = None  # the value that is expected
    mask: int | None = None  # the bits of it that count; None: all


@dataclass(frozen=True, slots=True)
class Counts:
    """Reads of a series by outcome since its beginning, and how many the circuit breaker left out."""

    ok: int = 0
    all_ones: int = 0
    mismatch: int = 0
    denied: int = 0
    unreachable: int = 0
    fault: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class CounterRun:
    """One set of counts that holds for ``length`` series in a row: a quiet host is one run, however many registers."""

    first_series: int
    length: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class ConfigSpace:
    """The raw configuration space of one function on a route, taken for evidence."""

    address: Address
    data: bytes  # from offset 0, as long as the OS gave it; empty when it could not or must not be read
    problem: str | None = None  # why data is empty or short
    power_state: str | None = None
    runtime_status: str | None = None
    driver: str | None = None  # bound driver; "" for none
    is_gone: bool | None = None  # the OS has the function no more
    do_siblings_answer: bool | None = None  # other functions of the device; None: there are none, or nobody asked
    bars: tuple[Bar, ...] = ()  # as the OS had them assigned
    correctable_errors: int | None = None  # since boot
    uncorrectable_errors: int | None = None  # since boot
    correctable_rise: int | None = None  # since the topology was looked at before
    uncorrectable_rise: int | None = None  # since the topology was looked at before


@dataclass(frozen=True, slots=True)
class SeenRegister:
    """A register of the function that evidence is about."""

    name: str
    bar: int | None  # None: configuration space
    offset: int  # bytes
    width: int  # bytes
    is_canary: bool = False  # can never legally read all ones
    is_expected: bool = False  # a value is expected that is not all ones


@dataclass(frozen=True, slots=True)
class MappedBar:
    """Where a BAR was when it was mapped for the user access."""

    bar: int
    start: int  # physical address


@dataclass(frozen=True, slots=True)
class Reread:
    """One read for evidence: of the pass, or a repetition of a failed read or of its canary within milliseconds."""

    register: str
    access: Access
    taken_at_ns: int
    outcome: Outcome
    value: int | None = None
    reason: str | None = None  # errno, signal, or why the register was not touched


@dataclass(frozen=True, slots=True)
class Evidence:
    """Raw registers and OS facts taken at a read that was not ok; decoded later, and again when we know more."""

    taken_at_ns: int
    route: tuple[ConfigSpace, ...] = ()  # before the repetitions; root port first, the function last
    rereads: tuple[Reread, ...] = ()
    after: tuple[ConfigSpace, ...] = ()  # after the repetitions: the hops that are different then
    reads: tuple[Reread, ...] = ()  # of the function, in the pass that found the trouble
    registers: tuple[SeenRegister, ...] = ()  # what reads and repetitions are of
    mapped: tuple[MappedBar, ...] = ()  # for the user access
    is_virtual_machine: bool | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """An unbroken run of not-ok reads of one series."""

    id: int  # from 1, per epoch of the agent
    series: int
    opened_at_ns: int
    outcome: Outcome  # of the read that opened it
    reads: int  # not-ok reads when this was told: at 1, 2, 4, 8 ... of them, and at the end
    last_at_ns: int  # of the latest of them
    closed_at_ns: int | None = None  # None while it lasts
    value: int | None = None  # of the read that opened it, where it carried one
    reason: str | None = None  # errno, signal or why the register was not touched
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which we know that something is missing, and why. No data is not no failure."""

    id: int  # from 1, per epoch of the agent
    cause: str  # one of GAP_CAUSES
    from_ns: int
    to_ns: int
    lost: int = 0  # how many items are gone; 0: nothing was taken in that time
    detail: str | None = None


GAP_CAUSES = (
    "stopped",  # the agent was shut down
    "killed",  # the agent ended without shutting down; reads since the last commit are lost
    "asleep",  # the machine was suspended
    "rewound",  # agent or collector was set back in time; what was not acknowledged is lost
    "spool_full",  # what was waiting to be sent was dropped
    "spool_corrupt",  # the spool could not be read and was moved aside
    "refused",  # the collector would not take a batch
    "sequence_hole",  # found by the collector: a batch number never came
)


@dataclass(frozen=True, slots=True)
class RawBlock:
    """Values of one series, kept because its register asks for them. The arrays have the same length."""

    series: int
    first_at_ns: int
    offsets_ns: tuple[int, ...]  # from first_at_ns
    outcomes: tuple[Outcome, ...]
    values: tuple[int, ...]  # 0 where the outcome carries no value


@dataclass(frozen=True, slots=True)
class Batch:
    """What is committed and acknowledged together."""

    sequence: int = 0  # from 1, per epoch, without holes unless a gap explains them
    counted_until_ns: int | None = None  # the time up to which the counters hold; None: no counters here
    snapshots: tuple[Snapshot, ...] = ()
    series: tuple[Series, ...] = ()
    counters: tuple[CounterRun, ...] = ()
    episodes: tuple[Episode, ...] = ()
    gaps: tuple[Gap, ...] = ()
    blocks: tuple[RawBlock, ...] = ()
    states: tuple[FunctionState, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of a stream: who speaks, and from which spool."""

    protocol_version: int
    agent_id: str  # UUID
    epoch: str  # UUID of the spool: a new spool counts from 1 again
    instance: str  # UUID of the process: two at once under one agent_id are two machines with one identity
    hostname: str
    agent_version: str
    system: str  # "linux" or "windows"
    sent_at_ns: int  # the agent's clock, for its skew
    hardware_uuid: str | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """The collector's answer to Hello."""

    protocol_version: int
    collector_version: str
    acknowledged: int  # the last sequence committed for this agent and epoch; 0: none
    max_batch_bytes: int


@dataclass(frozen=True, slots=True)
class Ack:
    """All batches up to this sequence are committed and synced; the agent may forget them."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: nothing was stored, come back after this time."""

    after_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Not at all: the same message would be refused again."""

    reason: str
    sequence: int = 0  # the batch that was refused; 0: the stream
    begins_epoch: bool = False  # what later batches build on is missing here: tell everything anew in a new epoch
