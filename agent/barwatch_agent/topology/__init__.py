"""The PCIe topology of this machine: one scanner per operating system, chosen once when the agent is built."""

from dataclasses import dataclass
from typing import Protocol

from barwatch_proto.topology import FunctionState, Topology


@dataclass(frozen=True, slots=True)
class Scan:
    """All that one look at the machine found: what it is, and how it is at the moment."""

    topology: Topology
    states: tuple[FunctionState, ...] = ()  # one per function, in the order of the functions


class Scanner(Protocol):
    """Looks at the machine. A function that is broken or vanishes is noted and does not stop the others."""

    def scan(self) -> Scan:
        """The machine as it is now."""
