"""Two ways to have a BAR mapped into a user process: the driver's device, and the files of sysfs.

The driver maps the page of a register that its policy lists, and takes the mapping back when it goes stale. sysfs maps
any BAR for root, and such a mapping stays whatever becomes of the BAR, as that of an application would. The kernel
refuses it by an errno: EPERM under lockdown, EINVAL for a range that a driver owns exclusively
(drivers/pci/pci-sysfs.c, pci_mmap_resource). A mapping that is taken back raises SIGBUS at the next load.
"""

import errno
import mmap
import os
from dataclasses import replace
from typing import Protocol

from barwatch_agent.access.mapping import Request
from barwatch_agent.driver import abi
from barwatch_agent.driver.connection import Driver
from barwatch_agent.reads import Reply, Target
from barwatch_agent.roots import Roots, why
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import Outcome, State

REFUSALS = {errno.EACCES, errno.EPERM, errno.EISDIR}  # EISDIR: how a recorded host keeps a file that was refused
MISSING = {errno.ENODEV, errno.ENXIO}


class WayToMap(Protocol):
    """Who is asked to map, and what the answers mean."""

    def status(self) -> Setting:
        """Whether this way works here: setting ``user_access``."""

    def request(self, target: Target) -> Request:
        """What the mapping process is asked for; the target is in a BAR that has an address."""

    def refused(self, target: Target, error: int) -> Reply:
        """What an errno, or the driver's status, instead of a mapping means."""


class ThroughSysfs:
    """The files ``resource0`` to ``resource5`` of a function."""

    def __init__(self, roots: Roots) -> None:
        self._devices = roots.sys / "bus/pci/devices"
        self._files: dict[tuple[Address, int], bytes] = {}  # building a path costs more than the read

    def status(self) -> Setting:
        """On when the kernel offers BARs as files and lets us open one."""
        name, source = "user_access", "/sys/bus/pci/devices/*/resource*"
        offered = next(iter(sorted(self._devices.glob("*/resource[0-5]"))), None)
        if offered is None:
            return Setting(name, State.ABSENT, source, reason="the kernel offers no mapping of any BAR")
        try:
            offered.open("rb").close()
        except OSError as exc:
            return Setting(name, State.UNREADABLE, source, reason=why(exc))
        return Setting(name, State.ON, source)

    def request(self, target: Target) -> Request:
        """A position in the BAR's file.

        A BAR smaller than a page may begin in the middle of what the kernel maps for it: pci_mmap_resource_range
        (drivers/pci/mmap.c) maps from the page that its start is in.
        """
        position = (start_of(target) or 0) % mmap.PAGESIZE + target.offset
        return Request(position, target.width, self._file(target))

    def refused(self, target: Target, error: int) -> Reply:
        """By errno."""
        reason = why(OSError(error, os.strerror(error)))
        if error == errno.ENOENT and not (self._devices / str(target.function.address)).exists():
            reason = f"the function is gone: {target.function.address} is not in sysfs"
            return Reply(outcome=Outcome.UNREACHABLE, reason=reason)
        if error == errno.ENOENT:
            reason = f"no resource{target.bar} file: the kernel offers no mapping of BAR {target.bar}"
            return Reply(outcome=Outcome.UNREACHABLE, reason=reason)
        if error == errno.EINVAL:
            owner = target.function.driver or "a driver"
            reason = f"{reason}: {owner} owns BAR {target.bar} exclusively; unbind it, or boot with iomem=relaxed"
            return Reply(outcome=Outcome.DENIED, reason=reason)
        if error in REFUSALS:
            return Reply(outcome=Outcome.DENIED, reason=f"resource{target.bar}: {reason}")
        outcome = Outcome.UNREACHABLE if error in MISSING else Outcome.FAULT
        return Reply(outcome=outcome, reason=f"resource{target.bar}: {reason}")

    def _file(self, target: Target) -> bytes:
        key = (target.function.address, target.bar or 0)
        file = self._files.get(key)
        if file is None:
            file = self._files[key] = os.fsencode(self._devices / str(key[0]) / f"resource{key[1]}")
        return file


class ThroughDriver:
    """The driver's device, MAP: pages that its policy lists."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._device = os.fsencode(driver.path)

    def status(self) -> Setting:
        """On when the driver has a policy."""
        found = self._driver.status()
        return Setting("user_access", found.state, f"{found.source}, MAP", found.value, reason=found.reason)

    def request(self, target: Target) -> Request:
        """A page of the BAR as the driver knows it."""
        asked = abi.pack_map(target.function.address, target.bar or 0, target.offset, target.width)
        return Request(0, target.width, device=self._device, asked=asked)

    def refused(self, target: Target, error: int) -> Reply:
        """By the driver's status, or by the errno of its device."""
        if error >= abi.FIRST_STATUS:
            reason = f"mapping BAR {target.bar}: {abi.words_for(error)}"
            return Reply(outcome=abi.outcome_of(error), reason=reason)
        outcome = Outcome.DENIED if error in REFUSALS else Outcome.UNREACHABLE
        return Reply(outcome=outcome, reason=f"the barwatch driver: {why(OSError(error, os.strerror(error)))}")


class FirstThatWorks:
    """The driver where it has a policy, sysfs for what that does not grant and where there is no driver."""

    def __init__(self, driver: ThroughDriver, sysfs: ThroughSysfs) -> None:
        self._driver, self._sysfs = driver, sysfs
        self._has_policy = False  # as far as was told when the status was last looked at

    def status(self) -> Setting:
        """That of the way that is taken from now on."""
        found = self._driver.status()
        self._has_policy = found.state is State.ON
        return found if self._has_policy else self._sysfs.status()

    def request(self, target: Target) -> Request:
        """By both, the driver first."""
        if not self._has_policy:
            return self._sysfs.request(target)
        granted, file = self._driver.request(target), self._sysfs.request(target)
        return replace(file, device=granted.device, asked=granted.asked)

    def refused(self, target: Target, error: int) -> Reply:
        """By whoever was asked last."""
        way = self._driver if error >= abi.FIRST_STATUS else self._sysfs
        return way.refused(target, error)


def start_of(target: Target) -> int | None:
    """The address of the target's BAR; None when it has none."""
    return next((bar.start for bar in target.function.bars if bar.index == target.bar), None)
