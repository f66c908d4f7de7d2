"""`make run`: a collector and an agent on this machine, and what they find, until interrupted."""

import argparse
import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import httpx
from rich.console import Console

LOOPBACK = "127.0.0.1"
PATIENCE_S = 60.0
GOODBYE_S = 10.0

console = Console(stderr=True, highlight=False)


@dataclass(slots=True)
class Part:
    """One of the two processes: started again when it dies, as systemd would."""

    name: str
    arguments: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", *self.arguments], stdout=log, stderr=log)

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None

    def stop(self) -> None:
        """Ask it to end, and insist after a while."""
        if self.has_ended():
            return
        self.process.terminate()
        try:
            self.process.wait(GOODBYE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])


def main() -> int:
    """Exit code: 0 when interrupted or after --seconds, 1 when a part did not come up."""
    asked = arguments()
    taken = [problem for option, port in ports(asked) if (problem := port_problem(option, port))]
    if taken:
        console.print("\n".join(taken), style="red")
        return 1
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    began = time.monotonic()
    collector, agent = parts(asked)
    http = f"http://{LOOPBACK}:{asked.http_port}"
    try:
        with console.status("starting the collector"):
            collector.start()
            wait_for(lambda: answers(f"{http}/healthz"), collector, stop)
        with console.status("starting the agent, waiting for its first committed reads"):
            agent.start()
            host = wait_for(lambda: first_host(http, asked.state), agent, stop)
        if host:
            show(http, host)
            say_where(asked, time.monotonic() - began)
        supervise((collector, agent), stop, began + asked.seconds if asked.seconds else None)
    except PartEndedError as ended:
        console.print(str(ended), style="red")
        return 1
    finally:
        agent_started = hasattr(agent, "process")
        for part in (agent, collector) if agent_started else (collector,):
            part.stop()
    return 0


class PartEndedError(Exception):
    """A part did not come up; the text has its last words."""


def arguments() -> argparse.Namespace:
    """What make passes on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, default=Path(".barwatch"))
    parser.add_argument("--grpc-port", type=int, default=7443)
    parser.add_argument("--http-port", type=int, default=7480)
    parser.add_argument("--agent-port", type=int, default=7481)
    parser.add_argument("--seconds", type=float, default=0, help="end after so long; 0: stay")
    asked = parser.parse_args()
    asked.state.mkdir(parents=True, exist_ok=True)
    return asked


def ports(asked: argparse.Namespace) -> Sequence[tuple[str, int]]:
    """The make variable of each port, and the port."""
    return (("GRPC_PORT", asked.grpc_port), ("HTTP_PORT", asked.http_port), ("AGENT_PORT", asked.agent_port))


def port_problem(option: str, port: int) -> str | None:
    """Why the port cannot be had, and what to do; None when it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return f"port {port} on {LOOPBACK}: {error.strerror}. Choose another: make run {option}={port + 1000}"
    return None


def parts(asked: argparse.Namespace) -> tuple[Part, Part]:
    """Collector and agent, not yet started."""
    grpc, http, metrics = (f"{LOOPBACK}:{port}" for port in (asked.grpc_port, asked.http_port, asked.agent_port))
    collector = ("serve", "--state", str(asked.state / "collector"), "--grpc-address", grpc, "--http-address", http)
    agent = ("run", "--state", str(asked.state / "agent"), "--collector", grpc, "--metrics", metrics)
    return (
        Part("collector", ("barwatch_collector", *collector), asked.state / "collector.log"),
        Part("agent", ("barwatch_agent", *agent), asked.state / "agent.log"),
    )


def wait_for(condition: Callable[[], str], part: Part, stop: Event) -> str:
    """What the condition answers as soon as it does; empty when interrupted first.

    Raises:
        PartEndedError: the part ended, or nothing came of it within a minute.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not stop.is_set():
        with contextlib.suppress(httpx.HTTPError):
            if answer := condition():
                return answer
        if part.has_ended() or time.monotonic() > deadline:
            what = "ended" if part.has_ended() else f"is not ready after {PATIENCE_S:.0f} s"
            msg = f"the {part.name} {what}; the end of {part.log}:\n{part.last_words()}"
            raise PartEndedError(msg)
        stop.wait(0.1)
    return ""


def answers(url: str) -> str:
    """The URL, once it answers."""
    return url if httpx.get(url, timeout=2).is_success else ""


def first_host(http: str, state: Path) -> str:
    """The id of our own agent, once the collector has committed reads of it."""
    identity = state / "agent" / "agent-id"
    if not identity.exists():
        return ""
    agent_id = identity.read_text().strip()
    answer = httpx.get(f"{http}/api/v1/hosts/{agent_id}", timeout=5)
    return agent_id if answer.is_success and answer.json().get("registers") else ""


def show(http: str, host: str) -> None:
    """Topology tree, read matrix and topologies, as the operator's command prints them."""
    sys.stdout.flush()
    for question in (("tree", host), ("host", host), ("topologies",)):
        console.rule(f"barwatch {question[0]}", style="dim")
        subprocess.run([sys.executable, "-m", "barwatch_collector.ask", "--collector", http, *question], check=False)


def say_where(asked: argparse.Namespace, seconds: float) -> None:
    """Where to look next."""
    console.rule(style="dim")
    console.print(
        f"First answer after {seconds:.1f} s. History and logs are in {asked.state}/.\n"
        f"  collector  gRPC {LOOPBACK}:{asked.grpc_port}   "
        f"http://{LOOPBACK}:{asked.http_port}/metrics and /api/v1/topologies\n"
        f"  agent      http://{LOOPBACK}:{asked.agent_port}/metrics\n"
        f"Ask more: .venv/bin/barwatch --help    End: Ctrl-C"
    )


def supervise(running: Sequence[Part], stop: Event, deadline: float | None) -> None:
    """Keep both up until interrupted or out of time."""
    while not stop.is_set() and (deadline is None or time.monotonic() < deadline):
        for part in running:
            if part.has_ended():
                console.print(f"the {part.name} ended ({part.process.returncode}); starting it again", style="yellow")
                part.start()
        stop.wait(1.0 if deadline is None else min(1.0, max(0.0, deadline - time.monotonic())))


if __name__ == "__main__":
    sys.exit(main())
