"""Evidence: the raw configuration spaces of a function and every bridge on its route, and what the OS says of them.

Taken at the moment of trouble and decoded later, so that a better reading can be made of it than we know today. Behind
a dead link every read of configuration space may cost a completion timeout, with a lock held in the kernel: a function
that does not even tell its vendor is asked nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from barwatch_agent.roots import Roots, read_text, why
from barwatch_agent.topology.sysfs_config import read_config_space
from barwatch_proto.pci import Address
from barwatch_proto.telemetry import ConfigSpace, Evidence, Reread
from barwatch_proto.topology import Function

NO_ANSWER = b"\xff" * 4


class Witness(Protocol):
    """Takes evidence of a route."""

    def take(self, route: Sequence[Function], rereads: tuple[Reread, ...]) -> Evidence:
        """The evidence, root port first."""


@dataclass(frozen=True, slots=True)
class LinuxWitness:
    """Takes evidence from sysfs.

    ``unsafe`` says why the configuration space at an address must not be read now (it would wake a suspended bridge),
    or None.
    """

    roots: Roots
    now_ns: Callable[[], int]
    unsafe: Callable[[Address], str | None]

    def take(self, route: Sequence[Function], rereads: tuple[Reread, ...]) -> Evidence:
        """Raw configuration space, power state and runtime status of each function on the route."""
        at_ns = self.now_ns()
        return Evidence(at_ns, tuple(self._config_space(function.address) for function in route), rereads)

    def _config_space(self, address: Address) -> ConfigSpace:
        folder = self.roots.sys / "bus/pci/devices" / str(address)
        data, problem = b"", self.unsafe(address)
        if problem is None:
            data, problem = _read_config(folder / "config")
        return ConfigSpace(
            address, data, problem, _text(folder / "power_state"), _text(folder / "power/runtime_status")
        )


def _read_config(path: Path) -> tuple[bytes, str | None]:
    """As far as the function answers: its ids, or all that a topology needs of it."""
    try:
        with path.open("rb", buffering=0) as file:
            ids = file.read(4)
    except OSError as error:
        return b"", why(error)
    if ids == NO_ANSWER:
        return ids, "the function does not answer: nothing but its ids was read"
    return read_config_space(str(path))


def _text(path: Path) -> str | None:
    try:
        return read_text(path)
    except OSError:
        return None  # kernels without runtime PM have no such file
