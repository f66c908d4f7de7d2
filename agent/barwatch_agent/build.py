"""Puts the parts together: the only module that knows which technology stands behind each seam."""

import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from barwatch_agent.access import RegisterReader
from barwatch_agent.access.config import ConfigReader
from barwatch_agent.access.kernel import KernelReader
from barwatch_agent.access.simulated import SimulatedReader, load_simulated
from barwatch_agent.access.user import UserReader
from barwatch_agent.access.ways_to_map import FirstThatWorks, ThroughDriver, ThroughSysfs, WayToMap
from barwatch_agent.accounts import Accounts, Kept
from barwatch_agent.clock import Clock
from barwatch_agent.config import Config, UserMapping
from barwatch_agent.driver.connection import Driver
from barwatch_agent.driver.linux import open_device
from barwatch_agent.errors import ConfigError, SpoolError
from barwatch_agent.evidence import LinuxWitness
from barwatch_agent.identity import agent_id
from barwatch_agent.inventory import Inventory
from barwatch_agent.journal import Journal, kept
from barwatch_agent.metrics import AgentMetrics
from barwatch_agent.plan import Plan, load_plan, targets
from barwatch_agent.reads import Target
from barwatch_agent.roots import Roots
from barwatch_agent.run import Agent, Periods
from barwatch_agent.sampler import Sampler
from barwatch_agent.second_look import SecondLook
from barwatch_agent.settings import read_settings
from barwatch_agent.settings.host import host_facts
from barwatch_agent.spool import Limits, Spool
from barwatch_agent.spool_file import open_or_replace, open_spool
from barwatch_agent.topology.linux import LinuxScanner, asleep, read_config
from barwatch_agent.uplink import Speaker, Uplink
from barwatch_proto.codec import WireError
from barwatch_proto.snapshot import HostFacts
from barwatch_proto.telemetry import Refused
from barwatch_proto.topology import Topology
from barwatch_proto.version import __version__
from barwatch_proto.words import Access

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Machine:
    """What one look at a machine needs: eyes, ways in, and the plan."""

    roots: Roots
    inventory: Inventory
    readers: Sequence[RegisterReader]
    second_look: SecondLook
    plan: Plan

    def locate(self, topology: Topology) -> Sequence[Target]:
        """The plan's registers on the functions of this topology."""
        return targets(self.plan, topology, partial(read_config, self.roots))


def build_machine(config: Config, clock: Clock) -> Machine:
    """The machine that the configuration names: this one, or the copy under another sysfs.

    Raises:
        ConfigError: a plan or a simulation file is wrong, or there is no PCI at all.
    """
    roots = Roots.beside(Path(config.sysfs))
    if not (roots.sys / "bus/pci/devices").is_dir():
        msg = f"{roots.sys}/bus/pci/devices: not there; is this a machine with PCI, and is --sysfs right?"
        raise ConfigError(msg)
    plan = load_plan([Path(file) for file in config.plan])
    driver = Driver(roots.dev / "barwatch", open_device)
    readers = _readers(config, roots, driver)
    inventory = Inventory(
        scanner=LinuxScanner(roots, clock.now_ns),
        settings=lambda: read_settings(roots),
        ways_in=lambda: [*(reader.status() for reader in readers), *driver.settings()],
        facts=lambda: host_facts(roots, config.hostname or socket.gethostname()),
        now_ns=clock.now_ns,
    )
    second_look = SecondLook(LinuxWitness(roots, partial(asleep, roots), driver), clock, _mapped_start(readers))
    return Machine(roots, inventory, readers, second_look, plan)


@dataclass(frozen=True, slots=True)
class Line:
    """The way from accounts to the collector. ``refused`` is filled by the uplink's thread."""

    journal: Journal
    uplink: Uplink
    refused: list[Refused]


def build_line(config: Config, state: Path, clock: Clock, metrics: AgentMetrics, facts: HostFacts) -> Line:
    """Journal and uplink over the spool in the state folder.

    Raises:
        ConfigError: the state folder is wrong.
    """
    identity = agent_id(state)
    spool, problem = _open_spool(config, state, clock)
    journal = _journal(spool, clock, metrics)
    if problem is not None:
        log.warning("spool: %s", problem)
        now_ns = clock.now_ns()
        journal.tell_gap("spool_corrupt", now_ns, now_ns, detail=problem[:500])
    speaker = Speaker(identity, facts.hostname, __version__, facts.system, facts.hardware_uuid)
    refused: list[Refused] = []
    return Line(journal, Uplink(config.collector, speaker, spool, clock, metrics, refused.append), refused)


def build_agent(config: Config, state: Path, clock: Clock, metrics: AgentMetrics) -> Agent:
    """An agent that is ready to run.

    Raises:
        ConfigError: a file, an option or the state folder is wrong.
    """
    machine = build_machine(config, clock)
    line = build_line(config, state, clock, metrics, machine.inventory.facts())
    return Agent(
        roots=machine.roots,
        periods=Periods(config.flush, config.rescan),
        clock=clock,
        inventory=machine.inventory,
        readers=machine.readers,
        locate=machine.locate,
        sampler=Sampler(line.journal.accounts, machine.second_look, clock, metrics.on_reads),
        journal=line.journal,
        uplink=line.uplink,
        metrics=metrics,
        refused=line.refused,
    )


def _readers(config: Config, roots: Roots, driver: Driver) -> Sequence[RegisterReader]:
    """User and kernel next to each other, so that both look at the same moment.

    User first: when a BAR moved, the driver takes stale mappings back as soon as it is asked for a register of it, and
    what an application would have read through them would never be seen.
    """
    if config.simulate:
        return load_simulated(Path(config.simulate))
    way = _way_to_map(config.user_mapping, roots, driver)
    return (UserReader(roots, way), KernelReader(driver), ConfigReader(roots))


def _mapped_start(readers: Sequence[RegisterReader]) -> Callable[[Target], int | None]:
    """What tells where the user access mapped a target's BAR, or that nobody knows."""
    mapping = (each for each in readers if each.access is Access.USER)
    return next(each.mapped_start for each in mapping if isinstance(each, UserReader | SimulatedReader))


def _way_to_map(wanted: UserMapping, roots: Roots, driver: Driver) -> WayToMap:
    match wanted:
        case "sysfs":
            return ThroughSysfs(roots)
        case "driver":
            return ThroughDriver(driver)
        case "auto":
            return FirstThatWorks(ThroughDriver(driver), ThroughSysfs(roots))


def _open_spool(config: Config, state: Path, clock: Clock) -> tuple[Spool, str | None]:
    try:
        return open_or_replace(state / "spool.sqlite", Limits(max_bytes=config.spool_mib << 20), clock.now_ns)
    except SpoolError as error:
        msg = f"{error}; name another folder with --state"
        raise ConfigError(msg) from error


def _journal(spool: Spool, clock: Clock, metrics: AgentMetrics) -> Journal:
    """Continue from the spool's state; state that cannot be understood costs a new epoch, not the agent."""
    try:
        before = kept(spool)
    except WireError as error:
        log.warning("spool: what the last run left is not understood, a new epoch begins: %s", error)
        spool.begin_epoch()
        before = Kept()
    return Journal(spool, Accounts(before), clock, metrics.on_gap)


def begin_epoch(state: Path) -> None:
    """Forget what waits: the collector has it, or newer."""
    spool = open_spool(state / "spool.sqlite")
    spool.begin_epoch()
    spool.close()
