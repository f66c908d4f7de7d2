"""One function that fails: its route to the hop that breaks, its reads, and its verdicts."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from barwatch_agent.probe.judging import Card
from barwatch_agent.probe.looking import Look
from barwatch_agent.probe_report.reads_table import reads_of
from barwatch_agent.probe_report.route_drawing import Chain, chain
from barwatch_proto.drawing import printable
from barwatch_proto.triage import FailureClass, Repetition, Verdict
from barwatch_proto.words import Access

MAX_CARDS = 3
MAX_REASONS = 8
MAX_MISSING = 3
MAX_NAMED = 3
REPETITION = {
    Repetition.TRANSIENT: "comes and goes: the same read again was good",
    Repetition.PATH_SPECIFIC: "depends on the way in: another access reads the register",
    Repetition.BLOCK_ONLY: "a part of the function: other registers are read by the same access",
    Repetition.DEVICE_WIDE: "the whole function: no register of it is read",
}


def trouble(found: Look, cards: Sequence[Card]) -> Iterator[RenderableType]:
    """Route, reads and verdicts of one function."""
    yield Text(f"Route to {cards[0].function.address}", "italic")
    yield Chain(chain(found, cards[0]))
    yield ""
    yield from reads_of(found, cards[0].function)
    yield ""
    for index, card in enumerate(cards[:MAX_CARDS]):
        if index:
            yield ""
        yield verdict_card(card)
    if len(cards) > MAX_CARDS:
        yield Text(f"and {len(cards) - MAX_CARDS} more verdicts: --json has them all", "dim")


def verdict_card(card: Card) -> Table:
    """Class and confidence, the reasons in order, what is missing, and what to try next."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    verdict = card.verdict
    table.add_row(Text("verdict", "bold"), Text(card.in_short, "bold red" if card.is_failure else "bold"))
    table.add_row("on", _about(card))
    if verdict.repetition is not None:
        table.add_row("it", REPETITION[verdict.repetition])
    for label, lines in (("because", card.reasons[:MAX_REASONS]), ("missing", _missing(verdict))):
        for index, line in enumerate(lines):
            table.add_row("" if index else label, printable(line))
    table.add_row("next", Text(verdict.next_step, "" if verdict.failure is FailureClass.UNKNOWN else "green"))
    return table


def _about(card: Card) -> str:
    """Which reads by which accesses."""
    registers = list(dict.fromkeys(read.target.register.name for read in card.reads))
    ways = [access.value for access in Access if any(read.access is access for read in card.reads)]
    more = [f"{len(registers) - MAX_NAMED} more"] if len(registers) > MAX_NAMED else []
    return f"{printable(_listed([*registers[:MAX_NAMED], *more]))}, by {_listed(ways)} access"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _missing(verdict: Verdict) -> Sequence[str]:
    told = list(verdict.missing[:MAX_MISSING])
    more = len(verdict.missing) - len(told)
    return [*told, f"and {more} more: --json has them all"] if more > 0 else told
