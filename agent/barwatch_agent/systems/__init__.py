"""What an operating system offers the agent: one module for each, one of which `build` chooses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from barwatch_agent.access import RegisterReader
from barwatch_agent.driver.connection import Driver
from barwatch_agent.evidence import Witness
from barwatch_agent.roots import Roots
from barwatch_agent.topology import Scanner
from barwatch_proto.snapshot import HostFacts, Setting
from barwatch_proto.topology import Function


@dataclass(frozen=True, slots=True)
class System:
    """The parts of an agent that know their operating system."""

    scanner: Scanner
    bus: Callable[[], tuple[str, ...]]  # which functions are there, by any names: asked each second
    settings: Callable[[], Sequence[Setting]]
    facts: Callable[[str], HostFacts]  # of the machine that goes by this name
    config_of: Callable[[Function], bytes]  # its configuration space; raises OSError when it cannot be read now
    driver: Driver
    readers: Sequence[RegisterReader]  # the ways in, in the order in which a pass takes them
    witness: Witness
    as_files: Callable[[Path], Roots]  # the machine as files, written below a folder where it has none
