"""The collector that the lab's agents stream to, and what it knows: over HTTP, and the evidence from its database."""

import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import httpx

from barwatch_collector.config import DATABASE_FILE
from barwatch_proto.codec import decode
from barwatch_proto.telemetry import Evidence

READY = re.compile(r"agents: gRPC on (\S+); questions: (\S+)")
PATIENCE_S = 90.0  # guests without KVM, on a machine that has other things to do
PAUSE_S = 0.2

T = TypeVar("T")


class LabError(Exception):
    """Something in the lab did not happen; the text says what, and what was there instead."""


class Collector:
    """A real collector in a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.log = folder / "collector.log"
        free = ("--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0")
        program = Path(sys.executable).with_name("barwatch-collector")  # what people start, not its module
        command = [program, "serve", "--state", folder / "collector"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([*command, *(options or free)], stdout=log, stderr=log)
        try:
            found = until("the collector starts", lambda: READY.search(self._said()), self._check)
        except LabError:
            self.end()
            raise
        self.grpc, self.http = found.groups()

    @property
    def port(self) -> str:
        """Of gRPC."""
        return self.grpc.rpartition(":")[2]

    def ask(self, question: str, **parameters: object) -> dict[str, Any] | None:
        """The answer of the HTTP API; None when there is none yet."""
        answer = httpx.get(f"{self.http}/api/v1/{question}", params=parameters, timeout=PATIENCE_S)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        return answer.json()

    def evidence(self, episode: Mapping[str, Any]) -> Evidence:
        """The evidence of a row of the episodes, which no question tells yet."""
        file = self.folder / "collector" / DATABASE_FILE
        query = """
            SELECT evidence FROM episode JOIN host ON host.id = episode.host_id
            WHERE host.agent_id = ? AND episode.epoch = ? AND episode.episode_id = ?
        """
        key = (episode["agent_id"], episode["epoch"], episode["episode_id"])
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            ((document,),) = database.execute(query, key)
        return decode(Evidence, document)

    def command(self, *arguments: str) -> str:
        """What the operator's command prints.

        Raises:
            LabError: it failed; the text is what it said.
        """
        command = [sys.executable, "-m", "barwatch_collector.ask", "--collector", self.http, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        if done.returncode:
            msg = f"barwatch {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
            raise LabError(msg)
        return done.stdout

    def end(self) -> None:
        """Stop it."""
        self._process.kill()
        self._process.wait()

    def _said(self) -> str:
        return self.log.read_text(errors="replace")

    def _check(self) -> None:
        if self._process.poll() is not None:
            msg = f"the collector ended:\n{self._said()[-3000:]}"
            raise LabError(msg)


def until(
    what: str,
    condition: Callable[[], T | None],
    check: Callable[[], object] = lambda: None,
    told: Callable[[], object] = lambda: "",
) -> T:
    """What the condition gives as soon as it gives something.

    Args:
        what: is waited for, for people.
        condition: asked a few times a second.
        check: raises when it makes no sense to wait any longer.
        told: what there is instead, when the time is over.

    Raises:
        LabError: it did not happen.
    """
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := condition():
            return found
        check()
        time.sleep(PAUSE_S)
    msg = f"not within {PATIENCE_S:.0f} s: {what}\n{told()}"
    raise LabError(msg)
