"""Windows' event log as a place where logging goes: few lines, each readable, and no flood."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

from barwatch_agent.clock import NS, Clock

Report = Callable[[str], None]
QUIET_NS = 60 * NS  # the same sentence, whatever its numbers, not more often than this
LONGEST = 8_000  # characters: an event takes 31,839, and nobody reads more
MANY = 1_000  # different sentences that are remembered
# Where the event viewer would put something else, a second time; nothing escapes it.
# Source: [MS-EVEN] 3.2.4.1.5 Expanding Unexpanded Event Description Strings.
INSERTED = re.compile(r"%(?=[0-9{])")


@dataclass(frozen=True, slots=True)
class Reports:
    """What writes an event of each kind; pywin32's ``servicemanager.LogInfoMsg`` and so on."""

    information: Report
    warning: Report
    error: Report

    def at(self, level: int) -> Report:
        """That for a level of logging."""
        if level >= logging.ERROR:
            return self.error
        return self.warning if level >= logging.WARNING else self.information


@dataclass(slots=True)
class Quiet:
    """A sentence that was told: since when, and how often it was not told since."""

    since_ns: int
    left_out: int = 0


class EventLogHandler(logging.Handler):
    """Tells warnings and errors of everybody, and what the service says of itself.

    A collector that is away is a warning each few seconds: it is told once a minute, with how often it was left out.
    """

    def __init__(self, reports: Reports, clock: Clock, chatty: str) -> None:
        super().__init__()
        self._reports, self._clock, self._chatty = reports, clock, chatty
        self._told: dict[object, Quiet] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Information only of the logger ``chatty`` and below."""
        return record.levelno >= logging.WARNING or record.name.startswith(self._chatty)

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, unless the same was written a moment ago."""
        try:
            left_out = self._left_out((record.name, record.msg))
            if left_out is None:
                return
            more = f"\n({left_out} more like this in the last minute)" if left_out else ""
            text = INSERTED.sub("% ", self.format(record).replace("\0", " "))
            self._reports.at(record.levelno)(text[:LONGEST] + more)
        except Exception:  # noqa: BLE001 as logging's own handlers do: telling must not end what is told of
            self.handleError(record)

    def _left_out(self, sentence: object) -> int | None:
        """How often it was left out before now; None: leave it out."""
        now_ns = self._clock.elapsed_ns()
        quiet = self._told.get(sentence)
        if quiet is not None and now_ns - quiet.since_ns < QUIET_NS:
            quiet.left_out += 1
            return None
        if len(self._told) >= MANY:
            self._told.clear()
        self._told[sentence] = Quiet(now_ns)
        return quiet.left_out if quiet else 0
