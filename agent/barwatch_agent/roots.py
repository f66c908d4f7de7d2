"""Where Linux tells about itself, as arguments: tests, replays and containers bring their own."""

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Self

MAX_TEXT = 64 * 1024  # no text file we read is longer; more is rubbish and cut


@dataclass(frozen=True, slots=True)
class Roots:
    """Folders that stand for /sys, /proc, /etc and /dev."""

    sys: Path
    proc: Path
    etc: Path
    dev: Path

    @property
    def windows(self) -> Path:
        """What a Windows machine told, written down as files; there is no such folder on a Linux machine."""
        return self.sys.parent / "windows"

    @classmethod
    def beside(cls, sysfs: Path) -> Self:
        """The roots around a sysfs: those of this machine for /sys, otherwise its neighbours proc, etc and dev."""
        above = sysfs.parent
        return cls(sysfs, above / "proc", above / "etc", above / "dev")


def read_text(path: Path) -> str:
    """What a small text file holds, without white space around it and without NULs at its end.

    Raises:
        OSError: missing, unreadable, or the device behind it is gone.
    """
    with path.open("rb") as file:
        return file.read(MAX_TEXT).decode(errors="replace").rstrip("\0").strip()


def why(error: OSError) -> str:
    """A short reason for people: ``Permission denied (EACCES)``."""
    name = errno.errorcode.get(error.errno or 0, "no errno")
    return f"{error.strerror or error} ({name})"
