"""The driver that a policy is for: where it is, how it is opened, and what its system lets people do."""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from barwatch_agent.config import DEFAULT_SYSFS, Config
from barwatch_agent.driver import windows
from barwatch_agent.driver.at_start import AtStart, Kept
from barwatch_agent.driver.device import Device
from barwatch_agent.driver.linux import open_device
from barwatch_agent.roots import Roots
from barwatch_agent.windows.calls import Library, of_this_system


class Opener(Protocol):
    """Opens the driver's device."""

    def __call__(self, path: Path, *, for_writing: bool = False) -> Device:
        """An open handle; raises OSError."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What a message says after what went wrong."""

    install: str
    unlock: str
    who_may_load: str
    who_may_ask: str


ON_LINUX = Advice(
    install="driver/README.md says how to build and load it",
    unlock="it stays until the driver is loaded anew: modprobe -r barwatch && modprobe barwatch, or a reboot",
    who_may_load="only root may load a policy: it takes CAP_SYS_RAWIO, and the device opened for writing",
    who_may_ask="only root may ask the driver, and the group that its udev rule names (driver/linux/60-barwatch.rules)",
)
ON_WINDOWS = Advice(
    install="barwatch-agent driver install INF puts it into Windows, and the next start of Windows loads it",
    unlock="it stays until Windows is restarted; load another with --at-start, or policy forget, for what comes then",
    who_may_load="only an administrator may, in a console that was opened by Run as administrator",
    who_may_ask="only an administrator may ask the driver, and the service barwatch-agent",
)


@dataclass(frozen=True, slots=True)
class DriverHere:
    """The driver of one machine."""

    path: Path
    name: str  # of the device, for people
    opener: Opener
    advice: Advice
    at_start: AtStart | None = None  # None: what it puts in force when it starts is for others to say

    def kept(self) -> Kept | str | None:
        """The policy of its next start, or why there is none; None where that is for others to say."""
        return None if self.at_start is None else self.at_start.kept()


def driver_here(config: Config) -> DriverHere:
    """That of this machine, or of the copy below another sysfs, which has none."""
    if sys.platform == "win32" and config.sysfs == DEFAULT_SYSFS:
        import winreg  # noqa: PLC0415 only Windows has it

        return on_windows(partial(windows.open_device, of_this_system().kernel32), winreg)
    path = Roots.beside(Path(config.sysfs)).dev / "barwatch"
    return DriverHere(path, str(path), open_device, ON_LINUX)


def on_windows(opener: Opener, winreg: Library) -> DriverHere:
    """That of a Windows machine."""
    return DriverHere(Path(windows.NAME), windows.NAME, opener, ON_WINDOWS, AtStart(winreg))
