"""What Windows would tell of a machine that was recorded on Linux, byte for byte as its calls answer.

The encodings are written here a second time, from the headers that the product's decoders name, so that both are
compared.
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from barwatch_agent.windows.facts import Devnode, Fact, Property, Refusal, Resource
from barwatch_proto.pci import BarKind, PortType, WindowKind
from barwatch_proto.topology import Bar, Function, Topology, Window

STRING, STRINGS, UINT32, UINT64, BOOLEAN, BINARY = 0x12, 0x2012, 7, 9, 0x11, 0x1003
DEVICE_TYPES = {
    PortType.CONVENTIONAL: 0,
    PortType.ENDPOINT: 2,
    PortType.LEGACY_ENDPOINT: 3,
    PortType.ROOT_COMPLEX_ENDPOINT: 4,
    PortType.ROOT_PORT: 8,
    PortType.UPSTREAM_PORT: 9,
    PortType.DOWNSTREAM_PORT: 10,
    PortType.PCIE_TO_PCI_BRIDGE: 11,
    PortType.PCI_TO_PCIE_BRIDGE: 12,
    PortType.ROOT_COMPLEX_EVENT_COLLECTOR: 14,
}
SPEEDS = {2.5: 1, 5.0: 2, 8.0: 3, 16.0: 4, 32.0: 5, 64.0: 6}
SERVICES = {
    "pcieport": "pci",
    "nouveau": "nvlddmkm",
    "nvidia": "nvlddmkm",
    "thunderbolt": "nhi",
    "xhci_hcd": "USBXHCI",
    "ahci": "storahci",
    "nvme": "stornvme",
    "snd_hda_intel": "HDAudBus",
    "i915": "igfx",
    "iwlwifi": "Netwtw08",
    "e1000e": "e1dexpress",
    "mei_me": "MEIx64",
    "skl_uncore": "",
    "i2c_i801": "",
}
NONE_REFUSED = Refusal(0xC0000003, "NTSTATUS")


@dataclass
class ToldSource:
    """A machine of which a test says what Windows tells."""

    nodes: list[Devnode] = field(default_factory=list)
    told: dict[str, Fact] = field(default_factory=dict)
    corrected: Fact = b""
    problems: tuple[str, ...] = ()

    def devices(self):
        return list(self.nodes), self.problems

    def device(self, instance_id, names, *, with_resources):
        for node in self.nodes:
            if node.instance_id == instance_id:
                wanted = {name: value for name, value in node.properties.items() if name in set(names)}
                return replace(node, properties=wanted, resources=node.resources if with_resources else None)
        raise FileNotFoundError(2, "the device is gone")

    def facts(self):
        return dict(self.told)

    def corrected_errors(self):
        return self.corrected


def devnodes(topology: Topology, states: Iterable = ()) -> list[Devnode]:
    """The functions of a topology as devices."""
    links = {state.key: state for state in states}
    ids = {function.address: _instance_id(number, function) for number, function in enumerate(topology.functions)}
    return [_devnode(function, ids, links.get(function.key)) for function in topology.functions]


def string(text: str) -> Property:
    return Property(STRING, f"{text}\0".encode("utf-16-le"))


def strings(*texts: str) -> Property:
    return Property(STRINGS, "".join(f"{text}\0" for text in (*texts, "")).encode("utf-16-le"))


def uint32(number: int) -> Property:
    return Property(UINT32, struct.pack("<I", number))


def boolean(*, is_true: bool) -> Property:
    return Property(BOOLEAN, b"\xff" if is_true else b"\0")


def d3cold(*, is_allowed: bool) -> Property:
    """Enabled or disabled, bits 2 and 1, and bit 8: it is so by default."""
    return uint32(1 << 8 | (1 << 2 if is_allowed else 1 << 1))


def power_data(state: int) -> Property:
    return Property(BINARY, struct.pack("<II", 56, state) + bytes(48))


def memory(start: int, length: int, flags: int = 0x80, kind: int | None = None) -> Resource:
    kind = kind or (7 if length >> 32 else 1)
    return Resource(kind, struct.pack("<IIQQII", 0, 1, start, start + length - 1, flags, 0))


def ports(start: int, length: int, flags: int = 0x100) -> Resource:
    return Resource(2, struct.pack("<IIQQI", 0, 1, start, start + length - 1, flags))


def _instance_id(number: int, function: Function) -> str:
    subsystem = (function.subsystem_device or 0) << 16 | (function.subsystem_vendor or 0)
    kind = (
        f"VEN_{function.vendor:04X}&DEV_{function.device:04X}&SUBSYS_{subsystem:08X}&REV_{function.revision or 0:02X}"
    )
    return f"PCI\\{kind}\\4&1A2B3C4D&0&{number:04X}"


def _devnode(function: Function, ids: Mapping, state) -> Devnode:
    bars, windows = (_bar(bar) for bar in function.bars if bar.start), map(_window, function.windows)
    resources = [*bars, *windows, Resource(4, bytes(20))]
    return Devnode(
        ids[function.address], dict(_properties(function, ids, state)), resources, status=0x180200A, problem=0
    )


def _properties(function: Function, ids: Mapping, state):
    address = function.address
    yield "bus_number", uint32(address.domain << 8 | address.bus)
    yield "address", uint32(address.device << 16 | address.function)
    yield "parent", string(ids.get(function.parent, "ACPI\\PNP0A08\\0"))
    yield "hardware_ids", strings(ids[address].rpartition("\\")[0], f"PCI\\CC_{function.class_code:06X}")
    for name, shift in (("base_class", 16), ("sub_class", 8), ("prog_if", 0)):
        yield name, uint32(function.class_code >> shift & 0xFF)
    service = SERVICES.get(function.driver or "", function.driver)
    if service:
        yield "service", string(service)
    if function.port_type is not None:
        yield "device_type", uint32(DEVICE_TYPES[function.port_type])
    yield "power_data", power_data(1)
    yield "bar_types", uint32(_bar_types(function.bars))
    if function.serial_number:
        yield "serial_number", Property(UINT64, struct.pack("<Q", function.serial_number))
    if function.is_d3cold_allowed is not None:
        yield "d3cold_support", d3cold(is_allowed=function.is_d3cold_allowed)
    if function.is_removable is not None:
        yield "in_local_machine", boolean(is_true=not function.is_removable)
        yield "removal_policy", uint32(3 if function.is_removable else 1)
    yield from _link(function, state)


def _link(function: Function, state):
    if function.max_link_speed_gts and function.max_link_width:
        yield "max_link_speed", uint32(SPEEDS[function.max_link_speed_gts])
        yield "max_link_width", uint32(function.max_link_width)
    if state is not None and state.link_speed_gts and state.link_width:
        yield "link_speed", uint32(SPEEDS[state.link_speed_gts])
        yield "link_width", uint32(state.link_width)
    if function.max_payload_bytes:
        yield "payload_size", uint32(function.max_payload_bytes.bit_length() - 8)
    if function.max_read_request_bytes:
        yield "read_request_size", uint32(function.max_read_request_bytes.bit_length() - 8)


def _bar_types(bars: Iterable[Bar]) -> int:
    """Counts of port, memory, 32-bit prefetchable and 64-bit prefetchable BARs, a byte for each from the lowest."""
    counts = [0, 0, 0, 0]
    for bar in bars:
        if bar.kind is BarKind.IO:
            counts[0] += 1
        else:
            counts[1 if not bar.is_prefetchable else 3 if bar.kind is BarKind.MEMORY_64 else 2] += 1
    return int.from_bytes(bytes(counts), "little")


def _bar(bar: Bar) -> Resource:
    if bar.kind is BarKind.IO:
        return ports(bar.start, bar.length_bytes)
    return memory(bar.start, bar.length_bytes, 0x84 if bar.is_prefetchable else 0x80)


def _window(window: Window) -> Resource:
    length = window.end - window.start + 1
    if window.kind is WindowKind.IO:
        return ports(window.start, length, 0x80)
    return memory(window.start, length, 0x44 if window.kind is WindowKind.PREFETCHABLE else 0x40)
