"""Looking again and again: in place on a terminal, a line per change in a pipe, a JSON object per line for programs."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.live import Live

from barwatch_agent.clock import NS, Clock
from barwatch_agent.probe.looking import Look
from barwatch_agent.probe.tally import Change, Tally
from barwatch_agent.probe_report.course import (
    Told,
    change_as_json,
    course_as_json,
    moment,
    page,
    summary,
    tell,
)
from barwatch_agent.probe_report.screen import headline

MAX_LAST = 8  # changes on the page


class View(Protocol):
    """Shows looks as they come."""

    def show(self, found: Look, tally: Tally, changes: Sequence[Change]) -> None:
        """One more look."""

    def end(self, tally: Tally) -> None:
        """No more looks."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the terminal back."""


@dataclass(frozen=True, slots=True)
class Beat:
    """When to look: every so many seconds until stopped."""

    clock: Clock
    every_s: float
    stop: Event

    def __iter__(self) -> Iterator[None]:
        """Once at once, then at each beat; a look that takes longer than a beat is followed by the next at once."""
        while not self.stop.is_set():
            began_ns = self.clock.elapsed_ns()
            yield
            self.clock.wait(self.stop, self.every_s - (self.clock.elapsed_ns() - began_ns) / NS)


def watch(take: Callable[[], Look], beat: Beat, console: Console, *, is_json: bool = False) -> None:
    """Look at each beat, show what changes, and sum up when stopped."""
    tally, view = Tally(), _view(console, is_json=is_json)
    with view:
        for _ in beat:
            found = take()
            view.show(found, tally, tally.add(found))
    view.end(tally)


def _view(console: Console, *, is_json: bool) -> View:
    if is_json:
        return Objects(console)
    return Page(console) if console.is_terminal else Lines(console)


class Lines:
    """The answer of the first look, then a line for each change, then the sum."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to give back."""

    def show(self, found: Look, tally: Tally, changes: Sequence[Change]) -> None:
        """What changed."""
        if tally.looks == 1:
            self._print(headline(found).plain)
        for told in tell(changes):
            self._print(f"{moment(told.at_ns)}  {told.words}")

    def end(self, tally: Tally) -> None:
        """The sum."""
        for line in summary(tally):
            self._print(line)

    def _print(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)
        self._console.file.flush()


class Objects:
    """A JSON object for each change, and one for the sum."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to give back."""

    def show(self, _found: Look, _tally: Tally, changes: Sequence[Change]) -> None:
        """What changed."""
        for change in changes:
            self._print({"change": change_as_json(change)})

    def end(self, tally: Tally) -> None:
        """The sum."""
        series = [course_as_json(course) for course in tally.courses.values()]
        self._print({"summary": {"looks": tally.looks, "began_at_ns": tally.began_ns, "series": series}})

    def _print(self, document: Mapping[str, Any]) -> None:
        self._console.file.write(json.dumps(document) + "\n")
        self._console.file.flush()


@dataclass(slots=True)
class Page:
    """One page, drawn anew in place; the sum stays."""

    console: Console
    _live: Live | None = None
    _last: deque[Told] = field(default_factory=lambda: deque(maxlen=MAX_LAST))

    def __enter__(self) -> Self:
        """Take the terminal."""
        self._live = Live(console=self.console, auto_refresh=False, transient=True, vertical_overflow="crop")
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Give it back, also when a look raises."""
        if self._live is not None:
            self._live.stop()

    def show(self, found: Look, tally: Tally, changes: Sequence[Change]) -> None:
        """The page as it is now."""
        self._last.extend(tell(changes))
        if self._live is not None:
            self._live.update(page(found, tally, list(self._last)), refresh=True)

    def end(self, tally: Tally) -> None:
        """The sum."""
        for line in summary(tally):
            self.console.print(line)
