"""`make run`: a collector and an agent on this machine, and what they find, until interrupted."""

import argparse
import contextlib
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TypeVar

import httpx
from rich.console import Console

LOOPBACK = "127.0.0.1"
PATIENCE_S = 60.0
GOODBYE_S = 10.0
LAST_PORT = 65_535

T = TypeVar("T")

# Messages hold paths and other programs' words: square brackets in them are no markup.
console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


class RunError(Exception):
    """This run cannot go on; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What make was asked for."""

    state: Path
    grpc_port: int
    http_port: int
    agent_port: int
    seconds: float  # 0: until interrupted


@dataclass(slots=True)
class Part:
    """One of the two processes: started again when it dies, as systemd would."""

    name: str
    arguments: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)  # None: not started yet

    def start(self) -> None:
        """Start it; what it says goes to its log.

        Raises:
            RunError: the log cannot be written.
        """
        try:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen([sys.executable, "-m", *self.arguments], stdout=log, stderr=log)
        except OSError as error:
            raise _unusable(self.log, error) from error

    def exit_code(self) -> int | None:
        """Its exit code; None while it runs, and before it was started."""
        return None if self.process is None else self.process.poll()

    def stop(self) -> None:
        """Ask it to end, and insist after a while."""
        if self.process is None or self.process.poll() is not None:
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
    """Exit code: 0 when interrupted or after --seconds, 1 when something asked for cannot be had or a part ended."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        run(arguments(), stop)
    except RunError as error:
        console.print(str(error), style="red")
        return 1
    return 0


def run(asked: Asked, stop: Event) -> None:
    """Both parts, from their start to their end.

    Raises:
        RunError: a part did not come up, or could not be started again.
    """
    began = time.monotonic()
    collector, agent = parts(asked)
    http = f"http://{LOOPBACK}:{asked.http_port}"
    try:
        with console.status("starting the collector"):
            collector.start()
            before = wait_for(lambda: history(http, asked.state), collector, stop)
        if before is not None:
            with console.status("starting the agent, waiting for its first committed reads"):
                agent.start()
                host = wait_for(lambda: first_host(http, asked.state, before), agent, stop)
            if host:
                show(http, host)
                say_where(asked, time.monotonic() - began)
            supervise((collector, agent), stop, began + asked.seconds if asked.seconds else None)
    finally:
        for part in (agent, collector):
            part.stop()


def arguments() -> Asked:
    """What make passes on, all of it usable.

    Raises:
        RunError: something of it is not; says which make variable.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, default=Path(".barwatch"))
    parser.add_argument("--grpc-port", default="7443")
    parser.add_argument("--http-port", default="7480")
    parser.add_argument("--agent-port", default="7481")
    parser.add_argument("--seconds", default="0", help="end after so long; 0: stay")
    given = parser.parse_args()
    asked = Asked(
        given.state,
        free_port("GRPC_PORT", given.grpc_port),
        free_port("HTTP_PORT", given.http_port),
        free_port("AGENT_PORT", given.agent_port),
        duration("RUN_SECONDS", given.seconds),
    )
    try:
        asked.state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(asked.state, error) from error
    return asked


def free_port(variable: str, text: str) -> int:
    """The port that a make variable names.

    Raises:
        RunError: no port, or one that cannot be had.
    """
    port = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(LAST_PORT)) else 0
    if not 1 <= port <= LAST_PORT:
        msg = f"{variable}={text}: expected a port from 1 to {LAST_PORT}, for example make run {variable}=8443"
        raise RunError(msg)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            other = port + 1000 if port + 1000 <= LAST_PORT else port - 1000
            msg = f"port {port} on {LOOPBACK}: {error.strerror}. Choose another: make run {variable}={other}"
            raise RunError(msg) from error
    return port


def duration(variable: str, text: str) -> float:
    """The seconds that a make variable names.

    Raises:
        RunError: no number, or one below 0.
    """
    with contextlib.suppress(ValueError):
        if (seconds := float(text)) >= 0:  # not a number compares false
            return seconds
    msg = f"{variable}={text}: expected seconds from 0 up, for example make run {variable}=20"
    raise RunError(msg)


