"""The ``config`` access: configuration space through sysfs, which asks the kernel and never the bus by itself.

One aligned read of 1, 2 or 4 bytes is one configuration access of that width (drivers/pci/pci-sysfs.c,
pci_read_config). The kernel answers all ones in software for a function that it has marked disconnected.
"""

import errno
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter_ns

from barwatch_agent.access.open_files import OpenFiles
from barwatch_agent.access.reachable import Reachability
from barwatch_agent.reads import Reply, Target
from barwatch_agent.roots import Roots, why
from barwatch_proto.pci import ADDRESS, Address
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import Access, Outcome, State

ORDINARY_USER_BYTES = 64  # what a user without CAP_SYS_ADMIN gets; drivers/pci/pci-sysfs.c, pci_read_config
REFUSALS = {errno.EACCES, errno.EPERM, errno.EISDIR}  # EISDIR: how a recorded host keeps a file that was refused


class ConfigReader:
    """Reads configuration space with one system call for each register."""

    def __init__(self, roots: Roots, clock_ns: Callable[[], int] = perf_counter_ns) -> None:
        self._devices = roots.sys / "bus/pci/devices"
        self._clock_ns = clock_ns
        self._files = OpenFiles()
        self._reachability = Reachability(roots, self._files)
        self._paths: dict[Address, Path] = {}

    @property
    def access(self) -> Access:
        """Configuration space."""
        return Access.CONFIG

    def read(self, targets: Sequence[Target]) -> list[Reply]:
        """One read per target."""
        refusals = self._reachability.refusals({target.function.address for target in targets})
        return [self._reply(target, refusals.get(target.function.address)) for target in targets]

    def _reply(self, target: Target, refusal: str | None) -> Reply:
        if target.problem or target.bar is not None:
            return Reply(outcome=Outcome.UNREACHABLE, reason=target.problem or "not a register of configuration space")
        if refusal is not None:
            return Reply(outcome=Outcome.UNREACHABLE, reason=refusal)
        path = self._path(target.function.address)
        try:
            began_ns = self._clock_ns()
            content = self._files.read(path, target.width, target.offset)
            took_ns = self._clock_ns() - began_ns
            if len(content) < target.width:
                return _cut(target, self._files.size(path))
        except OSError as exc:
            return _failed(exc)
        return Reply(int.from_bytes(content, "little"), duration_ns=took_ns)

    def _path(self, address: Address) -> Path:
        path = self._paths.get(address)
        if path is None:
            path = self._paths[address] = self._reachability.folder(address) / "config"
        return path

    def status(self) -> Setting:
        """On with all of configuration space, ``first 64 bytes`` for an ordinary user."""
        name, source = "config_access", "/sys/bus/pci/devices/*/config"
        try:
            first = next(path for path in sorted(self._devices.iterdir()) if ADDRESS.fullmatch(path.name))
            content = self._files.read(first / "config", ORDINARY_USER_BYTES + 1)
        except (StopIteration, FileNotFoundError, NotADirectoryError):
            return Setting(name, State.ABSENT, source, reason="no PCI function has a config file in sysfs")
        except OSError as exc:
            return Setting(name, State.UNREADABLE, source, reason=why(exc))
        if len(content) > ORDINARY_USER_BYTES:
            return Setting(name, State.ON, source)
        reason = "an ordinary user sees no more; root sees all of it"
        return Setting(name, State.VALUE, source, value=f"first {len(content)} bytes", reason=reason)

    def close(self) -> None:
        """Close what is open."""
        self._files.close()


def _cut(target: Target, size: int) -> Reply:
    """A read that came back short: the function has no more, or the reader may not see it."""
    end = target.offset + target.width
    if ORDINARY_USER_BYTES < size < end:
        reason = f"configuration space is {size} bytes long here, the register ends at {end:#x}"
        return Reply(outcome=Outcome.UNREACHABLE, reason=reason)
    seen = f"an ordinary user sees {ORDINARY_USER_BYTES} bytes of configuration space, root sees all"
    reason = f"{seen}; the register ends at {end:#x}"
    return Reply(outcome=Outcome.DENIED, reason=reason)


def _failed(exc: OSError) -> Reply:
    if exc.errno in REFUSALS:
        return Reply(outcome=Outcome.DENIED, reason=f"configuration space: {why(exc)}")
    if exc.errno == errno.ENOENT:
        return Reply(outcome=Outcome.UNREACHABLE, reason="the function is gone: it has no config file")
    return Reply(outcome=Outcome.FAULT, reason=f"configuration space: {why(exc)}")
