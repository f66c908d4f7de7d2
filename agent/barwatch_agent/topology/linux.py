"""The topology of a Linux machine, from sysfs under a root that tests, replays and containers replace."""

import errno
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from barwatch_agent.roots import Roots, why
from barwatch_agent.topology import Scan
from barwatch_agent.topology.assemble import Material, NotAFunctionError, Texts, function_of, power_of, state_of
from barwatch_agent.topology.place import Place, keys
from barwatch_agent.topology.sleep import Power, sleeper, would_wake
from barwatch_agent.topology.sysfs import DEVICES, GONE, LINK_TEXTS, Folder, Reading, place_at, read_function
from barwatch_agent.topology.sysfs_config import read_config_space
from barwatch_agent.topology.thunderbolt import ThunderboltSide, read_thunderbolt
from barwatch_agent.topology.tunnels import Hints, external_facing, tunnelled
from barwatch_proto.config_space import Overview, overview
from barwatch_proto.config_space.header import BYTES as HEADER_BYTES
from barwatch_proto.pci import ADDRESS, Address
from barwatch_proto.topology import Function, Topology

NO_ANSWER = b"\xff" * HEADER_BYTES  # a whole header of ones: a function that is there has at least a class


@dataclass(slots=True)
class Memory:
    """Configuration spaces as they were when functions were last awake and answered.

    Without it a machine would look different each time a bridge falls asleep or a function hangs, and its snapshot with
    it: what comes and goes would pass for configuration.
    """

    _known: dict[tuple[Address, str], bytes] = field(default_factory=dict)

    def recall(self, reading: Reading) -> bytes:
        """The configuration space of the same function at the same place; empty when it was never awake."""
        return self._known.get(_identity(reading), b"")

    def keep(self, configs: Mapping[tuple[Address, str], bytes]) -> None:
        """Remember these, and forget functions that are gone."""
        self._known = dict(configs)


@dataclass(frozen=True, slots=True)
class LinuxScanner:
    """Looks at a Linux machine; remembers what functions looked like that sleep or hang now."""

    roots: Roots
    now_ns: Callable[[], int]
    memory: Memory = field(default_factory=Memory)

    def scan(self) -> Scan:
        """The machine as it is now."""
        return scan(self.roots, self.now_ns(), self.memory)


def scan(roots: Roots, now_ns: int, memory: Memory | None = None) -> Scan:
    """The machine as sysfs under ``roots`` shows it; never raises for a function, only notes it."""
    problems: list[str] = []
    readings = list(_readings(str(roots.sys / DEVICES), problems))
    texts = {reading.place.address: Texts(reading.texts) for reading in readings}
    power = {address: power_of(each) for address, each in texts.items()}
    materials = _materials(readings, texts, power, memory or Memory())
    states = {address: state_of(material, power[address], now_ns) for address, material in materials.items()}
    functions = dict(_functions(materials, problems))
    thunderbolt = read_thunderbolt(str(roots.sys))
    finished = _finished(functions, readings, has_domains=bool(thunderbolt.domains))
    finished_states = tuple(replace(states[function.address], key=function.key) for function in finished)
    return Scan(_topology(finished, thunderbolt, problems), finished_states)


def read_config(roots: Roots, function: Function) -> bytes:
    """A function's configuration space: the first 256 bytes and its extended capabilities, all ones in between.

    Raises:
        OSError: it cannot be read, or reading it now would wake something.
    """
    reason = asleep(roots, function.address)
    if reason is not None:
        raise BlockingIOError(errno.EAGAIN, reason)
    config, problem = read_config_space(str(roots.sys / DEVICES / str(function.address) / "config"))
    if not config:
        raise OSError(errno.EIO, problem or "empty")
    return config


def present(roots: Roots) -> tuple[str, ...]:
    """Names of the functions that are there; none when sysfs does not tell. Cheap enough for each second."""
    try:
        return tuple(sorted(os.listdir(roots.sys / DEVICES)))  # noqa: PTH208 names are all we want
    except OSError:
        return ()


def asleep(roots: Roots, address: Address) -> str | None:
    """Why configuration space at this address must not be read now; None when it may.

    A function that is gone is not asleep: reading it fails by itself.
    """
    devices = str(roots.sys / DEVICES)
    try:
        chain = place_at(devices, address).chain
    except OSError:
        return None
    hop = sleeper(chain, {each: _power_at(f"{devices}/{each}") for each in chain})
    return None if hop is None else would_wake(hop)


def _power_at(folder: str) -> Power:
    names = ("power_state", "power/runtime_status")
    return power_of(Texts(Folder(folder, frozenset({"power_state", "power"})).texts(names)))


