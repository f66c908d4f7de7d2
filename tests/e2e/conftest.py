"""Real processes: a collector, agents on recorded hosts, and the questions that one can ask over HTTP."""

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

READY = re.compile(r"agents: gRPC on (\S+); questions: (\S+)")
PATIENCE_S = 60


def ours(name: str) -> str:
    """One of the commands as `make run` installs it."""
    return str(Path(sys.executable).with_name(name))


class Process:
    """A command of ours in a process of its own; what it says is in its log."""

    def __init__(self, log: Path, *arguments: object):
        self.log = log
        self.arguments = [*map(str, arguments)]
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.arguments, stdout=log, stderr=log)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE_S)

    def said(self) -> str:
        return self.log.read_text(errors="replace")


class Lab:
    """One collector and any number of agents."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.running: list[Process] = []
        self.grpc = self.http = "127.0.0.1:0"
        self.start_collector()

    def start_collector(self) -> None:
        """On ports of its own choice at first, on the same ones after that."""
        log = self.folder / f"collector-{len(self.running)}.log"
        http = self.http.removeprefix("http://")
        options = ("--state", self.folder / "collector", "--grpc-address", self.grpc, "--http-address", http)
        self.collector = self._started(Process(log, ours("barwatch-collector"), "serve", *options))
        found = until(lambda: READY.search(self.collector.said()), self.collector)
        self.grpc, self.http = found.groups()

    def start_agent(self, name: str, sysfs: Path, *options: object) -> Process:
        """An agent that sends what it has five times a second."""
        fixed = ("--state", self.folder / name, "--sysfs", sysfs, "--collector", self.grpc, "--hostname", name)
        hasty = ("--metrics", "off", "--flush", "0.2", "--rescan", "1")
        log = self.folder / f"{name}-{len(self.running)}.log"
        return self._started(Process(log, ours("barwatch-agent"), "run", *fixed, *hasty, *options))

    def ask(self, question: str, **parameters: str) -> dict:
        """The answer of the HTTP API."""
        answer = httpx.get(f"{self.http}/api/v1/{question}", params=parameters, timeout=PATIENCE_S)
        answer.raise_for_status()
        return answer.json()

    def command(self, *arguments: str) -> str:
        """What the operator's command prints."""
        command = [ours("barwatch"), "--collector", self.http, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def host(self, name: str) -> dict | None:
        """The answer about a host; None as long as the collector does not know it."""
        answer = httpx.get(f"{self.http}/api/v1/hosts/{name}", timeout=PATIENCE_S)
        return answer.json() if answer.is_success else None

    def reads(self, name: str) -> dict[tuple[str, str, str], dict[str, int]]:
        """Counts by function address, register and access."""
        found = self.host(name)
        return {
            (function["address"], line["register"], line["access"]): line["reads"]
            for function in (found["functions"] if found else ())
            for line in function["registers"]
        }

    def end(self) -> None:
        for process in reversed(self.running):
            if process.process.poll() is None:
                process.kill()

    def _started(self, process: Process) -> Process:
        self.running.append(process)
        return process


def until(condition, *alive: Process):
    """What the condition gives as soon as it gives something."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := condition():
            return found
        for process in alive:
            if process.process.poll() is not None:
                pytest.fail(f"it ended:\n{process.said()[-3000:]}")
        threading.Event().wait(0.05)
    said = "\n".join(process.said()[-3000:] for process in alive)
    return pytest.fail(f"it did not happen within {PATIENCE_S} s\n{said}")


@pytest.fixture
def wait():
    return until


@pytest.fixture
def lab(tmp_path) -> Iterator[Lab]:
    folder = tmp_path / "lab"
    folder.mkdir()
    lab = Lab(folder)
    yield lab
    lab.end()
