"""A thread that does one thing again and again, whatever goes wrong in between."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Self

from barwatch_collector.errors import StoreUnavailable

LONGEST_PAUSE_S = 60.0  # between two tries as long as it goes wrong
MOST_DOUBLINGS = 10
LOG = logging.getLogger(__name__)


class Supervised:
    """An asynchronous context manager: the thread lives as long as it.

    Args:
        name: of the thread; and of what is not done while it goes wrong.
        step: does the thing once, and gives the seconds until it is to be done again.
        pause_s: before the second try after a failure; it doubles with each further one.
        went_wrong: counts a failure.
    """

    def __init__(self, name: str, step: Callable[[], float], pause_s: float, went_wrong: Callable[[], object]) -> None:
        self._name, self._step, self._pause_s, self._went_wrong = name, step, pause_s, went_wrong
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"barwatch-{name}")

    @property
    def is_over(self) -> bool:
        """Whether the step that is under way had better come to its end."""
        return self._is_over.is_set()

    def end(self) -> None:
        """From now on no step begins."""
        self._is_over.set()

    async def __aenter__(self) -> Self:
        """Starts the thread."""
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ends it after the step that is under way."""
        self.end()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        failures = 0
        while not self._is_over.is_set():
            try:
                pause_s, failures = self._step(), 0
            except Exception as exc:  # the supervisor: whatever is wrong now may be right later
                if self._is_over.is_set():
                    return
                self._went_wrong()
                LOG.warning("no %s now: %s", self._name, exc, exc_info=not isinstance(exc, StoreUnavailable))
                failures = min(failures + 1, MOST_DOUBLINGS)
                pause_s = min(self._pause_s * 2**failures, LONGEST_PAUSE_S)
            self._is_over.wait(pause_s)
