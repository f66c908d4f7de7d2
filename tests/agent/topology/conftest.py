"""What topology tests share: configuration spaces from text, and small sysfs trees below tmp_path."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.proto.config_space.spaces import dumped, make_config

from barwatch_agent.roots import Roots


@dataclass
class Tree:
    """A small sysfs: functions by the path of their folders below devices, everything in plain files."""

    sys: Path

    @property
    def roots(self) -> Roots:
        return Roots.beside(self.sys)

    def folder(self, path: str) -> Path:
        return self.sys / "devices" / path

    def function(self, path: str, config: bytes | None = None, **texts: str) -> Path:
        """A function at ``pci0000:00/0000:00:1c.0``; a text of None leaves the file out."""
        folder = self.folder(path)
        folder.mkdir(parents=True, exist_ok=True)
        usual = {
            "vendor": "0x8086",
            "device": "0x1234",
            "class": "0x020000",
            "revision": "0x01",
            "subsystem_vendor": "0x0000",
            "subsystem_device": "0x0000",
            "resource": "0x0000000000000000 0x0000000000000000 0x0000000000000000\n" * 7,
            "power_state": "D0",
            "runtime_status": "active",
        }
        for name, text in {**usual, **texts}.items():
            self.write(folder / ("power/runtime_status" if name == "runtime_status" else name), text)
        (folder / "config").write_bytes(make_config({}) if config is None else config)
        self.link(f"bus/pci/devices/{folder.name}", folder)
        return folder

    def write(self, file: Path, text: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n", encoding="utf-8")

    def link(self, name: str, target: Path) -> None:
        """A relative symbolic link, as sysfs has them."""
        link = self.sys / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(Path("../" * len(link.parent.relative_to(self.sys).parts)) / target.relative_to(self.sys))

    def unreadable(self, file: Path) -> None:
        """A folder in place of a file: reading it fails for root too."""
        file.unlink(missing_ok=True)
        file.mkdir()


@pytest.fixture
def dump() -> Callable[[str], bytes]:
    """A real configuration space from the folder dumps, by name."""
    return dumped


@pytest.fixture
def config() -> Callable[..., bytes]:
    """``config({0x34: "40", 0x40: "1000 0200"}, length=256)``: zeros with hex digits at offsets."""
    return make_config


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """An empty sysfs."""
    (tmp_path / "sys/bus/pci/devices").mkdir(parents=True)
    return Tree(tmp_path / "sys")
