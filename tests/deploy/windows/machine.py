"""A Windows that packages are installed on, as an administrator and a program see it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from tests.deploy.windows.msi_tables import by
from tests.driver.windows.fixtures import windows_path
from tests.driver.windows.wine import Wine

NOBODY = "127.0.0.1:9"  # no collector: the discard port
LAUNCHER = r"C:\Program Files\barwatch\barwatch-agent.exe"
SERVICE_KEY = r"HKLM\System\CurrentControlSet\Services\barwatch-agent"
EVENT_KEY = r"HKLM\System\CurrentControlSet\Services\EventLog\Application\barwatch-agent"
PATH_KEY = r"HKLM\System\CurrentControlSet\Control\Session Manager\Environment"
PRODUCTS = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall"
OURS = r"HKLM\Software\barwatch"
OUR_KEYS = (OURS, SERVICE_KEY, EVENT_KEY)
PATIENCE_S = 120
# Folders of Windows' own in which traces of any program are found.
NOT_OURS = re.compile(r"windows/(Installer|temp)|users/[^/]+/(Temp|AppData)|ProgramData/Microsoft")


@dataclass(frozen=True, slots=True)
class Machine:
    """A Windows that packages are installed on; refusals are exit codes other than 0."""

    wine: Wine

    @property
    def disk(self) -> Path:
        """C:."""
        return self.wine.prefix / "drive_c"

    @property
    def programs(self) -> Path:
        """Where the package goes."""
        return self.disk / "Program Files/barwatch"

    @property
    def state(self) -> Path:
        """Where the service keeps what it knows."""
        return self.disk / "ProgramData/barwatch-agent"

    def install(self, package: Path, *properties: str) -> int:
        """Silently."""
        return self.wine.run("msiexec", "/i", windows_path(package), *properties, "/qn").returncode

    def remove(self, package: Path, *properties: str) -> int:
        """Silently."""
        return self.wine.run("msiexec", "/x", windows_path(package), *properties, "/qn").returncode

    def has(self, package: Path) -> bool:
        """Whether it is installed."""
        code = by(package, "Property", "Property")["ProductCode"]["Value"]
        return self.wine.run("reg", "query", rf"{PRODUCTS}\{code}").returncode == 0

    def value(self, key: str, name: str) -> str:
        """Of the registry; empty when there is none."""
        found = re.search(rf"{name}\s+REG_\w+\s+(.*)", self.wine.run("reg", "query", key, "/v", name).stdout)
        return found[1].strip() if found else ""

    def service(self) -> str:
        """The state that the service manager knows; empty when there is no such service."""
        found = re.search(r"STATE\s+: \d+\s+(\w+)", self.wine.run("sc", "query", "barwatch-agent").stdout)
        return found[1] if found else ""

    def identity(self) -> str:
        """Of the agent, once it has one."""
        file = self.state / "agent-id"
        until(lambda: file.exists() and file.read_text())
        return file.read_text()

    def traces(self) -> set[str]:
        """Every file and folder, and what of the registry could be ours."""
        paths = {path.relative_to(self.disk).as_posix() for path in self.disk.rglob("*")}
        keys = {key for key in OUR_KEYS if self.wine.run("reg", "query", key).returncode == 0}
        path = {f"PATH {folder}" for folder in self.value(PATH_KEY, "PATH").split(";") if folder}
        return {trace for trace in paths if not NOT_OURS.match(trace)} | keys | path


def until(is_so: Callable[[], object]) -> None:
    """Wait for it; fails when it never becomes true."""
    deadline = monotonic() + PATIENCE_S
    while not is_so():
        assert monotonic() < deadline
        sleep(0.2)


@contextmanager
def clean(wine: Wine, *packages: Path) -> Iterator[Machine]:
    """Nothing of ours is on it, before and after; the packages are removed, those that are there."""
    found = Machine(wine)
    before = found.traces()
    assert before.isdisjoint(OUR_KEYS)
    try:
        yield found
    finally:
        for each in filter(found.has, packages):
            found.remove(each)
    only_left(found, before)


def only_left(machine: Machine, before: set[str]) -> None:
    """Wait until what was there before is all that there is; tells what is more, and what is gone."""
    with suppress(AssertionError):
        until(lambda: machine.traces() == before)
    assert sorted(machine.traces() ^ before) == []
