"""Numbers and times as people say them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from barwatch_collector.findings.wanted import ANY
from barwatch_collector.questions.counting import FAILURES
from barwatch_collector.questions.statistics import Interval
from barwatch_proto.drawing import printable
from barwatch_proto.telemetry import Counts

SECOND_NS = 1_000_000_000
STEPS = ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))  # seconds and unit, twice
DASH = "\N{EN DASH}"
BAR_CELLS = 10
NO_ATTEMPTS = ("denied", "unreachable", "skipped")
EIGHTHS = " ▏▎▍▌▋▊▉"


def many(count: int, one: str, several: str = "") -> str:
    """``1 host``, ``2 hosts``, ``1,200 hosts``."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def failures_called(failure: str) -> str:
    """The class of failures that an answer is about, or that it is about all of them."""
    return "all failures together" if failure == ANY else failure


def duration(length_ns: int) -> str:
    """``2 d 3 h``, ``5 min 12 s``, ``40 s``, ``0.3 s``."""
    seconds = length_ns / SECOND_NS
    for long, name, short, small in STEPS:
        if seconds >= long:
            rest = int(seconds % long // short)
            return f"{int(seconds // long)} {name}" + (f" {rest} {small}" if rest else "")
    return f"{seconds:.0f} s" if seconds >= 1 or not seconds else f"{seconds:.1f} s"


def rough(length_ns: int) -> str:
    """A duration by its largest unit only."""
    return " ".join(duration(length_ns).split(" ")[:2])


def ago(then_ns: int, now_ns: int) -> str:
    """``3 min ago``; ``just now`` for the last seconds and for clocks that are ahead."""
    passed = now_ns - then_ns
    if passed < 2 * SECOND_NS:
        return "just now"
    return f"{rough(passed)} ago"


def moment(at_ns: int) -> str:
    """``2025-06-16 12:00:03Z``."""
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def percent(share: float) -> str:
    """``43``, ``0``, ``100``; never 0 for something, never 100 for not everything."""
    rounded = round(share * 100)
    if rounded == 0 and share > 0:
        return "<1"
    return ">99" if rounded == 100 and share < 1 else str(rounded)  # noqa: PLR2004 per cent


def rate(share: float | None, interval: Interval | None, failing: int, total: int) -> str:
    """``43 % [16-75 %] 3/7 hosts``, with a real dash."""
    if share is None or interval is None:
        return "no attempts"
    hosts = "host" if total == 1 else "hosts"
    return f"{percent(share)} % [{interval.low * 100:.0f}{DASH}{interval.high * 100:.0f} %] {failing}/{total} {hosts}"


def bar(share: float) -> str:
    """A bar of ten cells, in eighths."""
    eighths = round(share * BAR_CELLS * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(BAR_CELLS, "·")


def failed(attempts: int, counts: Counts) -> str:
    """``60 of 3,600 fail (all_ones)``, ``60 of 3,600 fail (50 all_ones, 10 fault)``."""
    kinds = {name: count for name, count in _named(counts, FAILURES) if count}
    names = ", ".join(kinds) if len(kinds) == 1 else ", ".join(f"{count:,} {name}" for name, count in kinds.items())
    return f"{sum(kinds.values()):,} of {attempts:,} fail ({names})"


def not_attempted(counts: Counts) -> str:
    """``3,600 denied, 12 skipped``; empty when every read was an attempt."""
    return ", ".join(f"{count:,} {name}" for name, count in _named(counts, NO_ATTEMPTS) if count)


def _named(counts: Counts, names: Iterable[str]) -> list[tuple[str, int]]:
    """Counts by name, the highest first."""
    return sorted(((name, getattr(counts, name)) for name in names), key=lambda each: -each[1])


def safe(text: str | None) -> str:
    """Text from hosts without what could steer a terminal; a dash for what is unknown."""
    return printable(text) if text else DASH
