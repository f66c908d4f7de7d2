"""The package installed, repaired, upgraded and removed, under Wine."""

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest
from tests.deploy.windows.msi_tables import by, only
from tests.driver.windows.fixtures import windows_path
from tests.driver.windows.wine import Wine

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(600)]
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


@pytest.fixture(scope="module")
def package(handed_out: Path) -> Path:
    return only(handed_out)


@pytest.fixture(scope="module")
def upgrade(newer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newer package, which tells the older one that it is being replaced: Windows does that by itself, Wine not.

    Wine runs ``msiexec /i OLDER REMOVE=x``, where x is what this column of the table holds.
    """
    folder = tmp_path_factory.mktemp("upgrade")
    package = Path(shutil.copy(only(newer), folder))
    exported = subprocess.run(["msiinfo", "export", package, "Upgrade"], capture_output=True, text=True, check=True)  # noqa: S607
    code = by(package, "Property", "Property")["ProductCode"]["Value"]
    text = exported.stdout.replace("\t513\t\t", f"\t513\tALL UPGRADINGPRODUCTCODE={code}\t")
    (folder / "Upgrade.idt").write_text(text, newline="")
    subprocess.run(["msibuild", package, "-i", folder / "Upgrade.idt"], check=True)  # noqa: S607
    return package


@pytest.fixture
def machine(wine: Wine, package: Path, upgrade: Path) -> Iterator[Machine]:
    """Nothing of ours is on it, before and after."""
    found = Machine(wine)
    before = found.traces()
    assert before.isdisjoint(OUR_KEYS)
    try:
        yield found
    finally:
        for each in filter(found.has, (upgrade, package)):
            found.remove(each)
    only_left(found, before)


def only_left(machine: Machine, before: set[str]) -> None:
    """Wait until what was there before is all that there is; tells what is more, and what is gone."""
    with suppress(AssertionError):
        until(lambda: machine.traces() == before)
    assert sorted(machine.traces() ^ before) == []


def test_without_a_collector_nothing_is_installed(machine, package):
    before = machine.traces()

    assert machine.install(package) != 0
    assert machine.traces() == before


def test_an_installed_agent_can_be_called_and_runs_as_a_service(machine, package):
    assert machine.install(package, f"COLLECTOR={NOBODY}") == 0

    image = machine.value(SERVICE_KEY, "ImagePath")
    assert r"\barwatch\python\python.exe" in image
    assert "-m barwatch_agent service --state " in image
    assert machine.value(SERVICE_KEY, "ObjectName") == r"NT SERVICE\barwatch-agent"
    assert machine.value(OURS, "Collector") == NOBODY
    assert machine.value(EVENT_KEY, "EventMessageFile").endswith(r"lib\win32\servicemanager.pyd")
    assert "C:\\Program Files\\barwatch\\" in machine.value(PATH_KEY, "PATH").split(";")
    assert not (machine.programs / "driver").exists()
    until(lambda: machine.service() == "RUNNING")
    assert machine.identity()
    assert machine.wine.run(LAUNCHER, "--version").stdout.startswith("barwatch-agent, version ")
    assert json.loads(machine.wine.run(LAUNCHER, "probe", "--json").stdout)["format"] == 1
    assert list(machine.programs.rglob("__pycache__")) == []


def test_the_launcher_hands_on_arguments_and_exit_codes_as_they_are(machine, package):
    machine.install(package, f"COLLECTOR={NOBODY}")

    done = machine.wine.run(LAUNCHER, "probe", "--config", 'no "such" fïle  日本.toml')

    assert done.returncode == 2
    assert "fïle  日本.toml" in done.stderr


def test_a_repair_brings_back_what_is_missing_and_keeps_the_collector(machine, package):
    machine.install(package, f"COLLECTOR={NOBODY}")
    identity = machine.identity()
    (machine.programs / "barwatch-agent.exe").unlink()

    assert machine.install(package, "REINSTALL=ALL", "REINSTALLMODE=amus") == 0

    assert (machine.programs / "barwatch-agent.exe").exists()
    assert machine.value(OURS, "Collector") == NOBODY
    assert machine.identity() == identity
    until(lambda: machine.service() == "RUNNING")


def test_a_repair_that_names_another_collector_has_the_service_go_there(machine, package):
    machine.install(package, f"COLLECTOR={NOBODY}")
    identity = machine.identity()

    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(PATIENCE_S)
        where = f"127.0.0.1:{other.getsockname()[1]}"
        assert machine.install(package, "REINSTALL=ALL", "REINSTALLMODE=amus", f"COLLECTOR={where}") == 0
        other.accept()[0].close()

    assert machine.identity() == identity


def test_an_upgrade_keeps_identity_and_collector_and_there_is_no_way_back(machine, package, upgrade):
    machine.install(package, f"COLLECTOR={NOBODY}")
    identity = machine.identity()

    assert machine.install(upgrade) == 0
    assert machine.identity() == identity
    assert machine.value(OURS, "Collector") == NOBODY
    until(lambda: machine.service() == "RUNNING")

    assert machine.install(package, f"COLLECTOR={NOBODY}") != 0
    assert machine.identity() == identity


def test_removal_takes_the_state_along_unless_it_is_told_to_leave_it(machine, package):
    before = machine.traces()
    machine.install(package, f"COLLECTOR={NOBODY}")
    identity = machine.identity()

    assert machine.remove(package, "KEEPSTATE=1") == 0
    assert machine.identity() == identity
    assert machine.service() == ""

    machine.install(package, f"COLLECTOR={NOBODY}")
    assert machine.remove(package) == 0
    only_left(machine, before)


def test_with_the_driver_its_files_come_and_go(machine, package):
    """Also when it is asked for later."""
    machine.install(package, f"COLLECTOR={NOBODY}")
    assert machine.install(package, "ADDLOCAL=Driver") == 0
    assert {path.name for path in (machine.programs / "driver").iterdir()} == {"barwatch.inf", "barwatch.sys"}

    assert machine.remove(package) == 0
    assert not machine.programs.exists()
