"""`make run` as a stranger meets it: real processes on free ports, their exit codes and what they say."""

import importlib.util
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from tests.deploy.lab_fleet import LabFleet

from barwatch_agent.config import environment
from barwatch_agent.roots import Roots

PATIENCE_S = 60
HOST = "desktop-gpu-slot"
COUNTED = re.compile(r"config\.ids +config +(\d+) ok")


def free_ports(count: int) -> list[int]:
    """Ports that nobody has, all different."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Runner:
    """run_here.py on a recorded machine, with a state folder and ports of its own."""

    def __init__(self, script: Path, folder: Path, sysfs: Path) -> None:
        self.state = folder / "state"
        self.out, self.err = folder / "out", folder / "err"
        self.grpc, self.http, self.agent = free_ports(3)
        self._script = script
        self._environ = {**environment(), "BARWATCH_AGENT_SYSFS": str(sysfs), "BARWATCH_AGENT_FLUSH": "0.2"}
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, **options: object) -> subprocess.Popen[bytes]:
        """``start(seconds=1)``; what it says goes to ``out`` and ``err``."""
        usual = {"state": self.state, "grpc_port": self.grpc, "http_port": self.http, "agent_port": self.agent}
        given = [f"--{name.replace('_', '-')}={value}" for name, value in {**usual, **options}.items()]
        with self.out.open("wb") as out, self.err.open("wb") as err:
            command = [sys.executable, str(self._script), *given]
            process = subprocess.Popen(command, stdout=out, stderr=err, env=self._environ)
        self._running.append(process)
        return process

    def run(self, **options: object) -> int:
        """The exit code of a whole run."""
        return self.start(**options).wait(PATIENCE_S)

    def refusal(self, **options: object) -> str:
        """What it says when it does not even start."""
        assert self.run(**options) == 1
        assert self.out.read_text() == ""
        return self.err.read_text()

    def end(self) -> None:
        """Nothing stays behind, whatever a test did; SIGTERM, so that it ends its parts too."""
        for process in self._running:
            if process.poll() is None:
                process.terminate()
                process.wait(PATIENCE_S)


@pytest.fixture
def runner(deploy: Path, tmp_path: Path, host: Callable[[str], Roots]) -> Iterator[Runner]:
    runner = Runner(deploy / "run_here.py", tmp_path, host(HOST).sys)
    yield runner
    runner.end()


@pytest.fixture
def run_here(deploy: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("run_here", deploy / "run_here.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "run_here", module)
    spec.loader.exec_module(module)
    return module


def until(condition: Callable[[], bool]) -> None:
    """Come back when it holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)


def test_a_run_ends_by_itself_and_a_second_one_shows_reads_of_its_own(runner: Runner) -> None:
    assert runner.run(seconds=1) == 0
    first = COUNTED.search(runner.out.read_text())
    assert runner.run(seconds=1) == 0
    second = COUNTED.search(runner.out.read_text())

    assert first
    assert second
    assert int(second[1]) > int(first[1])


def test_reads_of_earlier_runs_are_not_the_first_answer(
    run_here: ModuleType, lab_fleet: LabFleet, tmp_path: Path
) -> None:
    """Only what is committed beyond them is."""
    rows = run_here.httpx.get(f"{lab_fleet.url}/api/v1/hosts").json()["rows"]
    agent_id = rows[0]["agent_id"]
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / "agent-id").write_text(f"{agent_id}\n")

    before = run_here.history(lab_fleet.url, tmp_path)

    assert before[agent_id] > 0
    assert run_here.first_host(lab_fleet.url, tmp_path, before) is None
    assert run_here.first_host(lab_fleet.url, tmp_path, {agent_id: before[agent_id] - 1}) == agent_id
    assert run_here.first_host(lab_fleet.url, tmp_path, {}) == agent_id


def test_an_interrupted_run_ends_well_and_takes_its_parts_along(runner: Runner) -> None:
    process = runner.start()
    until(lambda: "First answer after" in runner.err.read_text())
    process.send_signal(signal.SIGINT)

    assert process.wait(PATIENCE_S) == 0
    for port in (runner.grpc, runner.http, runner.agent):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_run_that_is_interrupted_while_it_starts_ends_well(runner: Runner) -> None:
    process = runner.start()
    until((runner.state / "collector.log").exists)
    process.send_signal(signal.SIGINT)

    assert process.wait(PATIENCE_S) == 0
    assert "Traceback" not in runner.err.read_text()


@pytest.mark.parametrize("option", ["grpc_port", "http_port", "agent_port"])
def test_a_port_that_is_taken_is_named_with_its_make_variable(runner: Runner, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = runner.refusal(**{option: port})

    assert re.fullmatch(rf"port {port} on 127\.0\.0\.1: Address already in use\. .* {option.upper()}=\d+\n", said)


@pytest.mark.parametrize("text", ["70000", "abc", "0", "-1", "", "9" * 5000])
def test_a_port_that_is_none_is_one_line_with_the_range(runner: Runner, text: str) -> None:
    said = runner.refusal(grpc_port=text)

    expected = f"GRPC_PORT={text}: expected a port from 1 to 65535, for example make run GRPC_PORT=8443\n"
    assert said == expected


@pytest.mark.parametrize("text", ["soon", "-1", "nan"])
def test_a_duration_that_is_none_is_one_line(runner: Runner, text: str) -> None:
    said = runner.refusal(seconds=text)

    assert said == f"RUN_SECONDS={text}: expected seconds from 0 up, for example make run RUN_SECONDS=20\n"


def test_a_state_folder_that_cannot_be_made_is_one_line(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    said = runner.refusal(state=tmp_path / "file" / "[state]")

    assert said == (f"{tmp_path}/file/[state]: Not a directory. Choose another folder: make run STATE=.barwatch\n")


@pytest.mark.parametrize("part", ["collector", "agent"])
def test_a_log_that_cannot_be_written_is_one_line(runner: Runner, part: str) -> None:
    log = runner.state / f"{part}.log"
    log.mkdir(parents=True)

    said = runner.refusal()

    assert said.endswith(f"{log}: Is a directory. Choose another folder: make run STATE=.barwatch\n")
    assert "Traceback" not in said


def test_a_part_that_ends_at_once_has_its_last_words_shown(runner: Runner) -> None:
    (runner.state / "agent").mkdir(parents=True)
    (runner.state / "agent" / "agent-id").write_text("laptop 7")

    said = runner.refusal()

    assert "the agent ended; the end of" in said
    assert "not a UUID" in said


def test_an_environment_whose_making_was_interrupted_is_made_anew(deploy: Path, tmp_path: Path) -> None:
    """A python without pip is what an interrupted `python -m venv` leaves."""
    folder, lock = tmp_path / "venv", tmp_path / "empty.txt"
    lock.write_text("")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    command = [str(deploy / "build/environment.sh"), sys.executable, str(folder), str(lock)]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert subprocess.run([str(folder / "bin/python"), "-m", "pip", "--version"], check=False).returncode == 0