def _readings(devices: str, problems: list[str]) -> Iterable[Reading]:
    """All functions in the order of their addresses, without those that go away meanwhile."""
    for address in _addresses(devices, problems):
        try:
            yield read_function(devices, address)
        except OSError as error:
            reason = "vanished during the scan" if error.errno in GONE else why(error)
            problems.append(f"{address}: {reason}")


def _addresses(devices: str, problems: list[str]) -> list[Address]:
    try:
        names = sorted(os.listdir(devices))  # noqa: PTH208 names are all we want
    except OSError as error:
        problems.append(f"{DEVICES}: {why(error)}")
        return []
    problems.extend(f"{DEVICES}: {name!r} is not a PCI address" for name in names if not ADDRESS.fullmatch(name))
    return sorted(Address.parse(name) for name in names if ADDRESS.fullmatch(name))


def _materials(
    readings: Iterable[Reading], texts: Mapping[Address, Texts], power: Mapping[Address, Power], memory: Memory
) -> dict[Address, Material]:
    versions: dict[str | None, str | None] = {None: None}
    configs: dict[tuple[Address, str], bytes] = {}
    materials = {}
    for reading in readings:
        address = reading.place.address
        config = _config(reading, power, memory)
        configs[_identity(reading)] = config.data
        if reading.driver not in versions:
            versions[reading.driver] = _version(reading.folder)
        materials[address] = _material(reading, texts[address], config, versions[reading.driver])
    memory.keep(configs)
    return materials


@dataclass(frozen=True, slots=True)
class _Config:
    """A configuration space, why it is short or absent, and whether it is of now."""

    data: bytes
    problem: str | None
    is_fresh: bool


def _config(reading: Reading, power: Mapping[Address, Power], memory: Memory) -> _Config:
    """What there is to decode: of now, or of the last time that the function was awake and answered."""
    remembered = memory.recall(reading)
    hop = sleeper(reading.place.chain, power)
    if hop is not None:
        return _Config(remembered, None if remembered else would_wake(hop), is_fresh=False)
    data, problem = read_config_space(f"{reading.folder.path}/config")
    if remembered and data.startswith(NO_ANSWER):
        return _Config(remembered, None, is_fresh=False)
    return _Config(data, problem, is_fresh=True)


def _material(reading: Reading, texts: Texts, config: _Config, version: str | None) -> Material:
    view = overview(config.data) if config.data else Overview()
    if config.is_fresh and view.express is None:
        texts.by_name.update(reading.folder.texts(LINK_TEXTS))  # they read configuration space, so they wake too
    if config.problem is not None:
        view = replace(view, problems=(config.problem,))  # one line says it all: the rest follows from it
    return Material(
        place=reading.place,
        texts=texts,
        view=view,
        config_bytes=len(config.data),
        is_view_fresh=config.is_fresh,
        driver=reading.driver,
        driver_version=version,
        iommu_group=reading.iommu_group,
        problems=tuple(reading.folder.problems),
    )


def _version(folder: Folder) -> str | None:
    """The version of the bound driver's module; drivers that are part of the kernel have none."""
    return folder.text("driver/module/version") or None


def _functions(materials: Mapping[Address, Material], problems: list[str]) -> Iterable[tuple[Address, Function]]:
    for address, material in materials.items():
        try:
            yield address, function_of(material)
        except NotAFunctionError as error:
            problems.append(f"{address}: left out: {error}")


def _finished(
    functions: Mapping[Address, Function], readings: Iterable[Reading], *, has_domains: bool
) -> tuple[Function, ...]:
    """Functions with their keys and with what only their neighbours tell."""
    known = [reading for reading in readings if reading.place.address in functions]
    places: dict[Address, Place] = {reading.place.address: reading.place for reading in known}
    key = keys(places, list(functions.values()))
    hints = Hints(
        suppliers={reading.place.address: reading.suppliers for reading in known if reading.suppliers},
        chains={address: place.chain for address, place in places.items()},
        has_domains=has_domains,
    )
    through_tunnel = tunnelled(functions.values(), hints)
    facing = external_facing(functions.values())
    return tuple(
        replace(
            function,
            key=key[address],
            is_tunnelled=through_tunnel[address],
            is_external_facing=True if address in facing else None,
        )
        for address, function in functions.items()
    )


def _topology(functions: tuple[Function, ...], thunderbolt: ThunderboltSide, problems: list[str]) -> Topology:
    return Topology(functions, thunderbolt.domains, thunderbolt.devices, (*problems, *thunderbolt.problems))


def _identity(reading: Reading) -> tuple[Address, str]:
    """The address and what is there: what is plugged in at the same address later is something else."""
    names = ("vendor", "device", "class", "revision", "subsystem_vendor", "subsystem_device")
    return reading.place.address, " ".join(reading.texts.get(name, "?") for name in names)
