"""Whether a function may be touched now: it is there, it has power, and nothing upstream would have to be woken.

A read of configuration space makes Linux resume the bridge above a function, and the function itself when it is in
D3cold (drivers/pci/pci.c, pci_config_pm_runtime_get); a load from a BAR behind a sleeping bridge finds no link. Both
are refused. D3hot is not: such a function answers configuration reads, and all ones from its BARs say so.

The answer can be out of date when the read comes; that window is microseconds, and what is met in it is evidence.
"""

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from barwatch_agent.access.open_files import OpenFiles
from barwatch_agent.roots import Roots, why
from barwatch_proto.pci import ADDRESS, Address

ASLEEP = {"suspended", "suspending"}  # Documentation/ABI/testing/sysfs-devices-power, runtime_status
LONGEST_WORD = 32  # bytes; the words of power_state and runtime_status are shorter


@dataclass(frozen=True, slots=True)
class Place:
    """Where one function hangs, for as long as it is the same function."""

    identity: tuple[int, int]  # device and inode of its folder: sysfs makes a new one when it is plugged in again
    power_state: Path
    bridges: tuple[tuple[str, Path], ...]  # address and runtime_status of each bridge upstream, root first


class Reachability:
    """Answers from a stat and a few reads of sysfs for each function."""

    def __init__(self, roots: Roots, files: OpenFiles) -> None:
        self._devices = roots.sys / "bus/pci/devices"
        self._files = files
        self._folders: dict[Address, Path] = {}  # building a path costs more than a read
        self._places: dict[Address, Place] = {}

    def folder(self, address: Address) -> Path:
        """The function's folder in sysfs."""
        folder = self._folders.get(address)
        if folder is None:
            folder = self._folders[address] = self._devices / str(address)
        return folder

    def identity(self, address: Address) -> tuple[int, int] | None:
        """What tells a function from another one at its address, as it was last looked at; None: it was not there."""
        known = self._places.get(address)
        return known.identity if known else None

    def refusals(self, addresses: Iterable[Address]) -> dict[Address, str]:
        """The functions among these that must not be touched, and why; each bridge is looked at once for all."""
        seen: dict[Path, str | None] = {}
        return {address: reason for address in set(addresses) if (reason := self._refusal(address, seen)) is not None}

    def refusal(self, address: Address) -> str | None:
        """Why the function must not be touched; None when it may be."""
        return self._refusal(address, {})

    def _refusal(self, address: Address, seen: dict[Path, str | None]) -> str | None:
        try:
            place = self._place(address)
        except OSError as exc:
            self._leave(address)
            if exc.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENODEV}:
                return f"the function is gone: {address} is not in sysfs"
            return f"sysfs does not show {address}: {why(exc)}"
        if self._word(place.power_state) == "D3cold":
            return "the function is in D3cold: it has no power, and a read would wake it"
        for bridge, runtime_status in place.bridges:
            if runtime_status not in seen:
                seen[runtime_status] = self._word(runtime_status)
            if seen[runtime_status] in ASLEEP:
                return f"the bridge {bridge} upstream is suspended, and a read would wake it"
        return None

    def _place(self, address: Address) -> Place:
        """Where the function is; what was open of another one at this address is closed.

        Raises:
            OSError: it is gone, or not to be seen.
        """
        folder = self.folder(address)
        known = self._places.get(address)
        status = folder.stat()
        identity = (status.st_dev, status.st_ino)
        if known is None or known.identity != identity:
            self._leave(address)
            known = self._places[address] = Place(identity, folder / "power_state", _bridges(folder))
        return known

    def _leave(self, address: Address) -> None:
        if self._places.pop(address, None) is not None:
            self._files.forget(self.folder(address))

    def _word(self, path: Path) -> str | None:
        """What the file says; None when it does not: kernels before 5.12 have no power_state."""
        try:
            return self._files.read(path, LONGEST_WORD).decode(errors="replace").strip()
        except OSError:
            return None


def _bridges(folder: Path) -> tuple[tuple[str, Path], ...]:
    """The bridges on the real path of a function: /sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.0 has one."""
    real = Path(os.path.realpath(folder))
    above = [parent for parent in reversed(real.parents) if ADDRESS.fullmatch(parent.name)]
    return tuple((bridge.name, bridge / "power/runtime_status") for bridge in above)
