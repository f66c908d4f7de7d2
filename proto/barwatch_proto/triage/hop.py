"""One hop decoded: from its raw configuration space first, from what was told of it second."""

from dataclasses import dataclass
from typing import TypeVar

from barwatch_proto.config_space import Aer, DecodeError, Dpc, Overview, decode_aer, decode_power_management, overview
from barwatch_proto.config_space.header import BAR_0, BRIDGE
from barwatch_proto.pci import PortType
from barwatch_proto.topology import Bar, Window
from barwatch_proto.triage.case import Hop

SILENT = 0xFFFF  # PCIe Base Spec 6.0, 2.3.1: a root complex answers all ones where nobody else does
RETRY = 0x0001  # PCIe Base Spec 6.0, 2.3.2: Request Retry Status made visible by software
IDS = 4  # bytes of Vendor and Device ID
STANDARD = 0x100  # bytes of the configuration space that every function has
ADDRESS_BITS = ~0xF  # of a memory BAR; PCIe Base Spec 6.0, 7.5.1.2.1
IS_64BIT, IS_IO = 0x4, 0x1
SURPRISE_DOWN = 5  # bit; PCIe Base Spec 6.0, 7.8.4.2 Uncorrectable Error Status
POWER_STATES = {"D0", "D1", "D2", "D3hot", "D3cold"}
ROOT = {PortType.ROOT_PORT, PortType.ROOT_COMPLEX_EVENT_COLLECTOR}
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class HopFacts:
    """What is known of a hop; None is not known."""

    name: str
    port_type: PortType | None = None
    vendor_id: int | None = None
    does_answer: bool | None = None  # configuration requests, with its own registers
    is_gone: bool | None = None
    is_virtual_function: bool = False  # its ids read all ones, its other registers do not
    power: str | None = None  # "D0", "D1", "D2", "D3hot", "D3cold"
    runtime_status: str | None = None
    driver: str | None = None
    is_decoding: bool | None = None
    is_link_active: bool | None = None
    is_slot_occupied: bool | None = None
    is_dpc_triggered: bool | None = None
    dpc: Dpc | None = None
    bars: tuple[Bar, ...] | None = None
    bar_registers: dict[int, int] | None = None
    windows: tuple[Window, ...] | None = None
    do_siblings_answer: bool | None = None
    uncorrectable_status: int | None = None
    correctable_rise: int | None = None
    uncorrectable_rise: int | None = None
    are_extended_ones: bool | None = None

    @property
    def is_silent(self) -> bool | None:
        """Whether nobody answers for it; a function that asks to be asked again is not silent."""
        if self.is_gone:
            return True
        if self.vendor_id is not None and not self.is_virtual_function:
            return self.vendor_id == SILENT
        return None if self.does_answer is None else not self.does_answer


@dataclass(frozen=True, slots=True)
class Seen:
    """The bytes of one hop, decoded once."""

    config: bytes
    overview: Overview
    vendor_id: int | None
    is_virtual_function: bool

    @property
    def is_readable(self) -> bool:
        """Whether registers can be decoded from the bytes."""
        return self.is_virtual_function or (bool(self.config) and self.vendor_id not in {None, SILENT, RETRY})


NO_BYTES = Seen(b"", Overview(), vendor_id=None, is_virtual_function=False)


def look(hop: Hop) -> Seen:
    """The bytes that count: those before the repetitions, unless the hop fell silent meanwhile."""
    before, after = hop.config, hop.config_after
    config = after if after and (not before or (not _is_silent(before) and _is_silent(after))) else before
    is_virtual = _has_virtual_ids(config)
    vendor = int.from_bytes(config[:2], "little") if len(config) > 1 else None
    is_readable = is_virtual or vendor not in {None, SILENT, RETRY}
    return Seen(config, overview(config) if is_readable else Overview(), vendor, is_virtual)


