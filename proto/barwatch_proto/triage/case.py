"""What triage looks at: one read that was not ok, the reads next to it, and every hop of the route, as far as known.

None is "not known", everywhere. A hop carries raw configuration space where it was read; the facts next to it are what
the operating system or a bug report says, and count where the bytes do not tell.
"""

from dataclasses import dataclass

from barwatch_proto.pci import PortType
from barwatch_proto.topology import Bar, Window
from barwatch_proto.words import Access, Outcome


@dataclass(frozen=True, slots=True)
class CaseRead:
    """One read of one register of the function, at about the same time as the one that is asked about."""

    access: Access
    outcome: Outcome
    register: str = ""
    bar: int | None = None  # None: configuration space
    offset: int = 0  # bytes
    width: int = 4  # bytes
    value: int | None = None
    reason: str | None = None  # errno, signal, or why it was not touched
    is_canary: bool = False  # can never legally read all ones
    is_expected: bool = False  # an expected value is known, and it is not all ones
    taken_at_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One function of the route at the time of the read."""

    name: str  # its address, or what a report calls it
    config: bytes = b""  # from offset 0, as far as it was read; empty: not read
    config_after: bytes = b""  # the same after the repetitions; empty: not taken
    port_type: PortType | None = None
    vendor_id: int | None = None  # as it reads now: ffffh when nothing answers
    is_gone: bool | None = None  # the OS unplugged it, or never found it again
    power_state: str | None = None  # as the OS tells: "D0", "D3hot", "D3cold"
    runtime_status: str | None = None  # as the OS tells: "active", "suspended"
    driver: str | None = None  # bound driver; "" for none
    is_memory_decoding: bool | None = None
    is_link_active: bool | None = None  # of the link below a port
    is_slot_occupied: bool | None = None
    is_dpc_triggered: bool | None = None
    bars: tuple[Bar, ...] | None = None  # as the OS assigned them
    bar_registers: tuple[tuple[int, int], ...] | None = None  # number, and address that the register holds
    windows: tuple[Window, ...] | None = None  # of a bridge
    do_siblings_answer: bool | None = None  # other functions of the device, or on the same bus
    uncorrectable_status: int | None = None  # AER, bits as in the register
    correctable_rise: int | None = None  # errors counted between before and now
    uncorrectable_rise: int | None = None  # errors counted between before and now


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that is known of one read that was not ok."""

    read: CaseRead
    others: tuple[CaseRead, ...] = ()
    route: tuple[Hop, ...] = ()  # root port first, the function last
    mapped_start: int | None = None  # physical address of the BAR when it was mapped for the user access
    is_virtual_machine: bool | None = None
