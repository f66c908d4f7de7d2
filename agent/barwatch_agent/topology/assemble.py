"""Functions and their states made of what was read: arithmetic on text and bytes, no I/O."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from barwatch_agent.topology import attributes
from barwatch_agent.topology.place import Place
from barwatch_agent.topology.sleep import Power
from barwatch_proto.config_space import Link, Overview
from barwatch_proto.pci import PortType
from barwatch_proto.topology import Bar, Function, FunctionState

BRIDGE_CLASSES = frozenset({0x0604, 0x0607, 0x0609})  # PCI, CardBus, semi-transparent; PCI Code and ID Assignment, 1.7
STANDARD_BYTES = 256  # what must have been read before "there is no PCI Express capability" means anything
IOMMU_GROUP = re.compile(r"[0-9]{1,9}")  # Linux counts them up from 0; more digits are rubbish and overflow the wire
EXPECTED = ("resource",)  # every function has it

T = TypeVar("T")


class NotAFunctionError(ValueError):
    """What is there does not tell which function it is; the text says why."""


@dataclass(slots=True)
class Texts:
    """The text files of one function, and what was wrong with those that were taken."""

    by_name: dict[str, str]
    problems: list[str] = field(default_factory=list)

    def take(self, name: str, parse: Callable[[str], T]) -> T | None:
        """What the file says; None when there is none, when it is rubbish, or when Linux does not know."""
        text = self.by_name.get(name)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            self.problems.append(f"{name}: {error}")
            return None


@dataclass(frozen=True, slots=True)
class Material:
    """All that was read of one function."""

    place: Place
    texts: Texts
    view: Overview  # empty when configuration space was not read
    config_bytes: int  # how much of it there is
    is_view_fresh: bool  # False: configuration space as it was when the function was last awake
    driver: str | None = None
    driver_version: str | None = None
    iommu_group: str | None = None
    problems: tuple[str, ...] = ()  # of reading


def power_of(texts: Texts) -> Power:
    """The power of a function as the OS tells it."""
    return Power(
        texts.take("power_state", attributes.power_state), texts.take("power/runtime_status", attributes.runtime_status)
    )


def function_of(material: Material) -> Function:
    """The function, as yet without its key and without what only its neighbours tell.

    Raises:
        NotAFunctionError: neither sysfs nor configuration space has its ids and class.
    """
    texts, view = material.texts, material.view
    vendor, device, class_code = _ids(material)
    header, express, link = view.header, view.express, _link(view)
    is_bridge = header.is_bridge if header and header.layout is not None else class_code >> 8 in BRIDGE_CLASSES
    buses = header.buses if header else None
    subsystem_vendor, subsystem_device = _subsystem(material, is_bridge=is_bridge)
    function = Function(
        address=material.place.address,
        parent=material.place.parent,
        key="",
        vendor=vendor,
        device=device,
        class_code=class_code,
        revision=_or(texts.take("revision", attributes.revision), header.revision if header else None),
        subsystem_vendor=subsystem_vendor,
        subsystem_device=subsystem_device,
        port_type=_port_type(material),
        bars=_bars(material),
        is_bridge=is_bridge,
        secondary_bus=buses.secondary if buses else None,
        subordinate_bus=buses.subordinate if buses else None,
        windows=view.windows.windows if view.windows else (),
        max_link_speed_gts=_or(
            link.max_speed_gts if link else None, texts.take("max_link_speed", attributes.link_speed)
        ),
        max_link_width=_or(link.max_width if link else None, texts.take("max_link_width", attributes.link_width)),
        capabilities=view.walk.names,
        serial_number=view.serial_number,
        is_hotplug_capable=express.slot.is_hotplug_capable if express and express.slot else None,
        is_removable=texts.take("removable", attributes.removable),
        is_d3cold_allowed=texts.take("d3cold_allowed", attributes.switch),
        iommu_group=_iommu_group(material),
        driver=material.driver,
        driver_version=material.driver_version,
        max_payload_bytes=express.max_payload_bytes if express else None,
        max_read_request_bytes=express.max_read_request_bytes if express else None,
        aspm=link.aspm if link else None,
        l1_substates=_joined(view.l1_substates.enabled if view.l1_substates else None),
        acs=_joined(view.acs.enabled if view.acs else None),
        has_dpc_enabled=view.dpc.is_enabled if view.dpc else None,
        is_ari_enabled=texts.take("ari_enabled", attributes.switch),
    )
    return replace(function, problems=_problems(material))


def state_of(material: Material, power: Power, taken_at_ns: int) -> FunctionState:
    """What comes and goes, as yet without its key; a configuration space that is not fresh says nothing about it."""
    texts = material.texts
    view = material.view if material.is_view_fresh else Overview()
    link = _link(view)
    return FunctionState(
        key="",
        taken_at_ns=taken_at_ns,
        power_state=power.state,
        runtime_status=power.runtime_status,
        link_speed_gts=_or(link.speed_gts if link else None, texts.take("current_link_speed", attributes.link_speed)),
        link_width=_or(link.width if link else None, texts.take("current_link_width", attributes.link_width)),
        is_memory_decoding=view.header.is_memory_decoding if view.header else None,
        aer_correctable=texts.take("aer_dev_correctable", attributes.error_total),
        aer_nonfatal=texts.take("aer_dev_nonfatal", attributes.error_total),
        aer_fatal=texts.take("aer_dev_fatal", attributes.error_total),
    )


def _ids(material: Material) -> tuple[int, int, int]:
    texts, header = material.texts, material.view.header
    vendor = _or(texts.take("vendor", attributes.pci_id), header.vendor if header else None)
    device = _or(texts.take("device", attributes.pci_id), header.device if header else None)
    class_code = _or(texts.take("class", attributes.class_code), header.class_code if header else None)
    if vendor is None or device is None or class_code is None:
        reasons = "; ".join((*material.problems, *texts.problems)) or "vendor, device or class: missing"
        raise NotAFunctionError(reasons)
    return vendor, device, class_code


def _subsystem(material: Material, *, is_bridge: bool) -> tuple[int | None, int | None]:
    """Subsystem ids; zeros name nobody. A bridge has them in a capability, which Linux does not look at."""
    texts, view = material.texts, material.view
    if is_bridge:
        vendor, device = (view.subsystem.vendor, view.subsystem.device) if view.subsystem else (None, None)
    else:
        vendor = texts.take("subsystem_vendor", attributes.pci_id)
        device = texts.take("subsystem_device", attributes.pci_id)
    return (vendor, device) if vendor or device else (None, None)


def _port_type(material: Material) -> PortType | None:
    """Conventional is a finding: the capabilities were read, and PCI Express was not among them."""
    view = material.view
    if view.express:
        return view.express.port_type
    is_known = material.config_bytes >= STANDARD_BYTES and view.header and view.header.vendor is not None
    return PortType.CONVENTIONAL if is_known and not view.problems else None


def _bars(material: Material) -> tuple[Bar, ...]:
    bars = material.texts.take("resource", attributes.assigned_bars) or ()
    sizes = {each.bar: each.sizes_bytes for each in material.view.resizable_bars if each.sizes_bytes}
    return tuple(replace(bar, resizable_bytes=sizes[bar.index]) if bar.index in sizes else bar for bar in bars)


def _link(view: Overview) -> Link | None:
    return view.express.link if view.express else None


def _iommu_group(material: Material) -> int | None:
    name = material.iommu_group
    return int(name) if name is not None and IOMMU_GROUP.fullmatch(name) else None


def _joined(names: tuple[str, ...] | None) -> str | None:
    """Names in one word; none of them enabled is an answer too."""
    return None if names is None else "+".join(names) or "disabled"


def _or(first: T | None, second: T | None) -> T | None:
    return second if first is None else first


def _problems(material: Material) -> tuple[str, ...]:
    missing = [f"{name}: missing" for name in EXPECTED if name not in material.texts.by_name]
    unknown = material.view.windows.unknown if material.view.windows else ()
    windows = [f"config: {kind.value} window reads all ones" for kind in unknown]
    view = [f"config: {problem}" for problem in material.view.problems]
    return (*material.problems, *missing, *dict.fromkeys(material.texts.problems), *view, *windows)
