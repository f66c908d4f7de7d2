"""The founding case as a lab sees it: a Windows laptop, installed by the package, beside hosts that run Linux.

Real are the package, its Python, service, agent and driver under Wine, and the collector and the Linux agents here.
Windows is replaced at its edges: the kernel's machine (tests/driver/windows/machine) and the configuration manager
(tests/agent/windows/devices).
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.agent.windows.conftest import configuration_manager, windows_packages
from tests.agent.windows.devices import told
from tests.agent.windows.inside import founding
from tests.agent.windows.told_by_windows import devnodes
from tests.conftest import HOSTS
from tests.deploy.windows.conftest import build, build_once, handed_out, package
from tests.deploy.windows.machine import LAUNCHER, Machine
from tests.driver.windows.fixtures import (
    machine_services,
    mingw,
    objects,
    tested_driver,
    windows_path,
    windows_python,
    wine,
    wine_prefix,
)
from tests.driver.windows.wine import ROOT, alone, made_python
from tests.e2e.conftest import Lab, until

__all__ = [
    "build",
    "build_once",
    "configuration_manager",
    "handed_out",
    "machine_services",
    "mingw",
    "objects",
    "package",
    "tested_driver",
    "windows_packages",
    "windows_python",
    "wine",
    "wine_prefix",
]
pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(900)]
NAME, GPU, REGISTER = "win-laptop", "0000:03:00.0", "gpu.panel"
INSIDE = ROOT / "tests/agent/windows/inside"
MACHINE = ROOT / "tests/driver/windows/inside/machine.py"
CONFIG = f"""
hostname = "{NAME}"
plan = ['C:\\plan.toml']
metrics = "off"
flush = 0.2
rescan = 1
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.end()