def parts(asked: Asked) -> tuple[Part, Part]:
    """Collector and agent, not yet started."""
    grpc, http, metrics = (f"{LOOPBACK}:{port}" for port in (asked.grpc_port, asked.http_port, asked.agent_port))
    collector = ("serve", "--state", str(asked.state / "collector"), "--grpc-address", grpc, "--http-address", http)
    agent = ("run", "--state", str(asked.state / "agent"), "--collector", grpc, "--metrics", metrics)
    return (
        Part("collector", ("barwatch_collector", *collector), asked.state / "collector.log"),
        Part("agent", ("barwatch_agent", *agent), asked.state / "agent.log"),
    )


def wait_for(condition: Callable[[], T | None], part: Part, stop: Event) -> T | None:
    """What the condition answers as soon as it does; None when interrupted first.

    Raises:
        RunError: the part ended, or nothing came of it within a minute.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not stop.is_set():
        has_ended = part.exit_code() is not None
        with contextlib.suppress(httpx.HTTPError):
            if (answer := condition()) is not None:
                return answer
        if stop.wait(0.1):  # Ctrl-C reaches the parts too: that they end then is no failure
            break
        if has_ended or time.monotonic() > deadline:
            what = "ended" if has_ended else f"is not ready after {PATIENCE_S:.0f} s"
            msg = f"the {part.name} {what}; the end of {part.log}:\n{part.last_words()}"
            raise RunError(msg)
    return None


def history(http: str, state: Path) -> Mapping[str, int]:
    """How many reads earlier runs committed, by the id of our own agent; empty at the first run."""
    httpx.get(f"{http}/healthz", timeout=2).raise_for_status()
    agent_id = own_agent(state)
    return {agent_id: committed_reads(http, agent_id)} if agent_id else {}


def first_host(http: str, state: Path, before: Mapping[str, int]) -> str | None:
    """The id of our own agent, once the collector has committed more reads of it than there were before."""
    agent_id = own_agent(state)
    return agent_id if agent_id and committed_reads(http, agent_id) > before.get(agent_id, 0) else None


def own_agent(state: Path) -> str:
    """The id of the agent that runs here; empty before its first start."""
    try:
        return str(uuid.UUID((state / "agent" / "agent-id").read_text().strip()))
    except (OSError, ValueError):
        return ""  # not made yet; one that is rubbish stops the agent, which says why


def committed_reads(http: str, agent_id: str) -> int:
    """All reads of that agent that the collector has committed.

    Raises:
        httpx.HTTPError: the collector does not answer, or not with a host.
    """
    answer = httpx.get(f"{http}/api/v1/hosts/{agent_id}", timeout=5)
    if answer.status_code == httpx.codes.NOT_FOUND:
        return 0
    functions = answer.raise_for_status().json()["functions"]
    return sum(sum(register["reads"].values()) for function in functions for register in function["registers"])


def show(http: str, host: str) -> None:
    """Topology tree, read matrix and topologies, as the operator's command prints them."""
    sys.stdout.flush()
    for question in (("tree", host), ("host", host), ("topologies",)):
        console.rule(f"barwatch {question[0]}", style="dim")
        subprocess.run([sys.executable, "-m", "barwatch_collector.ask", "--collector", http, *question], check=False)


def say_where(asked: Asked, seconds: float) -> None:
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
    """Keep both up until interrupted or out of time.

    Raises:
        RunError: one that ended cannot be started again.
    """
    while not stop.is_set() and (deadline is None or time.monotonic() < deadline):
        for part in running:
            if (code := part.exit_code()) is not None:
                console.print(f"the {part.name} ended ({code}); starting it again", style="yellow")
                part.start()
        stop.wait(1.0 if deadline is None else min(1.0, max(0.0, deadline - time.monotonic())))


def _unusable(path: Path, error: OSError) -> RunError:
    return RunError(f"{path}: {error.strerror or error}. Choose another folder: make run STATE=.barwatch")


if __name__ == "__main__":
    sys.exit(main())
