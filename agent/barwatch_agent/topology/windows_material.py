"""What Windows tells of one function, as the function and state that a Linux machine would give for it.

Facts of both systems go through one assembler, in the words of sysfs, so that one function has one description, one
fingerprint and one key, whoever looked at it. What Linux takes from configuration space and Windows tells itself is
filled in after that, where configuration space was not read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from barwatch_agent.topology.assemble import Material, Texts
from barwatch_agent.topology.place import Place
from barwatch_agent.topology.windows_bars import INFERRED, bars, windows
from barwatch_agent.topology.windows_place import Found
from barwatch_agent.windows import properties
from barwatch_agent.windows.facts import Devnode, Property
from barwatch_agent.windows.instance_id import class_of, ids_of
from barwatch_agent.windows.power import power_state
from barwatch_agent.windows.resources import Range, range_of
from barwatch_proto.config_space import Overview, overview
from barwatch_proto.config_space.link import SPEEDS_GTS, WIDTHS
from barwatch_proto.pci import PortType
from barwatch_proto.topology import Function, FunctionState

PORT_TYPES = MappingProxyType({  # WDK pciprop.h, DevProp_PciDevice_DeviceType and BridgeType
    0: PortType.CONVENTIONAL,
    1: PortType.CONVENTIONAL,  # PCI-X
    2: PortType.ENDPOINT,
    3: PortType.LEGACY_ENDPOINT,
    4: PortType.ROOT_COMPLEX_ENDPOINT,
    6: PortType.CONVENTIONAL,
    7: PortType.CONVENTIONAL,
    8: PortType.ROOT_PORT,
    9: PortType.UPSTREAM_PORT,
    10: PortType.DOWNSTREAM_PORT,
    11: PortType.PCIE_TO_PCI_BRIDGE,
    12: PortType.PCI_TO_PCIE_BRIDGE,
    14: PortType.ROOT_COMPLEX_EVENT_COLLECTOR,
})  # fmt: skip
LARGEST_SIZE_CODE = 5  # 4096 bytes
COLD_DISABLED, COLD_ENABLED, COLD_DISABLED_BY_BRIDGE = 1 << 1, 1 << 2, 1 << 4  # ntddk.h, PCI_DEVICE_D3COLD_STATE_REASON
SURPRISE = 3  # CM_REMOVAL_POLICY_EXPECT_SURPRISE_REMOVAL
NOT_STARTED = "resource: none is assigned, since the device did not start: problem code {}"
NOT_READ = "configuration space was not read: the driver is not there, or no rule of its policy grants it"

T = TypeVar("T")


@dataclass(slots=True)
class Told:
    """The properties of one device, and what was wrong with those that were taken."""

    node: Devnode
    problems: list[str] = field(default_factory=list)

    def take(self, name: str, parse: Callable[[Property], T]) -> T | None:
        """What a property says; None when the device does not have it, or when it is rubbish."""
        found = self.node.properties.get(name)
        if found is None:
            return None
        try:
            return parse(found)
        except ValueError as error:
            self.problems.append(f"{name}: {error}")
            return None

    def number(self, name: str) -> int | None:
        """A property that is a number."""
        return self.take(name, properties.number)

    def ranges(self) -> list[Range] | None:
        """What the function was assigned; None when that could not be read."""
        if self.node.resources is None:
            return None
        found: list[Range] = []
        for resource in self.node.resources:
            try:
                each = range_of(resource)
            except ValueError as error:
                self.problems.append(f"resources: {error}")
            else:
                found += [each] if each else []
        return found

    def power_state(self) -> str | None:
        """``D0`` to ``D3``; None when Windows does not tell."""
        return self.take("power_data", lambda data: power_state(properties.binary(data)))

    def is_d3cold_allowed(self) -> bool | None:
        """Whether Windows may put the function into D3cold; None when it does not tell."""
        bits = self.number("d3cold_support") or 0
        if bits & (COLD_DISABLED | COLD_DISABLED_BY_BRIDGE):
            return False
        return True if bits & COLD_ENABLED else None


def material_of(found: Found, place: Place, config: bytes, *, is_fresh: bool) -> tuple[Material, Told]:
    """All that is known of a function, in the words of sysfs."""
    told = Told(found.node)
    view = overview(config) if config else replace(Overview(), problems=(NOT_READ,))
    texts = dict(_texts(told))
    service = told.take("service", properties.text)
    material = Material(
        place=place,
        texts=Texts(texts),
        view=view,
        config_bytes=len(config),
        is_view_fresh=is_fresh,
        driver=service or None,
        driver_version=told.take("driver_version", properties.text) or None,
        problems=found.node.problems,
    )
    return material, told


def completed(function: Function, material: Material, told: Told) -> Function:
    """The function with what Windows tells and configuration space did not."""
    ranges, header = told.ranges(), material.view.header
    ids = ids_of(told.node.instance_id)
    own = bars(ranges or (), header.bar_registers if header else (), told.number("bar_types"))
    inferred = [INFERRED] if own and not (header and any(header.bar_registers)) else []
    sizes = {each.bar: each.sizes_bytes for each in material.view.resizable_bars if each.sizes_bytes}
    is_named = bool(ids and (ids.subsystem_vendor or ids.subsystem_device))
    return replace(
        function,
        subsystem_vendor=ids.subsystem_vendor if ids and is_named else function.subsystem_vendor,
        subsystem_device=ids.subsystem_device if ids and is_named else function.subsystem_device,
        port_type=function.port_type or PORT_TYPES.get(_or(told.number("device_type"), -1)),
        bars=tuple(replace(bar, resizable_bytes=sizes.get(bar.index, ())) for bar in own),
        windows=function.windows or windows(ranges or ()),
        max_link_speed_gts=_or(function.max_link_speed_gts, _speed(told, "max_link_speed")),
        max_link_width=_or(function.max_link_width, _width(told, "max_link_width")),
        serial_number=function.serial_number or _serial(told),
        max_payload_bytes=_or(function.max_payload_bytes, _size(told, "payload_size")),
        max_read_request_bytes=_or(function.max_read_request_bytes, _size(told, "read_request_size")),
        is_removable=_is_removable(told),
        is_d3cold_allowed=told.is_d3cold_allowed(),
        problems=(*function.problems, *dict.fromkeys(told.problems), *inferred, *_not_started(told.node)),
    )


def _not_started(node: Devnode) -> list[str]:
    """Without this, BARs that nobody assigned would pass for BARs that the function does not have."""
    return [NOT_STARTED.format(node.problem)] if node.problem and not node.resources else []


def state_completed(state: FunctionState, told: Told, corrected: int | None) -> FunctionState:
    """The state with what Windows tells and configuration space did not; ``corrected`` counts events of it."""
    power = told.power_state()
    is_hot = power == "D3" and state.is_memory_decoding is not None  # configuration space answers: D3cold would not
    return replace(
        state,
        power_state="D3hot" if is_hot else power,
        link_speed_gts=_or(state.link_speed_gts, _speed(told, "link_speed")),
        link_width=_or(state.link_width, _width(told, "link_width")),
        aer_correctable=corrected,
    )


def buses_below(function: Function, functions: Sequence[Function]) -> tuple[int, int] | None:
    """The lowest and the highest bus below a bridge, from what is there; None when nothing is."""
    below = {function.address}
    for each in sorted(functions, key=lambda each: each.address):
        if each.parent in below:
            below.add(each.address)
    buses = [address.bus for address in below if address != function.address]
    return (min(buses), max(buses)) if buses else None


def _texts(told: Told) -> Sequence[tuple[str, str]]:
    ids = ids_of(told.node.instance_id)
    found: list[tuple[str, str]] = []
    if ids is not None:
        found += [("vendor", f"0x{ids.vendor:04x}"), ("device", f"0x{ids.device:04x}")]
        found += [("revision", f"0x{ids.revision:02x}")] if ids.revision is not None else []
    class_code = _class_code(told)
    found += [("class", f"0x{class_code:06x}")] if class_code is not None else []
    found += [("resource", "")] if told.node.resources is not None else []
    return found


def _class_code(told: Told) -> int | None:
    parts = [told.number(name) for name in ("base_class", "sub_class", "prog_if")]
    if None not in parts:
        base, sub, interface = (part or 0 for part in parts)
        return (base & 0xFF) << 16 | (sub & 0xFF) << 8 | interface & 0xFF
    return class_of(told.take("hardware_ids", properties.texts) or ())


def _is_removable(told: Told) -> bool | None:
    """Whether Windows says that it can be taken away: it sits in another box, or is expected to go by surprise."""
    is_inside = told.take("in_local_machine", properties.boolean)
    policy = told.number("removal_policy")
    if is_inside is None and policy is None:
        return None
    return is_inside is False or policy == SURPRISE


def _serial(told: Told) -> int | None:
    """The Device Serial Number, as a number or as its eight bytes."""
    found = told.node.properties.get("serial_number")
    if found is None or found.kind != properties.BINARY:
        return told.number("serial_number") or None
    return int.from_bytes(found.data[:8], "little") or None


def _speed(told: Told, name: str) -> float | None:
    return SPEEDS_GTS.get(_or(told.number(name), 0))


def _width(told: Told, name: str) -> int | None:
    lanes = told.number(name)
    return lanes if lanes in WIDTHS else None


def _size(told: Told, name: str) -> int | None:
    """Bytes of a payload or read request, which is told as a power of two from 128."""
    code = told.number(name)
    return 128 << code if code is not None and 0 <= code <= LARGEST_SIZE_CODE else None


def _or(first: T | None, second: T) -> T:
    return second if first is None else first