def decode_hop(hop: Hop, seen: Seen | None = None) -> HopFacts:
    """All that is known of the hop; ``seen`` are its bytes, where they were decoded before."""
    seen = look(hop) if seen is None else seen
    vendor = hop.vendor_id if seen.vendor_id is None else seen.vendor_id
    answer = _does_answer(hop, seen, vendor)
    told = hop if answer is not False else Hop(hop.name)  # who does not answer has no register that could be told
    parts = seen.overview
    express, header = parts.express, parts.header
    link, slot = (express.link, express.slot) if express else (None, None)
    aer = _aer(seen)
    status = _first(aer.uncorrectable_status if aer else None, told.uncorrectable_status)
    return HopFacts(
        name=hop.name,
        port_type=_first(express.port_type if express else None, hop.port_type),
        vendor_id=vendor,
        does_answer=answer,
        is_gone=hop.is_gone,
        is_virtual_function=seen.is_virtual_function,
        power=_power(seen, hop),
        runtime_status=hop.runtime_status,
        driver=hop.driver,
        is_decoding=None if seen.is_virtual_function else _first(_decoding(seen), told.is_memory_decoding),
        is_link_active=_first(_first(link.is_active if link else None, told.is_link_active), _went_down(status)),
        is_slot_occupied=_first(slot.is_occupied if slot else None, told.is_slot_occupied),
        is_dpc_triggered=_first(_is_dpc_triggered(seen), told.is_dpc_triggered),
        dpc=parts.dpc,
        bars=hop.bars,
        bar_registers=_first(_bar_registers(seen), None if told.bar_registers is None else dict(told.bar_registers)),
        windows=_first(_windows(seen), hop.windows),
        do_siblings_answer=hop.do_siblings_answer,
        uncorrectable_status=status,
        correctable_rise=hop.correctable_rise,
        uncorrectable_rise=hop.uncorrectable_rise,
        are_extended_ones=_are_ones(seen.config[STANDARD:]) if header is not None else None,
    )


def _first(decoded: T | None, told: T | None) -> T | None:
    return told if decoded is None else decoded


def _is_silent(config: bytes) -> bool:
    return config[:IDS].count(0xFF) == len(config[:IDS])


def _has_virtual_ids(config: bytes) -> bool:
    """A virtual function's ids read all ones; PCIe Base Spec 6.0, 9.3.4.1.1 and 9.3.4.1.2."""
    return len(config) >= 2 * IDS and _is_silent(config) and config[IDS : 2 * IDS].count(0xFF) < IDS


def _does_answer(hop: Hop, seen: Seen, vendor: int | None) -> bool | None:
    """A register that somebody tells of was read, so it answered."""
    if hop.is_gone:
        return False
    if seen.is_virtual_function:
        return True
    if vendor is not None:
        return vendor not in {SILENT, RETRY}
    registers = (
        hop.is_memory_decoding,
        hop.is_link_active,
        hop.is_slot_occupied,
        hop.is_dpc_triggered,
        hop.bar_registers,
        hop.uncorrectable_status,
    )
    return True if any(register is not None for register in registers) else None


def _went_down(status: int | None) -> bool | None:
    """A port that logged Surprise Down has no link, as far as nothing else says that it is back."""
    return False if status is not None and status >> SURPRISE_DOWN & 1 else None


def _decoding(seen: Seen) -> bool | None:
    header = seen.overview.header
    return header.is_memory_decoding if header else None


def _power(seen: Seen, hop: Hop) -> str | None:
    """PMCSR, which is what the function obeys; D3cold can only be told by the OS."""
    offset = seen.overview.walk.offset_of("power_management")
    state = None
    if offset is not None:
        try:
            state = decode_power_management(seen.config, offset).state
        except DecodeError:
            state = None
    elif seen.is_readable and len(seen.config) >= STANDARD and not seen.overview.walk.problems:
        state = "D0"  # without the capability it cannot sleep
    return state or (hop.power_state if hop.power_state in POWER_STATES else None)


def _aer(seen: Seen) -> Aer | None:
    offset = seen.overview.walk.offset_of("aer")
    if offset is None:
        return None
    express = seen.overview.express
    try:
        return decode_aer(seen.config, offset, is_root=bool(express and express.port_type in ROOT))
    except DecodeError:
        return None


def _is_dpc_triggered(seen: Seen) -> bool | None:
    """A port without the capability cannot contain; unknown where the list was not read to its end."""
    if seen.overview.dpc:
        return seen.overview.dpc.is_triggered
    return False if seen.is_readable and len(seen.config) > STANDARD and not seen.overview.problems else None


def _windows(seen: Seen) -> tuple[Window, ...] | None:
    found = seen.overview.windows
    return None if found is None or found.unknown else found.windows


def _bar_registers(seen: Seen) -> dict[int, int] | None:
    """The address in each memory BAR register; those of virtual functions and of bridges say nothing."""
    header = seen.overview.header
    if header is None or not header.bar_registers or header.layout == BRIDGE or seen.is_virtual_function:
        return None
    registers, found, index = header.bar_registers, dict[int, int](), 0
    while index < len(registers):
        low = registers[index]
        is_wide = low is not None and not low & IS_IO and bool(low & IS_64BIT) and index + 1 < len(registers)
        at = BAR_0 + 4 * (index + 1)
        high = int.from_bytes(seen.config[at : at + 4], "little") if is_wide else 0
        if low is not None and not low & IS_IO:
            found[index] = high << 32 | low & ADDRESS_BITS
        index += 2 if is_wide else 1
    return found


def _are_ones(extended: bytes) -> bool | None:
    return all(byte == 0xFF for byte in extended) if extended else None  # noqa: PLR2004 a byte of ones
