"""What /proc tells of running processes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

HERTZ = os.sysconf("SC_CLK_TCK")
UTIME, STIME = 11, 12  # fields 14 and 15 of proc(5), counted from behind the name, which may hold anything
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has taken so far, and holds now."""

    cpu_s: float
    resident_mb: float
    anonymous_mb: float  # of these, what is no page of a file: shared libraries are counted in every process

    @classmethod
    def of(cls, pid: int) -> Self:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return cls(cpu_s(pid), _bytes(lines, "VmRSS") / MB, _bytes(lines, "RssAnon") / MB)


def cpu_s(pid: int) -> float:
    """CPU seconds of a process, user and system, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[UTIME]) + int(fields[STIME])) / HERTZ


def children(pid: int) -> list[int]:
    """Processes that any thread of the process has started."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for numbers in lists for child in numbers.read_text().split()]


def _bytes(lines: Sequence[str], name: str) -> int:
    """What a line like ``VmRSS:  1234 kB`` says."""
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))
