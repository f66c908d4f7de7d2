"""Wine for tests: a prefix that is made once, programs that run in it, and real Windows CPython."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[3]
CACHE = ROOT / ".barwatch" / "wine"
PACKAGES = {"wine": "wine", "wineserver": "wine64", "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64", "make": "make"}
LONG = 200  # seconds; far more than anything takes on a busy machine, but a crashed driver can leave a caller waiting


class Missing(Exception):
    """Something that the tests need and this machine does not have; says what."""


def missing_packages() -> list[str]:
    """Debian packages that are needed and not installed."""
    return [package for command, package in PACKAGES.items() if shutil.which(command) is None]


@contextmanager
def alone(name: str) -> Iterator[Path]:
    """One process at a time, whichever worker of pytest it is; the folder where things are kept between runs."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield CACHE


@dataclass(frozen=True, slots=True)
class Wine:
    """Windows programs in one prefix."""

    prefix: Path

    @property
    def environment(self) -> dict[str, str]:
        """Ours without a display, and nothing that asks to install anything."""
        kept = {name: value for name, value in os.environ.items() if name != "DISPLAY"}  # noqa: TID251 - a child's
        quiet = {"WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml=", "WINEARCH": "win64"}
        return {**kept, **quiet, "WINEPREFIX": str(self.prefix), "PYTHONDONTWRITEBYTECODE": "1"}

    @property
    def drivers(self) -> Path:
        """Where kernel drivers lie."""
        return self.prefix / "drive_c/windows/system32/drivers"

    def run(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """A Windows program to its end. Standard output is a pipe: CPython under Wine cannot start without one."""
        return subprocess.run(
            ["wine", *command],  # noqa: S607 - found by missing_packages()
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONG,
            check=False,
        )

    def server(self, option: str) -> None:
        """Speak to the process that everything in the prefix hangs on: -p lets it live, -k ends all, -w waits."""
        subprocess.run(["wineserver", option], env=self.environment, timeout=LONG, check=False)  # noqa: S607

    def boot(self, events: Path = Path(os.devnull)) -> None:
        """Start the services, which keep what they are given as standard output: a file that gets each event."""
        self.server("-p")
        with events.open("ab") as said:
            self._quietly("cmd", "/c", "exit", said=said, WINEDEBUG="-all,+eventlog")

    def halt(self) -> None:
        """End every process of the prefix."""
        self.server("-k")
        self.server("-w")

    def prepare(self) -> None:
        """Make the prefix: Windows 10, and a program that crashes is not debugged."""
        self._quietly("wineboot", "--init")
        self.server("-w")
        self._quietly("winecfg", "-v", "win10")
        key = r"HKLM\Software\Microsoft\Windows NT\CurrentVersion\AeDebug"
        self._quietly("reg", "add", key, "/v", "Debugger", "/d", "false", "/f")
        self.halt()

    def _quietly(self, *command: str, said: IO[bytes] | int = subprocess.DEVNULL, **environment: str) -> None:
        subprocess.run(
            ["wine", *command],  # noqa: S607
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            timeout=LONG,
            check=False,
        )


@cache
def _version() -> str:
    done = subprocess.run(["wine", "--version"], capture_output=True, text=True, check=False)  # noqa: S607
    return done.stdout.split()[0] if done.stdout else "wine"


def made_prefix(cache: Path) -> Path:
    """A prefix of this version of Wine, which tests share one after the other."""
    prefix = cache / f"prefix-{_version()}"
    if not (prefix / "ready").exists():
        shutil.rmtree(prefix, ignore_errors=True)
        Wine(prefix).prepare()
        (prefix / "ready").touch()
    return prefix


def made_python(cache: Path) -> Path:
    """The folder of CPython 3.11 for Windows, the one that a package is built with where it is given no other.

    Raises:
        Missing: it cannot be had.
    """
    command = [sys.executable, "-m", "deploy.windows.runtime", cache]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONG, check=False)
    if done.returncode:
        raise Missing((done.stderr.strip().splitlines() or ["?"])[-1])
    return Path(done.stdout.strip())