@dataclass(frozen=True, slots=True)
class Laptop(Machine):
    """One with devices: ``events`` is the file that has each event which a service reports."""

    events: Path
    packages: Path

    @property
    def python(self) -> Path:
        """Where the package puts Python; what it asks of Windows' devices is answered from beside it."""
        return self.programs / "python"

    def kernel(self, script: Path, *arguments: str) -> None:
        """One of the scripts that make the simulated kernel what it is."""
        with alone("python") as cache:
            python = made_python(cache) / "python.exe"
        folders = (INSIDE, MACHINE.parent, ROOT / "agent", ROOT / "proto", ROOT, self.packages)
        done = self.wine.run(python, script, *arguments, PYTHONPATH=";".join(map(windows_path, folders)))
        assert done.returncode == 0, done.stdout + done.stderr

    def program(self, *arguments: str) -> str:
        """What the installed program prints."""
        done = self.wine.run(LAUNCHER, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def restart(self) -> None:
        self.wine.halt()
        self.wine.boot(self.events)


@pytest.fixture(scope="module")
def bare(machine_services, windows_packages, tmp_path_factory):
    """The laptop with its devices, and nothing of ours but the driver."""
    laptop = Laptop(machine_services, tmp_path_factory.mktemp("events") / "events.log", windows_packages)
    laptop.restart()
    assert machine_services.run("sc", "start", "machine").returncode == 0
    laptop.kernel(INSIDE / "laptop.py", "laptop")
    return laptop


@pytest.fixture(scope="module")
def laptop(bare, configuration_manager, package, lab):
    """The package installed over a configuration file that an administrator left."""
    bare.python.mkdir(parents=True)
    bare.state.mkdir(parents=True)
    (bare.state / "agent.toml").write_text(CONFIG)
    shutil.copy(HOSTS / "founding/plan.toml", bare.disk / "plan.toml")
    with told.installed(bare.wine.run, configuration_manager, bare.python):
        told.tell(bare.python, devnodes(founding.LAPTOP, founding.states(founding.LAPTOP)))
        assert bare.install(package, f"COLLECTOR={lab.grpc}") == 0
        yield bare
        bare.remove(package)
    shutil.rmtree(bare.programs, ignore_errors=True)


def reads(lab, access):
    """Counts of the founding register by outcome."""
    return lab.reads(NAME).get((GPU, REGISTER, access), {})


def test_a_silent_install_brings_a_service_whose_snapshot_arrives(laptop, lab):
    functions = until(lambda: (lab.host(NAME) or {}).get("functions"), lab.collector)

    assert GPU in {each["address"] for each in functions}
    assert "barwatch-agent is running" in laptop.events.read_text(errors="replace")


def test_both_views_of_the_register_arrive_once_a_policy_is_in_force(laptop, lab):
    """The administrator's two commands; the service, which runs, opens the driver by itself."""
    laptop.program("policy", "make", "--shared", "--map", "--plan", r"C:\plan.toml", "--output", r"C:\policy.toml")
    laptop.program("policy", "load", r"C:\policy.toml", "--lock", "--at-start")

    until(lambda: reads(lab, "kernel").get("ok") and reads(lab, "user").get("all_ones"), lab.collector)
    assert not reads(lab, "kernel").get("all_ones")
    assert not reads(lab, "user").get("ok")


@pytest.mark.usefixtures("laptop")
def test_an_episode_opens_and_gets_its_verdict(lab):
    def judged():
        rows = lab.ask("episodes", outcome="all_ones", host=NAME)["rows"]
        return [row for row in rows if row["register"] == REGISTER and row["failure"]]

    (episode,) = until(judged, lab.collector)

    assert (episode["failure"], episode["access"]) == ("user_mapping_only", "user")
    assert episode["closed_at_ns"] is None
    assert episode["has_evidence"]


@pytest.mark.usefixtures("laptop")
def test_topologies_shows_the_windows_host_beside_linux_ones(lab, shared_host):
    names = ("desktop-gpu-slot", "laptop-thunderbolt-box")
    for name in names:
        lab.start_agent(name, shared_host(name).sys, "--plan", HOSTS / "founding/plan.toml")
    until(lambda: all(lab.reads(name) for name in names), *lab.running)
    rows = lab.ask("topologies")["rows"]
    (failing,) = [row for row in rows if row["failing_hosts"] and row["access"] == "user"]

    assert "10de:2684" in failing["route"]
    assert failing["main_failure"]["failure"] == "user_mapping_only"
    assert {row["hostname"]: row["system"] for row in lab.ask("hosts")["rows"]} == {
        NAME: "windows",
        **dict.fromkeys(names, "linux"),
    }
    assert failing["topology"][:16] in lab.command("topologies")


def test_the_agent_outlives_a_crash_of_the_driver_and_comes_back_with_windows(laptop, lab):
    """On Windows a crash is a bug check and a restart. Here the drivers' process ends first, and then Windows.

    After the restart nobody does anything: the service is started, the driver takes the policy that was left for it,
    and the host is the one that it was.
    """
    before = {row["agent_id"] for row in lab.ask("hosts")["rows"]}
    laptop.kernel(MACHINE, "crash")
    until(lambda: reads(lab, "kernel").get("denied", 0) + reads(lab, "kernel").get("unreachable", 0), lab.collector)
    laptop.restart()
    assert laptop.wine.run("sc", "start", "machine").returncode == 0
    laptop.kernel(INSIDE / "laptop.py", "laptop")
    good = reads(lab, "kernel")["ok"]

    until(lambda: reads(lab, "kernel")["ok"] > good + 3, lab.collector)
    assert {row["agent_id"] for row in lab.ask("hosts")["rows"]} == before
    assert reads(lab, "user")["all_ones"]


def test_a_pulled_cable_takes_the_box_out_of_the_host_s_tree(laptop, lab):
    assert "10de:2684" in lab.command("tree", NAME)
    laptop.kernel(INSIDE / "laptop.py", "pull")
    told.tell(laptop.python, devnodes(founding.LAPTOP)[:2])

    until(lambda: "10de:2684" not in lab.command("tree", NAME), lab.collector)


def test_a_service_that_is_told_to_stop_says_goodbye(laptop, lab):
    assert laptop.wine.run("sc", "stop", "barwatch-agent").returncode == 0
    until(lambda: "1  STOPPED" in laptop.wine.run("sc", "query", "barwatch-agent").stdout, lab.collector)

    assert "WIN32_EXIT_CODE    : 0 " in laptop.wine.run("sc", "query", "barwatch-agent").stdout
    assert "barwatch-agent has stopped" in laptop.events.read_text(errors="replace")
