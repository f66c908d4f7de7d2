"""Line by line over a socket that QEMU serves: its monitor, its bus, the guest's shell."""

import base64
import json
import socket
import time
from pathlib import Path
from typing import Any

CONNECT_S = 10.0
ANSWER_S = 60.0  # a guest without KVM on a busy machine is slow


class Lines:
    """Sends a line, receives a line."""

    def __init__(self, path: Path) -> None:
        self._socket = _connected(path)
        self._socket.settimeout(ANSWER_S)
        self._stream = self._socket.makefile("rw", encoding="utf-8", newline="\n")

    def send(self, line: str) -> None:
        """Send one line."""
        self._stream.write(line + "\n")
        self._stream.flush()

    def receive(self) -> str:
        """The next line.

        Raises:
            TimeoutError: none came.
            ConnectionError: QEMU ended.
        """
        line = self._stream.readline()
        if not line:
            msg = "QEMU ended"
            raise ConnectionError(msg)
        return line.strip()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class Monitor:
    """QEMU's monitor: QMP, docs/interop/qmp-spec.txt."""

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path)
        self._lines.receive()  # the greeting
        self.command("qmp_capabilities")

    def command(self, name: str, **arguments: object) -> Any:
        """What the command returns.

        Raises:
            RuntimeError: QEMU says no.
        """
        self._lines.send(json.dumps({"execute": name, "arguments": arguments}))
        while "event" in (answer := json.loads(self._lines.receive())):
            pass  # what happened is asked for where it matters
        if "error" in answer:
            msg = f"{name} {arguments}: {answer['error']['desc']}"
            raise RuntimeError(msg)
        return answer["return"]

    def say(self, line: str) -> None:
        """A command that only people have: its answer is text, and empty when all is well.

        Raises:
            RuntimeError: it was not empty.
        """
        answer = self.command("human-monitor-command", **{"command-line": line}).strip()
        if answer and not answer.startswith("OK"):
            msg = f"{line}: {answer}"
            raise RuntimeError(msg)

    def close(self) -> None:
        """Hang up."""
        self._lines.close()


class Shell:
    """The guest's shell on its second serial port; inside/shell answers."""

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path)

    def wait_until_ready(self) -> None:
        """Until the guest has booted."""
        self._lines.receive()

    def run(self, command: str) -> tuple[int, str]:
        """Exit code and output of a command of bash; one at a time."""
        self._lines.send(base64.b64encode(command.encode()).decode())
        code, _, output = self._lines.receive().partition(" ")
        return int(code), base64.b64decode(output).decode(errors="replace")

    def close(self) -> None:
        """Hang up."""
        self._lines.close()


def _connected(path: Path) -> socket.socket:
    deadline = time.monotonic() + CONNECT_S
    while True:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            link.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return link
