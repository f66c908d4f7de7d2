"""The agent on Linux: sysfs, and the driver's device."""

from collections.abc import Callable
from functools import partial

from barwatch_agent.access import RegisterReader
from barwatch_agent.access.config import ConfigReader
from barwatch_agent.access.kernel import KernelReader
from barwatch_agent.access.user import UserReader
from barwatch_agent.access.ways_to_map import FirstThatWorks, ThroughDriver, ThroughSysfs, WayToMap
from barwatch_agent.config import UserMapping
from barwatch_agent.driver.connection import Driver
from barwatch_agent.driver.linux import open_device
from barwatch_agent.evidence import LinuxWitness
from barwatch_agent.roots import Roots
from barwatch_agent.settings import read_settings
from barwatch_agent.settings.host import host_facts
from barwatch_agent.systems import System
from barwatch_agent.topology.linux import LinuxScanner, asleep, present, read_config


def linux_system(roots: Roots, user_mapping: UserMapping, now_ns: Callable[[], int]) -> System:
    """This Linux machine, or the copy of one below other roots."""
    driver = Driver(roots.dev / "barwatch", open_device)
    return System(
        scanner=LinuxScanner(roots, now_ns),
        bus=partial(present, roots),
        settings=lambda: read_settings(roots),
        facts=partial(host_facts, roots),
        config_of=partial(read_config, roots),
        driver=driver,
        readers=_readers(roots, user_mapping, driver),
        witness=LinuxWitness(roots, partial(asleep, roots), driver),
        as_files=lambda _: roots,
    )


def _readers(roots: Roots, user_mapping: UserMapping, driver: Driver) -> tuple[RegisterReader, ...]:
    """User and kernel next to each other, so that both look at the same moment.

    User first: when a BAR moved, the driver takes stale mappings back as soon as it is asked for a register of it, and
    what an application would have read through them would never be seen.
    """
    way = _way_to_map(user_mapping, roots, driver)
    return (UserReader(roots, way), KernelReader(driver), ConfigReader(roots))


def _way_to_map(wanted: UserMapping, roots: Roots, driver: Driver) -> WayToMap:
    match wanted:
        case "sysfs":
            return ThroughSysfs(roots)
        case "driver":
            return ThroughDriver(driver)
        case "auto":
            return FirstThatWorks(ThroughDriver(driver), ThroughSysfs(roots))
