"""Another process for long arithmetic: what agents send never waits for it, and it ends when the collector does.

One question at a time. It is started for the first one, and goes away by itself when nobody asks for a while, or when
the collector is gone.
"""

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any, Protocol, Self, TypeVar, cast

from sqlalchemy import Engine

from barwatch_collector.errors import CollectorError
from barwatch_collector.findings.facts import Facts
from barwatch_collector.store.database import connect, parse_url

IDLE_S = 300.0  # after which the process ends: what it knows can be derived again
NICENESS = 10
ONE_CORE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
T = TypeVar("T")
Job = Callable[[Engine, Facts], T]  # must be picklable, as well as what it gives


class Pipe(Protocol):
    """One end, of whichever kind the system has."""

    def send(self, obj: Any, /) -> None:  # noqa: ANN401 anything that can be pickled
        """Sends it."""

    def recv(self) -> Any:  # noqa: ANN401 as above
        """Waits for the next one."""

    def poll(self, timeout: float, /) -> bool:
        """Whether there is one within so many seconds."""


class WorkerLost(CollectorError):
    """The process for long arithmetic ended in the middle of it."""


class Worker:
    """The process. A context manager; safe to be used by several threads.

    One in the background gives way to everything else, and uses one core.
    """

    def __init__(self, database_url: str, idle_s: float = IDLE_S, *, is_background: bool = False) -> None:
        self._arguments = (database_url, idle_s, is_background)
        self._one_at_a_time = threading.Lock()
        self._process: BaseProcess | None = None
        self._pipe: Pipe | None = None
        self._is_over = False

    def __enter__(self) -> Self:
        """Nothing is started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it."""
        self.close()

    def close(self) -> None:
        """Ends the process, whatever it is doing."""
        self._is_over = True
        if self._process is not None:
            self._process.terminate()
            self._process.join()

    def do(self, job: Job[T]) -> T:
        """What the job gives, in the other process.

        Raises:
            WorkerLost: the process was ended, by us or by the system (memory).
            Exception: whatever the job raises.
        """
        with self._one_at_a_time:
            try:
                is_good, answer = self._asked(job)
            except (EOFError, OSError) as exc:
                msg = "the process that explains failures ended before it had an answer; is there memory enough?"
                raise WorkerLost(msg) from exc
        if is_good:
            return cast("T", answer)
        raise answer

    def _asked(self, job: Job[T]) -> tuple[bool, Any]:
        """Asked again of another process where this one had just gone home."""
        for _ in range(2):
            pipe = self._started()
            try:
                pipe.send(job)
                return cast("tuple[bool, Any]", pipe.recv())
            except (EOFError, OSError):
                self._pipe = None
                if self._ended_well():
                    continue
                raise
        raise EOFError

    def _ended_well(self) -> bool:
        process = self._process
        if process is None:
            return False
        process.join()
        return process.exitcode == 0 and not self._is_over

    def _started(self) -> Pipe:
        """A live process' pipe."""
        if self._is_over:
            msg = "the collector is stopping"
            raise WorkerLost(msg)
        if self._pipe is None or self._process is None or not self._process.is_alive():
            context = get_context("spawn")  # a fork would inherit the threads' locks and the database's connections
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(
                target=_work, args=(theirs, *self._arguments), name="barwatch-findings", daemon=True
            )
            self._process.start()
            theirs.close()
        return self._pipe


def _work(pipe: Pipe, database_url: str, idle_s: float, is_background: bool) -> None:  # noqa: FBT001 of a process
    """Answers until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal, it is meant for the collector, who ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if is_background:
        os.environ |= ONE_CORE  # noqa: TID251 read by the library that multiplies matrices, which is not loaded yet
        if sys.platform != "win32":
            os.nice(NICENESS)
    engine, facts = connect(parse_url(database_url)), Facts()
    try:
        while pipe.poll(idle_s):
            pipe.send(_answer(pipe.recv(), engine, facts))
    except (EOFError, BrokenPipeError):
        return  # the collector is gone
    finally:
        engine.dispose()


def _end_with_parent() -> None:
    """Ends this process when the collector is killed: nobody would take the answer."""
    collector = parent_process()
    if collector is not None:
        wait([collector.sentinel])
        os._exit(1)


def _answer(job: Job[Any], engine: Engine, facts: Facts) -> tuple[bool, Any]:
    try:
        return True, job(engine, facts)
    except Exception as exc:  # noqa: BLE001 it is raised again where the question came from
        return False, _portable(exc)


def _portable(error: Exception) -> Exception:
    """The error, or what it says where it cannot go between processes."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 our own, made here
    except Exception:  # noqa: BLE001 whatever its class does
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
