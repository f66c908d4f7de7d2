"""Modules for a guest's kernel, and scripts that run inside it."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.lab.guest import Guest
from tests.lab.parts import Kernel

HERE = Path(__file__).parent
# Bits of /proc/sys/kernel/tainted: bad page, died, warned, soft lockup. They stay when the log has lost its beginning.
COMPLAINED = 1 << 5 | 1 << 7 | 1 << 9 | 1 << 14


def built_module(kernel: Kernel, sources: Path, folder: Path, *options: str) -> Path:
    """The .ko that the Kbuild file somewhere in a copy of the sources makes."""
    copy = shutil.copytree(sources, folder / "copy")
    kbuild = next(copy.rglob("Kbuild")).parent
    command = ["make", "-s", "-C", kernel.build, f"M={kbuild}", *options, "modules"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(kbuild.glob("*.ko"))


def run_inside(guest: Guest, script: str, *arguments: str) -> Any:
    """What one of inside/ prints, which is JSON."""
    words = [sys.executable, "-B", f"{HERE / 'inside' / script}.py", *arguments]
    return json.loads(guest.run(shlex.join(words)))


def put_in_place(guest: Guest, function: str) -> None:
    """The function is there and decodes memory, whatever was done to it before."""
    device = f"/sys/bus/pci/devices/{guest.address(function)}"
    guest.run(
        f"[ -e {device} ] || echo 1 >/sys/bus/pci/rescan; [ $(cat {device}/enable) != 0 ] || echo 1 >{device}/enable"
    )


def complaints(guest: Guest) -> list[str]:
    """What the kernel complained about since this was asked before; that it did at all is never forgotten."""
    tainted = int(guest.run("cat /proc/sys/kernel/tainted"))
    return [*guest.complaints(), *([f"tainted: {tainted}"] if tainted & COMPLAINED else [])]
