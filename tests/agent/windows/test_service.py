"""The agent as a Windows service, under Wine: its service manager and event log, real pywin32, a collector on Linux."""

import re
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.agent.windows.conftest import INSIDE
from tests.conftest import HOSTS
from tests.driver.windows.fixtures import windows_path
from tests.driver.windows.wine import Wine, alone, made_python
from tests.e2e.conftest import Lab, until

from barwatch_agent.journal import kept
from barwatch_agent.spool_file import open_spool

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(600)]
NAME, HOST, GPU = "barwatch-agent", "winbox", "0000:09:00.0"
EVENT_KEY = rf"HKLM\System\CurrentControlSet\Services\EventLog\Application\{NAME}"
SIMULATED = f"""
[[register]]
address = "{GPU}"
bar = 0
offset = 0x1f380
value = 0x7666
"""
STOPPED = 1
STATUS = re.compile(r"STATE\s+: (\d+).*WIN32_EXIT_CODE\s+: (\d+).*SERVICE_EXIT_CODE\s+: (\d+)", re.DOTALL)
EVENT = re.compile(r':(trace|warn|err):eventlog:ReportEventW L"(.*)"$', re.MULTILINE)
KINDS = {"trace": "information", "warn": "warning", "err": "error"}
COUNTED = re.compile(r'^barwatch_agent_reads_total\{access="kernel",outcome="ok"\} (\S+)$', re.MULTILINE)
WAYS = ("kernel", "user")  # to a BAR


@pytest.fixture(scope="module")
def event_log(tmp_path_factory):
    """The file in which Wine tells what is written to its event log."""
    return tmp_path_factory.mktemp("event-log") / "events"


@pytest.fixture(scope="module")
def wine(wine_prefix, event_log):
    wine = Wine(wine_prefix)
    wine.halt()
    wine.boot(event_log)
    yield wine
    wine.halt()


@pytest.fixture(scope="module")
def program(wine, windows_python, windows_packages):  # noqa: ARG001 - is fetched
    """What the service manager starts, without the command."""
    with alone("python") as cache:
        python = made_python(cache) / "python.exe"
    return ["-B", *map(windows_path, (INSIDE / "service.py", windows_packages))], python


@dataclass
class Service:
    """The service as an administrator sees it."""

    wine: Wine
    event_log: Path
    log_begins: int

    def start(self):
        done = self.wine.run("sc", "start", NAME)
        assert done.returncode == 0, done.stdout + done.stderr

    def stop(self):
        self.wine.run("sc", "stop", NAME)
        return until(self.ended)

    def status(self):
        """Its state and its exit codes, that of Windows and its own; None when there is no such service."""
        found = STATUS.search(self.wine.run("sc", "query", NAME).stdout)
        return [int(number) for number in found.groups()] if found else None

    def ended(self):
        """Its exit codes; None while it has not stopped."""
        state, *codes = self.status()
        return codes if state == STOPPED else None

    def events(self):
        """What it wrote to the event log since it was installed."""
        with self.event_log.open(encoding="utf-8") as log:
            log.seek(self.log_begins)
            return [(KINDS[kind], text) for kind, text in EVENT.findall(log.read())]


@pytest.fixture
def service(wine, event_log, program, tmp_path):
    """Installs the service with these options; it is gone afterwards."""

    def installed(*options):
        arguments, python = program
        state = ("--state", windows_path(tmp_path / "state"))
        image = subprocess.list2cmdline([windows_path(python), *arguments, "service", *state, *options])
        wine.run("sc", "delete", NAME)  # of a run that was ended
        done = wine.run("sc", "create", NAME, "binPath=", image)
        assert done.returncode == 0, done.stdout + done.stderr
        return Service(wine, event_log, event_log.stat().st_size)

    yield installed
    agent = Service(wine, event_log, 0)
    if agent.status():
        agent.stop()
        wine.run("sc", "delete", NAME)
    wine.run("reg", "delete", EVENT_KEY, "/f")  # pywin32 makes it with the first event


