"""Where figures were measured, and how much of the machine other programs took meanwhile."""

import os
import platform
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

HERTZ = os.sysconf("SC_CLK_TCK")


def surroundings(folder: Path) -> Mapping[str, str]:
    """What a figure depends on besides the code."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "disk": f"{folder} on {_filesystem(folder)}",
    }


@dataclass(slots=True)
class Elsewhere:
    """Counts what the machine works for others, from when it is made."""

    _began: float = field(default_factory=perf_counter)
    _busy_s: float = field(default_factory=lambda: _busy_s() - _own_s())

    def cores(self) -> float:
        """Cores that others kept busy on average; ask when the processes of the bench have ended."""
        return max(0.0, (_busy_s() - _own_s() - self._busy_s) / (perf_counter() - self._began))


def _busy_s() -> float:
    """CPU seconds of the whole machine, those that the hypervisor took away included (proc(5), /proc/stat)."""
    user, nice, system, _idle, _iowait, irq, softirq, steal, *_ = Path("/proc/stat").read_text().split()[1:]
    return sum(map(int, (user, nice, system, irq, softirq, steal))) / HERTZ


def _own_s() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _filesystem(folder: Path) -> str:
    """The kind of the file system that the folder is on: on tmpfs nothing is durable, and figures are too good."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    above = {str(folder.resolve()), *map(str, folder.resolve().parents)}
    return max(((point, kind) for point, kind in mounts if point in above), key=lambda mount: len(mount[0]))[1]
