"""The functions of a dump as a recorded host: the files of sysfs, as far as the text tells what is in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from barwatch_agent.lspci.bars import resource_file
from barwatch_agent.lspci.described import Described, Link
from barwatch_agent.lspci.dumps import Dump
from barwatch_agent.lspci.placing import Route, routes
from barwatch_agent.recorded import RecordedHost
from barwatch_agent.recorded.host import MAX_CONFIG
from barwatch_agent.recorded.paths import is_name
from barwatch_agent.recorded.sources import SOURCES, Kind
from barwatch_proto.config_space import decode_power_management, overview
from barwatch_proto.config_space.fields import DecodeError

DEVICES = "sys/bus/pci/devices"
GROUPS = "sys/kernel/iommu_groups"
NOT_TOLD = "lspci does not tell"
# Files in place of folders: one that is not there, or is empty, would say that the machine has no such thing.
UNKNOWN_FOLDERS = (
    "sys/bus/thunderbolt/devices",
    "sys/class/iommu",
    "sys/class/power_supply",
    "sys/class/tpm",
    "sys/firmware/acpi/tables",
    "sys/firmware/efi",
)


@dataclass(slots=True)
class _Files:
    """What is put together."""

    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    config: dict[str, bytes] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)


def host_of(dump: Dump, name: str, source: str) -> RecordedHost:
    """The machine that a dump shows. Settings are unreadable in it: a text of lspci says nothing about them.

    Raises:
        ConfigError: there are more functions than a recorded host holds.
    """
    made, where = _Files(), routes(dump)
    made.files |= dict.fromkeys(UNKNOWN_FOLDERS, f"{NOT_TOLD}\n")
    for address, function in sorted(dump.items()):
        if function.has_ids:
            _add(made, function, _folder(where[address], made))
    if not any(folder.startswith(GROUPS) for folder in made.folders):
        made.files[GROUPS] = f"{NOT_TOLD}\n"
    return RecordedHost(
        name=name,
        description="imported from the output of lspci",
        source=source,
        files=made.files,
        links=made.links,
        config=made.config,
        unreadable={each.path: NOT_TOLD for each in SOURCES if each.kind is Kind.TEXT and "*" not in each.path},
        empty_folders=tuple(sorted(made.folders)),
    )


def _folder(route: Route, made: _Files) -> str:
    """Where the function's files are; a real folder among the devices where nothing tells what is above it."""
    address = route.chain[-1]
    if not route.is_whole and len(route.chain) == 1:
        return f"{DEVICES}/{address}"
    first = route.chain[0]
    below = "/".join([f"devices/pci{first.domain:04x}:{first.bus:02x}", *map(str, route.chain)])
    made.links[f"{DEVICES}/{address}"] = f"../../../{below}"
    return f"sys/{below}"


def _add(made: _Files, function: Described, folder: str) -> None:
    """The function's files, as far as the text tells them."""
    made.files |= {f"{folder}/{name}": f"{text}\n" for name, text in _texts(function)}
    resource = resource_file(function)
    if resource is not None:
        made.files[f"{folder}/resource"] = resource
    if function.config:
        made.config[f"{folder}/config"] = function.config[:MAX_CONFIG]
    up = "../" * folder.count("/")
    for name, target in _targets(function):
        made.links[f"{folder}/{name}"] = f"{up}{target}"
        made.folders.add(f"sys/{target}")


def _targets(function: Described) -> Iterator[tuple[str, str]]:
    if function.driver is not None and is_name(function.driver) and "/" not in function.driver:
        yield "driver", f"bus/pci/drivers/{function.driver}"
    if function.iommu_group is not None:
        yield "iommu_group", f"kernel/iommu_groups/{function.iommu_group}"


def _texts(function: Described) -> Iterator[tuple[str, str]]:
    """Name and content of each text file."""
    for name, number, digits in _numbers(function):
        if number is not None:
            yield name, f"{number:#0{digits + 2}x}"
    power = _power_state(function)
    if power is not None:
        yield "power_state", power
    yield from _link("current_link", function.link)
    yield from _link("max_link", function.max_link)


def _numbers(function: Described) -> Iterator[tuple[str, int | None, int]]:
    """Ids as registers have them; a virtual function has none there, and a function that is gone has none at all."""
    header = overview(function.config).header if function.config else None
    has_ids = header is not None and header.vendor is not None
    subsystem = function.subsystem or (None, None)
    if header is not None and header.subsystem_vendor is not None and header.subsystem_device is not None:
        subsystem = (header.subsystem_vendor, header.subsystem_device)
    yield "vendor", header.vendor if header and has_ids else function.vendor, 4
    yield "device", header.device if header and has_ids else function.device, 4
    yield "class", _first(header.class_code if header else None, function.class_code), 6
    yield "revision", _first(header.revision if header else None, function.revision), 2
    yield "subsystem_vendor", subsystem[0], 4
    yield "subsystem_device", subsystem[1], 4


def _first(register: int | None, told: int | None) -> int | None:
    return told if register is None else register


def _power_state(function: Described) -> str | None:
    """As the function itself tells it; D3cold it cannot tell."""
    view = overview(function.config) if function.config else None
    offset = view.walk.offset_of("power_management") if view else None
    if offset is None:
        return function.power_state
    try:
        return decode_power_management(function.config, offset).state
    except DecodeError:
        return function.power_state


def _link(name: str, link: Link | None) -> Iterator[tuple[str, str]]:
    if link is not None:
        yield f"{name}_speed", f"{float(link.speed):.1f} GT/s PCIe"
        yield f"{name}_width", link.width
