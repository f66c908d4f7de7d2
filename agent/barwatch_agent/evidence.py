"""Evidence: the raw configuration spaces of a function and every bridge on its route, and what the OS says of them.

Taken at the moment of trouble and decoded later, so that a better reading can be made of it than we know today. Behind
a dead link every read of configuration space may cost a completion timeout, with a lock held in the kernel: a function
that does not even tell its vendor is asked nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from barwatch_agent.driver.abi import Status
from barwatch_agent.driver.connection import Driver
from barwatch_agent.driver.device import Device, DriverError
from barwatch_agent.roots import Roots, read_text, why
from barwatch_agent.topology.sysfs_config import read_config_space, walk
from barwatch_proto.pci import Address
from barwatch_proto.telemetry import ConfigSpace, Evidence, Reread
from barwatch_proto.topology import Function

NO_ANSWER = b"\xff" * 4
SILENT = "the function does not answer: nothing but its ids was read"


class Witness(Protocol):
    """Takes evidence of a route."""

    def take(self, route: Sequence[Function], rereads: tuple[Reread, ...]) -> Evidence:
        """The evidence, root port first."""


@dataclass(frozen=True, slots=True)
class LinuxWitness:
    """Takes evidence through the driver where its policy lets it, else from sysfs.

    ``unsafe`` says why the configuration space at an address must not be read now (it would wake a suspended bridge),
    or None. The driver finds out itself, and shows an ordinary user what sysfs shows root alone.
    """

    roots: Roots
    now_ns: Callable[[], int]
    unsafe: Callable[[Address], str | None]
    driver: Driver

    def take(self, route: Sequence[Function], rereads: tuple[Reread, ...]) -> Evidence:
        """Raw configuration space, power state and runtime status of each function on the route."""
        at_ns = self.now_ns()
        return Evidence(at_ns, tuple(self._hop(route, index) for index in range(len(route))), rereads)

    def _hop(self, route: Sequence[Function], index: int) -> ConfigSpace:
        address = route[index].address
        folder = self.roots.sys / "bus/pci/devices" / str(address)
        granted = self._through_driver(route[-1].address, len(route) - 1 - index)
        data, problem = granted or self._through_sysfs(address, folder)
        return ConfigSpace(
            address, data, problem, _text(folder / "power_state"), _text(folder / "power/runtime_status")
        )

    def _through_driver(self, function: Address, bridge: int) -> tuple[bytes, str | None] | None:
        """None where there is no driver, or no rule that grants it."""
        try:
            return _ask_driver(self.driver.device(), function, bridge)
        except OSError:
            return None
        except DriverError as error:
            return None if error.status == Status.DENIED_POLICY else (b"", str(error))

    def _through_sysfs(self, address: Address, folder: Path) -> tuple[bytes, str | None]:
        problem = self.unsafe(address)
        return (b"", problem) if problem is not None else _read_config(folder / "config")


def _ask_driver(device: Device, function: Address, bridge: int) -> tuple[bytes, str | None]:
    ids = device.config(function, bridge, 0, len(NO_ANSWER))
    if ids == NO_ANSWER:
        return ids, SILENT
    return walk(lambda offset, length: device.config(function, bridge, offset, length)), None


def _read_config(path: Path) -> tuple[bytes, str | None]:
    """As far as the function answers: its ids, or all that a topology needs of it."""
    try:
        with path.open("rb", buffering=0) as file:
            ids = file.read(4)
    except OSError as error:
        return b"", why(error)
    if ids == NO_ANSWER:
        return ids, SILENT
    return read_config_space(str(path))


def _text(path: Path) -> str | None:
    try:
        return read_text(path)
    except OSError:
        return None  # kernels without runtime PM have no such file
