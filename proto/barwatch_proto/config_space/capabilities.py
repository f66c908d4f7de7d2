"""The two capability lists of a function, walked without trust: a list may be short, loop, overlap or lie.

Both lists are made of 4-byte aligned headers, so there are at most 48 standard and 960 extended ones; a header that
comes a second time ends the walk.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from barwatch_proto.config_space.fields import DecodeError, bits, byte, dword, flag, word
from barwatch_proto.config_space.names import extended_name, standard_name
from barwatch_proto.config_space.vendor_specific import dvsec_name, vsec_name

FIRST_STANDARD = 0x40  # the header ends here
FIRST_EXTENDED = 0x100
STATUS = 0x06
CAPABILITY_LIST = 4  # bit of Status
POINTER = 0x34
CARDBUS_POINTER = 0x14  # PC Card Standard 8.0, header type 2
HEADER_TYPE = 0x0E
CARDBUS = 2
NO_DEVICE_ID = 0xFF  # an ID byte that only an absent device shows
VSEC = 0x0B
DVSEC = 0x23

# What each structure has at least, to notice two that overlap. PCIe Base Spec 6.0, chapter 7, figures of each.
LEAST_BYTES = MappingProxyType(
    {
        "power_management": 8,
        "msi": 10,
        "msi_x": 12,
        "express": 12,
        "subsystem_ids": 8,
        "aer": 0x2C,
        "serial_number": 12,
        "acs": 8,
        "sr_iov": 0x40,
        "resizable_bar": 12,
        "l1_substates": 16,
        "ltr": 8,
        "dpc": 12,
    }
)


@dataclass(frozen=True, slots=True)
class Capability:
    """One entry of a list: what it says it is, and where its header is."""

    id: int
    offset: int
    name: str
    version: int | None = None  # extended capabilities only

    @property
    def is_extended(self) -> bool:
        """Whether it comes from the list that begins at 0x100."""
        return self.offset >= FIRST_EXTENDED


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk found, in the order of the lists, standard before extended, and what stopped it."""

    capabilities: tuple[Capability, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of the lists."""
        return tuple(capability.name for capability in self.capabilities)

    def offset_of(self, name: str) -> int | None:
        """Where the first capability of that name is; None when there is none."""
        return next((capability.offset for capability in self.capabilities if capability.name == name), None)


Step = tuple[Capability | None, int]  # an entry, None for a null capability, and the offset of the next one


def walk(config: bytes) -> Walk:
    """The capabilities of a function; never raises, whatever the bytes are.

    Source: PCIe Base Spec 6.0, 7.5.1.1.11 Capabilities Pointer, 7.6.3 PCI Express Extended Capability Header, 7.9.28
    Null Capability.
    """
    standard = _standard(config)
    extended = (
        _follow(config, FIRST_EXTENDED, FIRST_EXTENDED, _extended_step) if len(config) > FIRST_EXTENDED else Walk()
    )
    found = standard.capabilities + extended.capabilities
    return Walk(found, standard.problems + extended.problems + _overlaps(found))


def _standard(config: bytes) -> Walk:
    try:
        start = _pointer(config)
    except DecodeError as error:
        return Walk((), (f"capability pointer: {error}",))
    if start is None:
        return Walk((), ("capability pointer: reads all ones",))
    return _follow(config, start & ~3, FIRST_STANDARD, _standard_step)


def _pointer(config: bytes) -> int | None:
    """The offset of the first capability; 0 when there is none."""
    if not flag(word(config, STATUS), CAPABILITY_LIST):
        return 0
    layout = bits(byte(config, HEADER_TYPE), 6, 0)
    return byte(config, CARDBUS_POINTER if layout == CARDBUS else POINTER)


def _follow(config: bytes, start: int, floor: int, step: Callable[[bytes, int], Step | None]) -> Walk:
    found: list[Capability] = []
    seen: set[int] = set()
    offset = start
    while offset:
        problem, taken = _take(config, offset, floor, step) if offset not in seen else ("the list loops", None)
        if taken is None:
            return Walk(tuple(found), (f"capability at {offset:#x}: {problem}",))
        seen.add(offset)
        capability, offset = taken
        if capability is not None:
            found.append(capability)
    return Walk(tuple(found))


def _take(config: bytes, offset: int, floor: int, step: Callable[[bytes, int], Step | None]) -> tuple[str, Step | None]:
    """One step, or why it cannot be taken."""
    if offset < floor:
        return f"the list points below {floor:#x}", None
    try:
        return "reads all ones", step(config, offset)
    except DecodeError as error:
        return str(error), None


def _standard_step(config: bytes, offset: int) -> Step | None:
    header = word(config, offset)
    if header is None or header & 0xFF == NO_DEVICE_ID:
        return None
    capability_id, following = header & 0xFF, header >> 8 & ~3  # software masks the two low bits
    return (Capability(capability_id, offset, standard_name(capability_id)) if capability_id else None), following


def _extended_step(config: bytes, offset: int) -> Step | None:
    header = dword(config, offset)
    if header is None:
        return None
    capability_id, version, following = header & 0xFFFF, header >> 16 & 0xF, header >> 20 & ~3
    if capability_id == 0:
        return None, following
    return Capability(capability_id, offset, _extended_name(config, capability_id, offset), version), following


def _extended_name(config: bytes, capability_id: int, offset: int) -> str:
    """The name; vendor-specific structures that are known have their own."""
    own = {VSEC: vsec_name, DVSEC: dvsec_name}.get(capability_id)
    return (own(config, offset) if own else None) or extended_name(capability_id)


def _overlaps(capabilities: tuple[Capability, ...]) -> tuple[str, ...]:
    ordered = sorted(capabilities, key=lambda capability: capability.offset)
    return tuple(
        f"{second.name} at {second.offset:#x} lies inside {first.name} at {first.offset:#x}"
        for first, second in pairwise(ordered)
        if second.offset < first.offset + LEAST_BYTES.get(first.name, 0)
    )
