"""The plan and the functions of this machine, as far as a policy is about them."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from barwatch_agent.build import Machine, build_machine
from barwatch_agent.clock import system_clock
from barwatch_agent.config import DEFAULT_SYSFS, Config
from barwatch_agent.reads import Target
from barwatch_agent.roots import Roots
from barwatch_proto.topology import Topology


@dataclass(frozen=True, slots=True)
class Here:
    """A machine, and which functions it had when it was looked at."""

    machine: Machine
    topology: Topology

    def targets(self) -> Sequence[Target]:
        """The registers of the plan on the functions of this machine."""
        return self.machine.locate(self.topology)


def look(config: Config) -> Here:
    """One look at the machine that the configuration names.

    Raises:
        ConfigError: a plan is wrong, or there is no PCI.
    """
    machine = build_machine(config, system_clock())
    try:
        return Here(machine, machine.inventory.scanner.scan().topology)
    finally:
        for reader in machine.readers:
            reader.close()


def has_pci(config: Config) -> bool:
    """Whether there is a machine to look at: Windows always is one, Linux without PCI is none."""
    if sys.platform == "win32" and config.sysfs == DEFAULT_SYSFS:
        return True
    roots = Roots.beside(Path(config.sysfs))
    return (roots.sys / "bus/pci/devices").is_dir() or roots.windows.is_dir()
