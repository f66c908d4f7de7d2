"""One hop decoded: from its raw configuration space first, from what was told of it second."""

from dataclasses import dataclass
from typing import TypeVar

from barwatch_proto.config_space import Aer, DecodeError, Dpc, Overview, decode_aer, decode_power_management, overview
from barwatch_proto.config_space.header import BAR_0
from barwatch_proto.pci import PortType
from barwatch_proto.topology import Bar, Window
from barwatch_proto.triage.case import Hop

SILENT = 0xFFFF  # PCIe Base Spec 6.0, 2.3.1: a root complex answers all ones where nobody else does
RETRY = 0x0001  # PCIe Base Spec 6.0, 2.3.2: Request Retry Status made visible by software
FIRST_EXTENDED = 0x100
ADDRESS_BITS = ~0xF  # of a memory BAR; PCIe Base Spec 6.0, 7.5.1.2.1
IS_64BIT, IS_IO = 0x4, 0x1
T = TypeVar("T")

ROOT = {PortType.ROOT_PORT, PortType.ROOT_COMPLEX_EVENT_COLLECTOR}


@dataclass(frozen=True, slots=True)
class HopFacts:
    """What is known of a hop; None is not known."""

    name: str
    vendor_id: int | None
    is_gone: bool | None
    power: str | None  # "D0", "D1", "D2", "D3hot", "D3cold"
    runtime_status: str | None
    driver: str | None
    is_decoding: bool | None
    is_link_active: bool | None
    is_slot_occupied: bool | None
    is_dpc_triggered: bool | None
    dpc: Dpc | None
    bars: tuple[Bar, ...] | None
    bar_registers: dict[int, int] | None
    windows: tuple[Window, ...] | None
    do_siblings_answer: bool | None
    uncorrectable_status: int | None
    correctable_rise: int | None
    uncorrectable_rise: int | None
    are_extended_ones: bool | None

    @property
    def is_silent(self) -> bool | None:
        """Whether nobody answers for it."""
        if self.is_gone:
            return True
        return None if self.vendor_id is None else self.vendor_id == SILENT

    @property
    def answers(self) -> bool | None:
        """Whether it answers with its own Vendor ID."""
        if self.is_gone:
            return False
        return None if self.vendor_id is None else self.vendor_id not in {SILENT, RETRY}


def decode_hop(hop: Hop) -> HopFacts:
    """All that is known of the hop."""
    vendor = int.from_bytes(hop.config[:2], "little") if len(hop.config) > 1 else hop.vendor_id
    is_readable = vendor not in {None, SILENT, RETRY} and bool(hop.config)
    seen = overview(hop.config) if is_readable else Overview()
    express, header = seen.express, seen.header
    link = express.link if express else None
    slot = express.slot if express else None
    aer = _aer(hop.config, seen)
    return HopFacts(
        name=hop.name,
        vendor_id=vendor,
        is_gone=hop.is_gone,
        power=_power(hop, seen),
        runtime_status=hop.runtime_status,
        driver=hop.driver,
        is_decoding=_first(header.is_memory_decoding if header else None, hop.is_memory_decoding),
        is_link_active=_first(link.is_active if link else None, hop.is_link_active),
        is_slot_occupied=_first(slot.is_occupied if slot else None, hop.is_slot_occupied),
        is_dpc_triggered=_first(seen.dpc.is_triggered if seen.dpc else _no_dpc(hop.config, seen), hop.is_dpc_triggered),
        dpc=seen.dpc,
        bars=hop.bars,
        bar_registers=_bar_registers(hop, seen),
        windows=seen.windows.windows if seen.windows and not seen.windows.unknown else hop.windows,
        do_siblings_answer=hop.do_siblings_answer,
        uncorrectable_status=_first(aer.uncorrectable_status if aer else None, hop.uncorrectable_status),
        correctable_rise=hop.correctable_rise,
        uncorrectable_rise=hop.uncorrectable_rise,
        are_extended_ones=_are_ones(hop.config[FIRST_EXTENDED:]) if is_readable else None,
    )


def _first(decoded: T | None, told: T | None) -> T | None:
    return told if decoded is None else decoded


def _power(hop: Hop, seen: Overview) -> str | None:
    """PMCSR, which is what the function obeys; D3cold can only be told by the OS."""
    offset = seen.walk.offset_of("power_management")
    if offset is not None:
        try:
            state = decode_power_management(hop.config, offset).state
        except DecodeError:
            state = None
        if state is not None:
            return state
    return hop.power_state


def _aer(config: bytes, seen: Overview) -> Aer | None:
    offset = seen.walk.offset_of("aer")
    if offset is None:
        return None
    is_root = bool(seen.express and seen.express.port_type in ROOT)
    try:
        return decode_aer(config, offset, is_root=is_root)
    except DecodeError:
        return None


def _no_dpc(config: bytes, seen: Overview) -> bool | None:
    """A port without the capability cannot contain; unknown where the list was not read to its end."""
    return False if len(config) > FIRST_EXTENDED and not seen.walk.problems else None


def _bar_registers(hop: Hop, seen: Overview) -> dict[int, int] | None:
    """The address in each memory BAR register."""
    if seen.header is None or not seen.header.bar_registers:
        return dict(hop.bar_registers) if hop.bar_registers is not None else None
    registers, found, index = seen.header.bar_registers, dict[int, int](), 0
    while index < len(registers):
        low = registers[index]
        is_wide = low is not None and not low & IS_IO and bool(low & IS_64BIT) and index + 1 < len(registers)
        high = int.from_bytes(hop.config[BAR_0 + 4 * index + 4 : BAR_0 + 4 * index + 8], "little") if is_wide else 0
        if low is not None and not low & IS_IO:
            found[index] = high << 32 | low & ADDRESS_BITS
        index += 2 if is_wide else 1
    return found


def _are_ones(extended: bytes) -> bool | None:
    return all(byte == 0xFF for byte in extended) if extended else None  # noqa: PLR2004 a byte of ones
