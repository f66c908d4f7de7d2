"""A sysfs with one function behind two bridges, made of real files and links."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from barwatch_agent.reads import Match, Register, Target
from barwatch_agent.roots import Roots
from barwatch_proto.pci import Address, BarKind
from barwatch_proto.topology import Bar, Function
from barwatch_proto.words import Access

NOBODY = 65534
BRIDGES = ("0000:00:1c.0", "0000:01:00.0")


@dataclass
class Machine:
    """The files of one function, and the targets on it."""

    roots: Roots
    address: Address = field(default_factory=lambda: Address(0, 3, 0, 0))
    bar_start: int = 0x4000000000
    bar_bytes: int = 0x4000

    @property
    def folder(self) -> Path:
        """Where sysfs keeps the function."""
        return self.roots.sys / "devices/pci0000:00" / BRIDGES[0] / BRIDGES[1] / str(self.address)

    @property
    def link(self) -> Path:
        """Where it is looked for."""
        return self.roots.sys / "bus/pci/devices" / str(self.address)

    def bridge(self, number: int) -> Path:
        """The runtime_status of a bridge upstream, root port first."""
        above = self.folder.parents[1] if number == 0 else self.folder.parents[0]
        return above / "power/runtime_status"

    def plug(self) -> None:
        """Make the function's files."""
        self.folder.mkdir(parents=True)
        self.link.parent.mkdir(parents=True, exist_ok=True)
        if not self.link.is_symlink():
            self.link.symlink_to(os.path.relpath(self.folder, self.link.parent))
        for bridge in (0, 1):
            self.bridge(bridge).parent.mkdir(exist_ok=True)
            self.bridge(bridge).write_text("active\n")
        (self.folder / "power_state").write_text("D0\n")
        (self.folder / "config").write_bytes(bytes(range(256)))

    def unplug(self) -> None:
        """Take the function away; the link goes too."""
        for file in self.folder.iterdir():
            file.unlink()
        self.folder.rmdir()
        self.link.unlink()

    def resource(self, content: bytes, bar: int = 0) -> Path:
        """A BAR as a file that can be mapped."""
        file = self.folder / f"resource{bar}"
        file.write_bytes(content)
        return file

    def target(self, offset: int = 0, width: int = 4, bar: int | None = 0, *, problem: str | None = None) -> Target:
        """A register of the function."""
        access = Access.CONFIG if bar is None else Access.USER
        register = Register("test", "test", "test", Match(), bar, offset, width, (access,))
        bars = (Bar(0, BarKind.MEMORY_64, is_prefetchable=False, length_bytes=self.bar_bytes, start=self.bar_start),)
        function = Function(self.address, None, "key", 0x1AF4, 0x1042, 0x018000, bars=bars)
        return Target(register, function, bar, offset, None, problem)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with the function plugged in."""
    made = Machine(Roots.beside(tmp_path / "sys"))
    made.plug()
    return made


@pytest.fixture
def ordinary_user() -> Callable[[], AbstractContextManager[None]]:
    """Runs a block without root's rights; does nothing where there are none."""

    @contextmanager
    def without_rights() -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)

    return without_rights
