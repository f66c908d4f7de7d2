"""Everything that one look found: the tree, all reads, all settings, and what could not be read and why."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text

from barwatch_agent.probe.looking import Look
from barwatch_agent.probe_report.platform import settings_table
from barwatch_agent.probe_report.reads_table import STYLE, matrix
from barwatch_agent.reads import Read
from barwatch_proto.drawing import draw, printable
from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Outcome

MAX_REASONS = 12


def whole(found: Look) -> Iterator[RenderableType]:
    """Tree, read matrix, settings, and what could not be read."""
    yield draw(found.snapshot.topology, notes(found), found.snapshot.states, found.snapshot.host.hostname)
    yield ""
    yield matrix(found)
    yield ""
    yield settings_table(found.snapshot.settings)
    yield ""
    yield from _unread(found)


def notes(found: Look) -> Mapping[str, Text]:
    """For each function how its reads went, for the tree."""
    by_function: dict[str, list[Read]] = {}
    for read in found.reads:
        by_function.setdefault(read.target.function.key, []).append(read)
    return {key: _note(reads) for key, reads in by_function.items()}


def _note(reads: Sequence[Read]) -> Text:
    bad = [read for read in reads if read.outcome is not Outcome.OK]
    if not bad:
        return Text(f"{len(reads)} good", STYLE[Outcome.OK])
    worst = min(bad, key=lambda read: not read.outcome.is_failure)
    words = sorted({f"{read.access.value} {read.outcome.value.replace('_', ' ')}" for read in bad})
    return Text(", ".join(words), STYLE[worst.outcome])


def _unread(found: Look) -> Iterator[RenderableType]:
    reasons = found.unread()
    if not reasons:
        return
    yield Text("Not read, and why", "italic")
    for reason, where in list(reasons.items())[:MAX_REASONS]:
        places = list(dict.fromkeys(where))
        place = places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1} more"
        yield Text(f"  {place}: {printable(reason)}", "dim")
    if len(reasons) > MAX_REASONS:
        yield Text(f"  and {len(reasons) - MAX_REASONS} more: --json has them all", "dim")
    for step in _next_steps(found):
        yield Text(f"  Next: {step}", "dim")
    yield ""


def _next_steps(found: Look) -> Iterator[str]:
    """What to try about reads that were refused or must not be touched."""
    cards = (card for card in found.cards() if not card.is_failure)
    known = (card.verdict for card in cards if card.verdict.failure is not FailureClass.UNKNOWN)
    yield from dict.fromkeys(verdict.next_step for verdict in known)
