"""What our cfgmgr32.dll tells: devices.txt, as devices.h describes it, from the devices of a test."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess

from barwatch_agent.windows.facts import Devnode
from barwatch_agent.windows.properties import KEYS

LIBRARY = "cfgmgr32.dll"
# For programs of this name, whoever starts them: our library where one lies beside the program, else Wine's own.
OVERRIDES = r"HKCU\Software\Wine\AppDefaults\python.exe\DllOverrides"


@contextmanager
def installed(wine: Callable[..., CompletedProcess[str]], library: Path, folder: Path) -> Iterator[None]:
    """Meanwhile Python for Windows in this folder sees the devices that it is told; none before that.

    ``wine`` runs a Windows program, as ``Wine.run`` does.
    """
    shutil.copy(library, folder / LIBRARY)
    tell(folder, ())
    done = wine("reg", "add", OVERRIDES, "/v", "cfgmgr32", "/d", "native,builtin", "/f")
    assert done.returncode == 0, done.stdout + done.stderr
    try:
        yield
    finally:
        wine("reg", "delete", OVERRIDES, "/f")
        (folder / LIBRARY).unlink()


def tell(folder: Path, nodes: Iterable[Devnode]) -> None:
    """From now on these devices are there. Never half of them: a program may be looking at this moment."""
    draft = folder / "devices.draft"
    draft.write_text("".join(f"{line}\n" for node in nodes for line in _lines(node)), encoding="utf-8", newline="\n")
    draft.replace(folder / "devices.txt")


def _lines(node: Devnode) -> Iterator[str]:
    yield f"device {node.instance_id} {node.status or 0:x} {node.problem or 0:x}"
    for name, value in node.properties.items():
        guid, pid = KEYS[name]
        yield f"property {guid.bytes_le.hex()} {pid:x} {value.kind:x} ={value.data.hex()}"
    for resource in node.resources or ():
        yield f"resource {resource.kind:x} ={resource.data.hex()}"
