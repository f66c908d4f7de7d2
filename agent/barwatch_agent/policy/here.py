"""The plan and the functions of this machine, as far as a policy is about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from barwatch_agent.clock import SystemClock
from barwatch_agent.config import Config
from barwatch_agent.errors import ConfigError
from barwatch_agent.plan import Plan, load_plan, targets
from barwatch_agent.plan.locate import ConfigOf
from barwatch_agent.reads import Target
from barwatch_agent.roots import Roots
from barwatch_agent.topology.linux import LinuxScanner, read_config
from barwatch_proto.topology import Topology

DEVICES = "bus/pci/devices"


@dataclass(frozen=True, slots=True)
class Here:
    """What is to be read, and which functions there are."""

    plan: Plan
    topology: Topology
    config_of: ConfigOf

    def targets(self) -> Sequence[Target]:
        """The registers of the plan on the functions of this machine."""
        return targets(self.plan, self.topology, self.config_of)


def look(config: Config) -> Here:
    """One look at the machine that the configuration names.

    Raises:
        ConfigError: a plan is wrong, or there is no PCI.
    """
    roots = Roots.beside(Path(config.sysfs))
    if not has_pci(config):
        msg = f"{roots.sys / DEVICES}: not there; is this a machine with PCI, and is --sysfs right?"
        raise ConfigError(msg)
    plan = load_plan([Path(file) for file in config.plan])
    topology = LinuxScanner(roots, SystemClock().now_ns).scan().topology
    return Here(plan, topology, partial(read_config, roots))


def has_pci(config: Config) -> bool:
    """Whether the machine has PCI functions at all."""
    return (Path(config.sysfs) / DEVICES).is_dir()


def device(config: Config) -> Path:
    """Where the driver is."""
    return Roots.beside(Path(config.sysfs)).dev / "barwatch"
