"""What a process writes, as it comes, with a deadline: systems differ in how one waits for a pipe."""

import os
import queue
import selectors
import sys
import threading
from typing import IO, Protocol

MOST = 8 * 1024  # bytes at once


class Output(Protocol):
    """The output of a process."""

    def read(self, deadline_s: float) -> bytes | None:
        """What has come; empty at the end; None when nothing came in time."""

    def close(self) -> None:
        """Nobody reads any more; the process has ended."""


class SelectedOutput:
    """Asks the system to be told; Windows does that for sockets only."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._selector = selectors.DefaultSelector()
        self._selector.register(stream, selectors.EVENT_READ)

    def read(self, deadline_s: float) -> bytes | None:
        """As it comes."""
        return os.read(self._stream.fileno(), MOST) if self._selector.select(deadline_s) else None

    def close(self) -> None:
        """The pipe, too."""
        self._selector.close()
        self._stream.close()


class ThreadedOutput:
    """A thread waits for the pipe, and whoever reads waits for the thread."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._follow, name="output", daemon=True)
        self._thread.start()

    def read(self, deadline_s: float) -> bytes | None:
        """As it comes."""
        try:
            return self._pieces.get(timeout=deadline_s)
        except queue.Empty:
            return None

    def close(self) -> None:
        """The thread ends with the process; a process that cannot die keeps both, and the pipe."""
        self._thread.join(1.0)
        if not self._thread.is_alive():
            self._stream.close()

    def _follow(self) -> None:
        piece = b"more"
        while piece:
            piece = os.read(self._stream.fileno(), MOST)
            self._pieces.put(piece)


def output_of(stream: IO[bytes]) -> Output:
    """The way that works here."""
    return ThreadedOutput(stream) if sys.platform == "win32" else SelectedOutput(stream)
