"""The agent's side of the mapping process: batches in, replies out, whatever the process dies of on the way."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from barwatch_agent.access import mapping_process as child
from barwatch_agent.access.output import output_of
from barwatch_agent.reads import Reply
from barwatch_agent.roots import why
from barwatch_proto.words import Outcome

COMMAND = (sys.executable, "-I", "-S", str(Path(child.__file__)))
DEADLINE_S = 5.0  # for one register: far beyond any completion timeout a root port is set to by default (50 ms)
START_S = 30.0  # for the process: a cold disk at boot
STOP_S = 2.0
MAX_ENDS = 4  # of the process in one call: each costs a start, some 20 ms
MAX_FRAME_BYTES = 32 * 1024  # half of a pipe's buffer: writing never blocks
BUS_ERRORS = {"SIGBUS", "SIGSEGV"}
CRASHES = {0xC0000005: "access violation", 0xC0000006: "in-page error"}  # exit codes on Windows: ntstatus.h
NEW_GROUP = 0x200 if sys.platform == "win32" else 0  # CREATE_NEW_PROCESS_GROUP: as process_group, which Windows ignores


@dataclass(frozen=True, slots=True)
class Request:
    """One register in a file that can be mapped, in what the driver's device grants, or in the first that works."""

    position: int  # bytes, from the start of the file
    width: int
    file: bytes = b""  # its path
    device: bytes = b""  # path of the driver's device, which is asked first
    asked: bytes = b""  # struct bw_map for it

    @property
    def frame(self) -> bytes:
        """The request as the process reads it."""
        parts = (self.file, self.device, self.asked)
        return child.REQUEST.pack(self.position, self.width, *map(len, parts)) + b"".join(parts)


@dataclass(frozen=True, slots=True)
class Answer:
    """A value, or the errno (or driver's status) of not mapping the file."""

    error: int  # errno, or from 0x100 the driver's status; 0: there is a value
    value: int
    duration_ns: int


@dataclass(frozen=True, slots=True)
class End:
    """Why the process is no more."""

    reason: str
    is_fault: bool  # the register at hand did it


class Process:
    """One mapping process, from start to end."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # in a group of its own: Ctrl-C is for the agent
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            process_group=0,
            creationflags=NEW_GROUP,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise OSError  # not with PIPE; this tells the type checker
        self._input = self._process.stdin
        self._output = output_of(self._process.stdout)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it is no more."""
        return self._process.poll() is not None

    def send(self, requests: Sequence[Request]) -> None:
        """Hand over a batch; a process that is no more shows when it is received from."""
        frames = b"".join(request.frame for request in requests)
        try:
            self._input.write(child.HEADER.pack(len(requests), len(frames)) + frames)
        except OSError:  # a broken pipe; on Windows an invalid argument
            return

    def receive(self, deadline_s: float) -> Iterator[Answer | End]:
        """Answers as they come, then how it ended: of itself, or by us when the next answer took too long."""
        pending = b""
        while (more := self._output.read(deadline_s)) is not None:
            if not more:
                yield self._ended()
                return
            pending += more
            while len(pending) >= child.ANSWER.size:
                _, error, value, duration_ns = child.ANSWER.unpack_from(pending)
                pending = pending[child.ANSWER.size :]
                yield Answer(error, value, duration_ns)
        self.stop(0)
        yield End(f"no answer in {deadline_s:g} s", is_fault=True)

    def stop(self, grace_s: float) -> None:
        """End the process: by the end of its input, or by force after the grace period."""
        self._input.close()
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._bury()
        self._output.close()

    def _bury(self) -> int | None:
        """The return code; None for a process that cannot die: a load that the CPU still waits for."""
        try:
            return self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            return None

    def _ended(self) -> End:
        code = self._bury()
        self.stop(0)
        if code in CRASHES:
            return End(CRASHES[code], is_fault=True)
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            is_fault = name in BUS_ERRORS
            return End(name if is_fault else f"the mapping process was ended by {name}", is_fault)
        return End(f"the mapping process ended with code {code}", is_fault=False)


class MappingClient:
    """Loads registers through a mapping process that it starts when it is first needed, and again when it died."""

    def __init__(self, deadline_s: float = DEADLINE_S, command: Sequence[str] = COMMAND) -> None:
        self._deadline_s = deadline_s
        self._command = command
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        """The process's id; None while there is none."""
        return None if self._process is None else self._process.pid

    def read(self, requests: Sequence[Request]) -> list[Answer | Reply]:
        """An answer for each request, or the reply that says why there is none, in their order.

        The register that the process dies of is a fault, and the others are read by the next process. A process that
        ends otherwise gets a second try at the register.
        """
        replies: list[Answer | Reply] = []
        ends, retried, latest = 0, -1, ""
        while len(replies) < len(requests) and ends < MAX_ENDS:
            end = self._advance(requests, replies)
            if end is None:
                continue
            ends, latest = ends + 1, end.reason
            if end.is_fault:
                replies.append(Reply(outcome=Outcome.FAULT, reason=end.reason))
            elif retried == len(replies):
                replies.append(Reply(outcome=Outcome.UNREACHABLE, reason=end.reason))
            else:
                retried = len(replies)
        reason = f"not tried: the mapping process ended {ends} times in this pass: {latest}"
        return replies + [Reply(outcome=Outcome.UNREACHABLE, reason=reason)] * (len(requests) - len(replies))

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.stop(STOP_S)
            self._process = None

    def _advance(self, requests: Sequence[Request], replies: list[Answer | Reply]) -> End | None:
        """Send what fits into a frame and collect its answers; how the process ended, or None when it lives."""
        if self._process is None or self._process.has_ended:
            failure = self._start()
            if failure is not None:
                return failure
        process = self._process
        if process is None:
            return None
        batch = _frame(requests[len(replies) :])
        process.send(batch)
        due = len(batch)
        for event in process.receive(self._deadline_s):
            if isinstance(event, End):
                self._process = None
                return event
            replies.append(event)
            due -= 1
            if due == 0:
                return None
        return None

    def _start(self) -> End | None:
        """Start a process and wait for its first word; why not, or None."""
        self.close()
        try:
            process = Process(self._command)
        except OSError as exc:
            return End(f"the mapping process cannot be started: {why(exc)}", is_fault=False)
        first = next(process.receive(START_S))
        if isinstance(first, End):
            return End(f"the mapping process did not start: {first.reason}", is_fault=False)
        self._process = process
        return None


def _frame(requests: Sequence[Request]) -> Sequence[Request]:
    """As many of the requests, from the first, as one frame holds; at least one."""
    size = 0
    for count, request in enumerate(requests):
        size += len(request.frame)
        if size > MAX_FRAME_BYTES and count:
            return requests[:count]
    return requests
