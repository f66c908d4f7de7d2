"""Puts the parts together: the only module that knows which technology stands behind each seam."""

import logging
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from barwatch_agent import identity, journal
from barwatch_agent.access import RegisterReader
from barwatch_agent.access.config import ConfigReader
from barwatch_agent.access.kernel import KernelReader
from barwatch_agent.access.simulated import SimulatedReader, load_simulated
from barwatch_agent.access.user import UserReader
from barwatch_agent.accounts import Accounts, Kept
from barwatch_agent.clock import Clock
from barwatch_agent.config import Config, split_address
from barwatch_agent.errors import ConfigError
from barwatch_agent.evidence import LinuxWitness
from barwatch_agent.inventory import Inventory
from barwatch_agent.metrics import AgentMetrics
from barwatch_agent.plan import Plan, load_plan, targets
from barwatch_agent.reads import Target
from barwatch_agent.roots import Roots
from barwatch_agent.run import Agent, Periods
from barwatch_agent.sampler import Sampler
from barwatch_agent.settings import read_settings
from barwatch_agent.settings.host import host_facts
from barwatch_agent.spool import Limits, Spool, open_or_replace
from barwatch_agent.topology.linux import LinuxScanner, read_config
from barwatch_agent.uplink import Speaker, Uplink
from barwatch_proto.codec import WireError
from barwatch_proto.topology import Topology
from barwatch_proto.version import __version__

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Machine:
    """What one look at a machine needs: the eyes and the plan."""

    roots: Roots
    inventory: Inventory
    readers: Sequence[RegisterReader]
    plan: Plan

    def locate(self, topology: Topology) -> Sequence[Target]:
        """The plan's registers on the functions of this topology."""
        return targets(self.plan, topology, partial(read_config, self.roots))