@pytest.fixture
def lab(tmp_path):
    folder = tmp_path / "lab"
    folder.mkdir()
    lab = Lab(folder)
    yield lab
    lab.end()


@pytest.fixture
def laptop(host):
    """The recorded laptop, as files that a test may change."""
    return host("windows-laptop-thunderbolt-box")


@pytest.fixture
def metrics():
    """HOST:PORT where nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


@pytest.fixture
def options(lab, laptop, metrics, tmp_path):
    """Of an agent on the laptop whose GPU answers. Unasked it flushes and rescans once an hour."""
    simulated = tmp_path / "simulated.toml"
    simulated.write_text(SIMULATED)
    machine = ("--sysfs", windows_path(laptop.sys), "--hostname", HOST)
    reads = ("--plan", windows_path(HOSTS / "founding/plan.toml"), "--simulate", windows_path(simulated))
    return *machine, *reads, "--collector", lab.grpc, "--metrics", metrics, "--flush", "3600", "--rescan", "3600"


def counted_by(metrics):
    """Good reads through the kernel, as the agent itself says; None while it says nothing."""
    try:
        text = httpx.get(f"http://{metrics}/metrics").text
    except httpx.TransportError:
        return None
    return float(COUNTED.search(text)[1])


def counted_at(lab):
    """The same, as far as the collector knows."""
    return lab.reads(HOST).get((GPU, "gpu.panel", "kernel"), {}).get("ok", 0)


def counted_in(spool):
    """The same, as far as it is on the agent's disk: the GPU's register is the only one that answers."""
    return sum(run.counts.ok * run.length for run in kept(spool).counters) / len(WAYS)


def test_it_tells_a_collector_until_it_is_stopped_and_keeps_nothing_back(service, options, lab, metrics, tmp_path):
    agent = service(*options)
    agent.start()
    told = until(lambda: counted_at(lab), lab.collector)
    until(lambda: (counted_by(metrics) or 0) > told, lab.collector)
    codes = agent.stop()
    spool = open_spool(tmp_path / "state/spool.sqlite")
    ended, counted = spool.meta("ended"), counted_in(spool)
    spool.close()

    assert codes == [0, 0]
    assert ended == "stopped"
    assert [text for kind, text in agent.events() if kind == "information"] == [
        f"{NAME} is running",
        f"{NAME} has stopped",
    ]
    assert counted > told
    until(lambda: counted_at(lab) == counted, lab.collector)


def test_a_function_that_is_pulled_is_missed_long_before_the_next_look(service, options, lab, laptop):
    agent = service(*options)
    agent.start()
    until(lambda: counted_at(lab), lab.collector)
    (before,) = lab.ask("hosts")["rows"]
    (audio,) = laptop.windows.glob("devices/*DEV_10F1*")
    audio.rename(laptop.windows / audio.name)
    until(lambda: len(lab.host(HOST)["snapshots"]) == 2, lab.collector)
    (after,) = lab.ask("hosts")["rows"]

    assert after["functions"] == before["functions"] - 1
    assert agent.stop() == [0, 0]


def test_a_wrong_configuration_is_an_exit_code_and_a_reason(service, tmp_path):
    """The file in the state folder is found without being named."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state/agent.toml").write_text("flsh = 1\n")
    agent = service()
    agent.start()
    codes = until(agent.ended)
    (_, running), (kind, reason) = agent.events()

    assert codes == [1066, 2]
    assert running == f"{NAME} is running"
    assert kind == "error"
    assert "agent.toml: Object contains unknown field `flsh`" in reason


def test_an_option_that_it_does_not_know_is_an_event_too(service):
    agent = service("--flsh", "1")
    agent.start()
    codes = until(agent.ended)

    assert codes == [1066, 2]
    assert ("error", "No such option '--flsh'. Did you mean '--flush'?") in agent.events()


def test_people_who_start_it_are_told_what_is_for_them(wine, program):
    arguments, python = program
    done = wine.run(python, *arguments, "service")

    assert done.returncode == 2
    assert "barwatch-agent run is for people" in done.stderr
    assert "Traceback" not in done.stderr
