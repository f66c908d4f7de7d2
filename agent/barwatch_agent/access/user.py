"""The ``user`` access: BARs mapped into a process of their own through sysfs, as an application would map them.

The kernel refuses such mappings by an errno: EPERM under lockdown, EINVAL for a range that a driver owns exclusively
(drivers/pci/pci-sysfs.c, pci_mmap_resource). A mapping that it takes back raises SIGBUS at the next load.
"""

import ctypes
import errno
import mmap
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from barwatch_agent.access.mapping import Answer, MappingClient, Request
from barwatch_agent.access.open_files import OpenFiles
from barwatch_agent.access.reachable import Reachability
from barwatch_agent.reads import Reply, Target
from barwatch_agent.roots import Roots, why
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import Access, Outcome, State

REFUSALS = {errno.EACCES, errno.EPERM, errno.EISDIR}  # EISDIR: how a recorded host keeps a file that was refused
WORD_BYTES = ctypes.sizeof(ctypes.c_void_p)  # what the CPU loads at once


@dataclass(frozen=True, slots=True)
class Resource:
    """The file of one BAR."""

    path: Path
    name: bytes  # the path as the mapping process gets it


class UserReader:
    """Reads BAR registers with one load each in the mapping process."""

    def __init__(self, roots: Roots, client: MappingClient | None = None) -> None:
        self._devices = roots.sys / "bus/pci/devices"
        self._client = client or MappingClient()
        self._files = OpenFiles()
        self._resources: dict[tuple[Address, int], Resource] = {}
        self._reachability = Reachability(roots, self._files)

    @property
    def access(self) -> Access:
        """A mapping in a user process."""
        return Access.USER

    def read(self, targets: Sequence[Target]) -> list[Reply]:
        """One read per target."""
        refusals = self._reachability.refusals({target.function.address for target in targets})
        offers: dict[Resource, bool] = {}
        tried = [self._request(target, refusals, offers) for target in targets]
        answers = iter(self._client.read([each for each in tried if isinstance(each, Request)]))
        return [
            reply_of(target, next(answers))
            if isinstance(each, Request)
            else Reply(outcome=Outcome.UNREACHABLE, reason=each)
            for target, each in zip(targets, tried, strict=True)
        ]

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

    def close(self) -> None:
        """End the mapping process."""
        self._client.close()
        self._files.close()

    def _request(self, target: Target, refusals: Mapping[Address, str], offers: dict[Resource, bool]) -> Request | str:
        """What the mapping process is asked for, or why it is not asked.

        A BAR smaller than a page may begin in the middle of what the kernel maps for it: pci_mmap_resource_range
        (drivers/pci/mmap.c) maps from the page that its start is in.
        """
        start = _start(target)
        if target.bar is None or start is None or target.problem is not None:
            return target.problem or _unmappable(target)
        address = target.function.address
        if address in refusals:
            return refusals[address]
        resource = self._resource(address, target.bar)
        if resource not in offers:
            offers[resource] = _exists(resource.path)
        if not offers[resource]:
            return f"no resource{target.bar} file: the kernel offers no mapping of BAR {target.bar}"
        if target.width > WORD_BYTES:
            return f"this CPU does not load {target.width} bytes at once"
        return Request(resource.name, start % mmap.PAGESIZE + target.offset, target.width)

    def _resource(self, address: Address, bar: int) -> Resource:
        """The file, made once: building a path costs more than the read."""
        resource = self._resources.get((address, bar))
        if resource is None:
            path = self._reachability.folder(address) / f"resource{bar}"
            resource = self._resources[address, bar] = Resource(path, os.fsencode(path))
        return resource


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except OSError as exc:
        return exc.errno not in {errno.ENOENT, errno.ENOTDIR}  # anything else the mapping process will say better
    return True


def _start(target: Target) -> int | None:
    return next((bar.start for bar in target.function.bars if bar.index == target.bar), None)


def _unmappable(target: Target) -> str:
    return "not a register in a BAR" if target.bar is None else f"BAR {target.bar} is not assigned"


def reply_of(target: Target, answer: Answer | Reply) -> Reply:
    """What the mapping process's answer says about the target."""
    if isinstance(answer, Reply):
        return answer
    if not answer.error:
        return Reply(answer.value, duration_ns=answer.duration_ns)
    return _refused(target, why(OSError(answer.error, os.strerror(answer.error))), answer.error)


def _refused(target: Target, reason: str, error: int) -> Reply:
    if error == errno.EINVAL:
        owner = target.function.driver or "a driver"
        reason = f"{reason}: {owner} owns BAR {target.bar} exclusively; unbind it, or boot with iomem=relaxed"
        return Reply(outcome=Outcome.DENIED, reason=reason)
    if error in REFUSALS:
        return Reply(outcome=Outcome.DENIED, reason=f"resource{target.bar}: {reason}")
    if error in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
        return Reply(outcome=Outcome.UNREACHABLE, reason=f"resource{target.bar}: {reason}")
    return Reply(outcome=Outcome.FAULT, reason=f"resource{target.bar}: {reason}")
