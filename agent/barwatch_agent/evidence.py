"""Evidence: the raw configuration spaces of a function and every bridge on its route, and what the OS says of them.

Taken at the moment of trouble and decoded later, so that a better reading can be made of it than we know today. Behind
a dead link every read of configuration space may cost a completion timeout, with a lock held in the kernel: a function
that does not even tell its vendor is asked nothing else.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from barwatch_agent.driver.abi import Status
from barwatch_agent.driver.connection import Driver
from barwatch_agent.driver.device import Device, DriverError
from barwatch_agent.roots import Roots, read_text, why
from barwatch_agent.topology.attributes import assigned_bars, error_total
from barwatch_agent.topology.sysfs_config import read_config_space, walk
from barwatch_proto.pci import Address
from barwatch_proto.telemetry import ConfigSpace
from barwatch_proto.topology import Bar, Function

T = TypeVar("T")

NO_ANSWER = b"\xff" * 4
SILENT = "the function does not answer: nothing but its ids was read"


class Witness(Protocol):
    """Takes evidence of a route."""

    def look(self, route: Sequence[Function]) -> tuple[ConfigSpace, ...]:
        """Raw configuration space of each function of the route as it is now, and what the OS says of it."""


@dataclass(frozen=True, slots=True)
class LinuxWitness:
    """Takes evidence through the driver where its policy lets it, else from sysfs.

    ``unsafe`` says why the configuration space at an address must not be read now (it would wake a suspended bridge),
    or None. The driver finds out itself, and shows an ordinary user what sysfs shows root alone.
    """

    roots: Roots
    unsafe: Callable[[Address], str | None]
    driver: Driver

    def look(self, route: Sequence[Function]) -> tuple[ConfigSpace, ...]:
        """Raw configuration space, and what sysfs says, of each function of the route."""
        return tuple(self._hop(route, index) for index in range(len(route)))

    def _hop(self, route: Sequence[Function], index: int) -> ConfigSpace:
        address = route[index].address
        folder = self._folder(address)
        granted = self._through_driver(route[-1].address, len(route) - 1 - index)
        data, problem = granted or self._through_sysfs(address)
        return ConfigSpace(
            address,
            data,
            problem,
            power_state=_text(folder / "power_state"),
            runtime_status=_text(folder / "power/runtime_status"),
            driver=_driver(folder),
            is_gone=not folder.exists(),
            do_siblings_answer=self._do_siblings_answer(address) if data == NO_ANSWER else None,
            bars=_told(folder / "resource", assigned_bars) or (),
            correctable_errors=_told(folder / "aer_dev_correctable", error_total),
            uncorrectable_errors=_uncorrectable(folder),
        )

    def _folder(self, address: Address) -> Path:
        return self.roots.sys / "bus/pci/devices" / str(address)

    def _do_siblings_answer(self, address: Address) -> bool | None:
        """Whether another function of the same device tells its vendor; None when there is no other."""
        others = (dataclasses.replace(address, function=number) for number in range(8) if number != address.function)
        there = [other for other in others if self._folder(other).exists() and self.unsafe(other) is None]
        return any(_tells_vendor(self._folder(other) / "config") for other in there) if there else None

    def _through_driver(self, function: Address, bridge: int) -> tuple[bytes, str | None] | None:
        """None where there is no driver, or no rule that grants it."""
        try:
            return ask_driver(self.driver.device(), function, bridge)
        except OSError:
            return None
        except DriverError as error:
            return None if error.status == Status.DENIED_POLICY else (b"", str(error))

    def _through_sysfs(self, address: Address) -> tuple[bytes, str | None]:
        problem = self.unsafe(address)
        return (b"", problem) if problem is not None else _read_config(self._folder(address) / "config")


@dataclass(frozen=True, slots=True)
class OsFacts:
    """What an operating system says of a function now."""

    power_state: str | None = None
    driver: str | None = None  # empty: none is bound
    is_gone: bool | None = None
    bars: tuple[Bar, ...] = ()
    correctable_errors: int | None = None


@dataclass(frozen=True, slots=True)
class AskingWitness:
    """Takes evidence where the system has no files to look at.

    ``config`` gives the configuration space of the bridge so many hops above a function (0: its own), and why it is
    short; ``facts`` what the operating system says of the functions at these addresses.
    """

    config: Callable[[Address, int], tuple[bytes, str | None]]
    facts: Callable[[Sequence[Address]], Sequence[OsFacts]]

    def look(self, route: Sequence[Function]) -> tuple[ConfigSpace, ...]:
        """Raw configuration space as far as the policy grants it, and what the system says, of each function."""
        told = self.facts([function.address for function in route])
        return tuple(self._hop(route, index, facts) for index, facts in enumerate(told))

    def _hop(self, route: Sequence[Function], index: int, told: OsFacts) -> ConfigSpace:
        data, problem = self.config(route[-1].address, len(route) - 1 - index)
        return ConfigSpace(
            route[index].address,
            data,
            problem,
            power_state=told.power_state,
            driver=told.driver,
            is_gone=told.is_gone,
            bars=told.bars,
            correctable_errors=told.correctable_errors,
        )


def config_or_reason(driver: Driver, function: Address, bridge: int) -> tuple[bytes, str | None]:
    """The configuration space of a function, or of a bridge so many hops above it, and why it is short or empty."""
    try:
        return ask_driver(driver.device(), function, bridge)
    except OSError as error:
        return b"", f"the barwatch driver: {why(error)}"
    except DriverError as error:
        return b"", str(error)


def ask_driver(device: Device, function: Address, bridge: int) -> tuple[bytes, str | None]:
    """The configuration space of a function, or of a bridge so many hops above it, and why it is cut short.

    Raises:
        DriverError: not one byte of it could be read.
        OSError: the call failed.
    """
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


def _tells_vendor(path: Path) -> bool:
    return _read_config(path)[0][:2] not in {b"", NO_ANSWER[:2]}


def _driver(folder: Path) -> str | None:
    """The bound driver; empty when none is, None when the function is gone."""
    try:
        return (folder / "driver").readlink().name
    except FileNotFoundError:
        return "" if folder.exists() else None
    except OSError:
        return None


def _uncorrectable(folder: Path) -> int | None:
    totals = [_told(folder / name, error_total) for name in ("aer_dev_nonfatal", "aer_dev_fatal")]
    return None if None in totals else sum(total for total in totals if total is not None)


def _told(path: Path, parse: Callable[[str], T]) -> T | None:
    """What a file says; None when it does not, or says rubbish."""
    text = _text(path)
    try:
        return None if text is None else parse(text)
    except ValueError:
        return None


def _text(path: Path) -> str | None:
    try:
        return read_text(path)
    except OSError:
        return None  # kernels without runtime PM have no such file
