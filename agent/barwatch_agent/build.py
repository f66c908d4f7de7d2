"""Puts the parts together: the only module that knows which technology stands behind each seam."""

import logging
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from barwatch_agent.access import RegisterReader
from barwatch_agent.access.simulated import SimulatedReader, load_simulated
from barwatch_agent.access.user import MappingReader
from barwatch_agent.accounts import Accounts, Kept
from barwatch_agent.clock import Clock
from barwatch_agent.config import DEFAULT_SYSFS, Config
from barwatch_agent.errors import ConfigError, SpoolError
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
from barwatch_agent.spool import Limits, Spool
from barwatch_agent.spool_file import open_or_replace, open_spool
from barwatch_agent.systems import System
from barwatch_agent.systems.linux import linux_system
from barwatch_agent.systems.windows import kept_windows_system, windows_system
from barwatch_agent.uplink import Speaker, Uplink
from barwatch_agent.windows.calls import of_this_system
from barwatch_proto.codec import WireError
from barwatch_proto.snapshot import HostFacts
from barwatch_proto.telemetry import Refused
from barwatch_proto.topology import Function, Topology
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
    bus: Callable[[], tuple[str, ...]]  # which functions are there, by any names
    config_of: Callable[[Function], bytes]  # its configuration space; raises OSError when it cannot be read now
    as_files: Callable[[Path], Roots]  # the machine as files, written below a folder where it has none

    def locate(self, topology: Topology) -> Sequence[Target]:
        """The plan's registers on the functions of this topology."""
        return targets(self.plan, topology, self.config_of)


def build_machine(config: Config, clock: Clock) -> Machine:
    """The machine that the configuration names: this one, or the copy under another sysfs.

    Raises:
        ConfigError: a plan or a simulation file is wrong, or there is no PCI at all.
    """
    roots = Roots.beside(Path(config.sysfs))
    system = _system(config, roots, clock)
    plan = load_plan([Path(file) for file in config.plan])
    readers = load_simulated(Path(config.simulate)) if config.simulate else system.readers
    inventory = Inventory(
        scanner=system.scanner,
        settings=system.settings,
        ways_in=lambda: [*(reader.status() for reader in readers), *system.driver.settings()],
        facts=lambda: system.facts(config.hostname or socket.gethostname()),
        now_ns=clock.now_ns,
    )
    second_look = SecondLook(system.witness, clock, _mapped_start(readers))
    return Machine(roots, inventory, readers, second_look, plan, system.bus, system.config_of, system.as_files)


def _system(config: Config, roots: Roots, clock: Clock) -> System:
    """The operating system that the configuration's folders belong to; this one where they are not there."""
    if sys.platform == "win32" and config.sysfs == DEFAULT_SYSFS:
        return windows_system(of_this_system(), clock.now_ns)
    if (roots.sys / "bus/pci/devices").is_dir():
        return linux_system(roots, config.user_mapping, clock.now_ns)
    if roots.windows.is_dir():
        return kept_windows_system(roots, clock.now_ns)
    msg = f"{roots.sys}/bus/pci/devices: not there; is this a machine with PCI, and is --sysfs right?"
    raise ConfigError(msg)


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
        bus=machine.bus,
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


def _mapped_start(readers: Sequence[RegisterReader]) -> Callable[[Target], int | None]:
    """What tells where the user access mapped a target's BAR, or that nobody knows."""
    mapping = (each for each in readers if each.access is Access.USER)
    return next(each.mapped_start for each in mapping if isinstance(each, MappingReader | SimulatedReader))


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
