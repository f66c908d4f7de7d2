"""The agent on Windows: the configuration manager, calls about the platform, and the driver's device."""

import errno
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from barwatch_agent.access.devnode_places import DevnodePlaces
from barwatch_agent.access.kernel import KernelReader
from barwatch_agent.access.through_driver import ConfigThroughDriver
from barwatch_agent.access.user import MappingReader
from barwatch_agent.access.ways_to_map import ThroughDriver
from barwatch_agent.driver import windows as driver_of_windows
from barwatch_agent.driver.abi import Status
from barwatch_agent.driver.connection import Driver
from barwatch_agent.driver.device import Device, DriverError
from barwatch_agent.driver.linux import open_device
from barwatch_agent.evidence import AskingWitness, OsFacts, ask_driver, config_or_reason
from barwatch_agent.roots import Roots
from barwatch_agent.settings.windows import Told, read_windows_settings
from barwatch_agent.settings.windows.host import windows_host_facts
from barwatch_agent.systems import System
from barwatch_agent.topology.place import Place
from barwatch_agent.topology.windows import Latest, ReadConfigs, WindowsScanner, corrected_by_address
from barwatch_agent.topology.windows_now import Now, Standing
from barwatch_agent.topology.windows_place import Found
from barwatch_agent.windows.calls import Libraries
from barwatch_agent.windows.facts import Source
from barwatch_agent.windows.kept import KeptSource, keep
from barwatch_agent.windows.live import this_machine
from barwatch_proto.pci import Address
from barwatch_proto.topology import Function


def windows_system(libraries: Libraries, now_ns: Callable[[], int]) -> System:
    """This Windows machine."""
    opener = partial(driver_of_windows.open_device, libraries.kernel32)
    driver = Driver(Path(driver_of_windows.NAME), opener, driver_of_windows.NAME)
    ways = Configs(ConfigsThroughDriver(driver), partial(config_or_reason, driver))
    return _system(this_machine(libraries), driver, ways, now_ns)


def kept_windows_system(roots: Roots, now_ns: Callable[[], int]) -> System:
    """A Windows machine that was recorded; it has no driver to ask."""
    source, latest = KeptSource(roots.windows), Latest()

    def of_all(found: Sequence[Found], _places: Mapping[Address, Place]) -> Mapping[Address, bytes]:
        return {each.address: source.config(each.node.instance_id) for each in found}

    def of_hop(function: Address, bridge: int) -> tuple[bytes, str | None]:
        config = latest.config(latest.found[latest.places[function].chain[-1 - bridge]])
        return config, None if config else "it was not recorded"

    driver = Driver(roots.dev / "barwatch", open_device, driver_of_windows.NAME)
    return _system(source, driver, Configs(of_all, of_hop), now_ns, latest)


@dataclass(frozen=True, slots=True)
class Configs:
    """Configuration spaces: of all functions for a look, of one hop for evidence."""

    of_all: ReadConfigs
    of_hop: Callable[[Address, int], tuple[bytes, str | None]]


def _system(
    source: Source, driver: Driver, configs: Configs, now_ns: Callable[[], int], latest: Latest | None = None
) -> System:
    latest = latest or Latest()
    now = Now(source, latest)
    user = MappingReader(DevnodePlaces(now), ThroughDriver(driver))
    return System(
        scanner=WindowsScanner(source, configs.of_all, now_ns, latest),
        bus=partial(present, source),
        settings=lambda: read_windows_settings(Told(source.facts(), [each.node for each in latest.found.values()])),
        facts=lambda hostname: windows_host_facts(source.facts(), hostname),
        config_of=partial(_config_of, latest),
        driver=driver,
        readers=(user, KernelReader(driver), ConfigThroughDriver(driver)),
        witness=AskingWitness(configs.of_hop, partial(os_facts, now, source)),
        as_files=partial(_as_files, source, latest),
    )


@dataclass(frozen=True, slots=True)
class ConfigsThroughDriver:
    """Configuration spaces as far as the policy grants them: of a function, and of the bridges of its route."""

    driver: Driver

    def __call__(self, found: Sequence[Found], places: Mapping[Address, Place]) -> Mapping[Address, bytes]:
        """By address, whatever is refused left out; the deepest functions first: a rule for one grants its bridges."""
        try:
            device = self.driver.device()
        except OSError:
            return {}
        configs: dict[Address, bytes] = {}
        for each in sorted(found, key=lambda each: len(places[each.address].chain), reverse=True):
            self._read_route(device, places[each.address].chain, configs)
        return configs

    def _read_route(self, device: Device, chain: Sequence[Address], configs: dict[Address, bytes]) -> None:
        """What of a route is not known yet, from the function upwards, until no rule grants it."""
        for bridge, hop in enumerate(reversed(chain)):
            if hop in configs:
                continue
            try:
                configs[hop], _ = ask_driver(device, chain[-1], bridge)
            except DriverError as error:
                if error.status == Status.DENIED_POLICY:
                    return
            except OSError:
                self.driver.close()
                return


def present(source: Source) -> tuple[str, ...]:
    """Instance ids of the functions that are there; none when Windows does not tell."""
    try:
        return tuple(sorted(source.names()))
    except OSError:
        return ()


def os_facts(now: Now, source: Source, addresses: Sequence[Address]) -> Sequence[OsFacts]:
    """What Windows says of the functions at these addresses; its log of corrected errors is asked once."""
    standings = now.look(addresses)
    corrected = corrected_by_address(source.corrected_errors())
    return [_facts_of(address, now, standings.get(address), corrected) for address in addresses]


def _facts_of(address: Address, now: Now, known: Standing | None, corrected: Mapping[Address, int] | None) -> OsFacts:
    if known is None:
        return OsFacts(is_gone=True)
    return OsFacts(
        power_state=known.power.get(address),
        driver=known.driver,
        is_gone=False,
        bars=now.bars(address),
        correctable_errors=None if corrected is None else corrected.get(address, 0),
    )


def _config_of(latest: Latest, function: Function) -> bytes:
    """As the latest look read it.

    Raises:
        OSError: it was not read.
    """
    found = latest.found.get(function.address)
    config = latest.config(found) if found else b""
    if not config:
        raise OSError(errno.EACCES, "no rule of the driver's policy grants its configuration space")
    return config


def _as_files(source: Source, latest: Latest, folder: Path) -> Roots:
    """The machine below a folder, with the configuration spaces of the latest look."""
    configs = {instance_id: config for (_, instance_id), config in latest.configs.items()}
    roots = Roots.beside(folder / "sys")
    keep(source, configs, roots.windows)
    return roots
