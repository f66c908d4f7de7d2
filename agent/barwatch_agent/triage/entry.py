"""The keys of an evidence file, and their types; README.md says what each means."""

from typing import Annotated, Literal

import msgspec

from barwatch_proto.pci import BarKind, PortType, WindowKind
from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Access, Outcome

FORMAT = 1
MAX_HOPS = 32
MAX_READS = 256
Text = Annotated[str, msgspec.Meta(max_length=2000)]
Number = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]  # TOML has no larger
Word = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
BarIndex = Annotated[int, msgspec.Meta(ge=0, le=5)]
PowerState = Literal["D0", "D1", "D2", "D3hot", "D3cold"]
RuntimeStatus = Literal["active", "suspended", "suspending", "resuming", "error", "unsupported"]

# PCIe Base Spec 6.0, 7.8.4.2 Uncorrectable Error Status
ErrorName = Literal[
    "data_link_protocol",
    "surprise_down",
    "poisoned_tlp",
    "flow_control_protocol",
    "completion_timeout",
    "completer_abort",
    "unexpected_completion",
    "receiver_overflow",
    "malformed_tlp",
    "ecrc",
    "unsupported_request",
    "acs_violation",
    "internal_error",
]


class ReadEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[read]``: the read that is asked about."""

    access: Access
    outcome: Outcome
    register: Text = ""
    bar: BarIndex | None = None
    offset: Number = 0
    width: Literal[1, 2, 4, 8] = 4
    value: Number | str | None = None
    reason: Text | None = None
    canary: bool = False
    expect: Number | str | None = None
    at_ns: Number | None = None


class AlsoEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[[also]]``: another read at about the same time; what is left out is as in ``[read]``."""

    outcome: Outcome
    access: Access | None = None
    register: Text | None = None
    bar: BarIndex | None = None
    offset: Number | None = None
    width: Literal[1, 2, 4, 8] | None = None
    value: Number | str | None = None
    reason: Text | None = None
    canary: bool | None = None
    expect: Number | str | None = None
    at_ns: Number | None = None


class BarEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[[hop.bar]]``: one BAR as the operating system lists it; without ``start`` it has no address."""

    index: BarIndex
    start: Number | None = None
    length: Annotated[int, msgspec.Meta(ge=1, le=1 << 48)] = 4096
    kind: BarKind = BarKind.MEMORY_32
    prefetchable: bool = False


class WindowEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[[hop.window]]``: one range that a bridge forwards."""

    start: Number
    end: Number
    kind: WindowKind = WindowKind.MEMORY


class HopEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[[hop]]``: one function of the route; root port first, the function last."""

    name: Text
    kind: PortType | None = None
    config: str = ""
    config_after: str = ""
    vendor_id: Word | None = None
    gone: bool | None = None
    power_state: PowerState | None = None
    runtime_status: RuntimeStatus | None = None
    driver: Text | None = None
    memory_decoding: bool | None = None
    link_active: bool | None = None
    slot_occupied: bool | None = None
    dpc_triggered: bool | None = None
    siblings_answer: bool | None = None
    uncorrectable_errors: tuple[ErrorName, ...] | None = None
    correctable_rise: Number | None = None
    uncorrectable_rise: Number | None = None
    bar: tuple[BarEntry, ...] | None = None
    window: tuple[WindowEntry, ...] | None = None
    bar_registers: dict[str, Number] | None = None


class EvidenceEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole evidence file."""

    format: int
    read: ReadEntry
    summary: Text = ""
    source: Text = ""
    expect: FailureClass | None = None
    virtual_machine: bool | None = None
    mapped_start: Number | None = None
    also: Annotated[tuple[AlsoEntry, ...], msgspec.Meta(max_length=MAX_READS)] = ()
    hop: Annotated[tuple[HopEntry, ...], msgspec.Meta(max_length=MAX_HOPS)] = ()
