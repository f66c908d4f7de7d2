"""Registers, the targets that a host offers for them, and what reading one came to: arithmetic, no I/O."""

from dataclasses import dataclass

from barwatch_proto.pci import all_ones
from barwatch_proto.topology import Function
from barwatch_proto.words import Access, Outcome, Record

WIDTHS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Match:
    """Which functions have a register; None and the empty tuple match every function."""

    vendor: int | None = None
    devices: tuple[int, ...] = ()
    subsystem: tuple[int, int] | None = None  # subsystem vendor, subsystem device
    class_code: int | None = None  # compared under class_mask
    class_mask: int = 0xFFFFFF

    def matches(self, function: Function) -> bool:
        """Whether the function is one of those."""
        return (
            (self.vendor is None or function.vendor == self.vendor)
            and (not self.devices or function.device in self.devices)
            and (self.subsystem is None or (function.subsystem_vendor, function.subsystem_device) == self.subsystem)
            and (self.class_code is None or function.class_code & self.class_mask == self.class_code & self.class_mask)
        )


@dataclass(frozen=True, slots=True)
class Register:
    """One register of a plan, wherever the functions that match may sit.

    Reading it must be free of side effects; ``source`` is the document that says so.
    """

    name: str
    summary: str
    source: str
    match: Match
    bar: int | None  # 0 to 5; None: configuration space, or the BAR that the capability `relative_to` names
    offset: int  # bytes, from the start of BAR, configuration space or structure; a multiple of width
    width: int  # bytes: 1, 2, 4 or 8
    accesses: tuple[Access, ...]
    relative_to: str | None = None  # a structure that the function locates: "virtio_common", "sdhci_slot_0"
    expect: int | None = None  # compared under mask
    expects_ids: bool = False  # the expected value is the function's own device ID << 16 | vendor ID
    mask: int | None = None  # None: all bits
    is_canary: bool = False  # can never legally read all ones
    record: Record = Record.COUNTERS
    every_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """One register of one function of this host: where exactly, and what is expected there."""

    register: Register
    function: Function
    bar: int | None  # None: configuration space
    offset: int  # bytes, from the start of BAR or configuration space
    expect: int | None
    problem: str | None = None  # why it cannot be located on this function; then nothing is read

    @property
    def width(self) -> int:
        """Bytes."""
        return self.register.width


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reader got for one target: a value, or the outcome and reason of not having one. Never both."""

    value: int | None = None
    outcome: Outcome | None = None  # DENIED, UNREACHABLE or FAULT; None when there is a value
    reason: str | None = None
    duration_ns: int | None = None  # of the access itself, where the reader measures it


@dataclass(frozen=True, slots=True)
class Read:
    """One attempt, with its one outcome."""

    target: Target
    access: Access
    taken_at_ns: int
    outcome: Outcome
    value: int | None = None
    reason: str | None = None


def classify(value: int, target: Target) -> Outcome:
    """What a value that came back says.

    All ones are suspicious unless they are what is expected: a root complex answers a failed read with them.
    """
    mask = all_ones(target.width) if target.register.mask is None else target.register.mask
    is_expected = target.expect is None or (value & mask) == (target.expect & mask)
    if value == all_ones(target.width) and not (target.expect is not None and is_expected):
        return Outcome.ALL_ONES
    return Outcome.OK if is_expected else Outcome.MISMATCH


def read_of(target: Target, access: Access, taken_at_ns: int, reply: Reply) -> Read:
    """The read that a reply amounts to."""
    if reply.value is not None:
        return Read(target, access, taken_at_ns, classify(reply.value, target), reply.value)
    return Read(target, access, taken_at_ns, reply.outcome or Outcome.FAULT, None, reply.reason)
