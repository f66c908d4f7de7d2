"""A route as a chain, root port first: what each hop is, and what of it matters for a BAR at the end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from barwatch_agent.probe.judging import Card
from barwatch_agent.probe.looking import Look
from barwatch_agent.probe.route import Hop, break_at, hops
from barwatch_proto.class_words import function_in_words
from barwatch_proto.drawing import Line, link_parts, place_parts, printable
from barwatch_proto.topology import Bar
from barwatch_proto.triage import FailureClass

BRANCH, ASCII_BRANCH = "└─ ", "`- "
STEP = 2  # columns that each hop moves to the right
MAX_STEPS = 8
PORT_DRIVER = "pcieport"  # every port has it: only another one is worth a word
MIB, KIB = 1 << 20, 1 << 10
BY_MAPPING = {FailureClass.USER_MAPPING_ONLY, FailureClass.STALE_MAPPING}


@dataclass(frozen=True, slots=True)
class Link:
    """One hop as two lines: what it is, and how it is."""

    name: Line
    facts: Line


@dataclass(frozen=True, slots=True)
class Chain:
    """Hops below each other, each a step to the right of the one above."""

    links: Sequence[Link]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """Two lines for each hop, more where they do not fit."""
        for depth, link in enumerate(self.links):
            indent = STEP * min(max(0, depth - 1), MAX_STEPS)
            branch = (ASCII_BRANCH if options.ascii_only else BRANCH) if depth else ""
            first, below = " " * indent + branch, " " * (indent + len(branch) + STEP)
            width = options.max_width - len(below)
            for line in link.name.lines(width, is_ascii=options.ascii_only):
                yield Text.assemble((first, "dim"), line)
                first = below[:-STEP]
            for line in link.facts.lines(width, is_ascii=options.ascii_only):
                yield Text.assemble(below, line)


def chain(found: Look, card: Card) -> Sequence[Link]:
    """The route of a card's function, with the hop marked at which it breaks."""
    route = hops(found, card)
    broken = break_at(card.verdict.failure, route)
    return [
        Link(Line(tuple(_name(hop, _mark(card) if index == broken else None))), Line(tuple(_facts(hop))))
        for index, hop in enumerate(route)
    ]


def _mark(card: Card) -> str:
    if card.verdict.failure in BY_MAPPING:
        return "<-- the user mapping breaks here"
    return f"<-- breaks here: {card.verdict.failure.value}"


def _name(hop: Hop, mark: str | None) -> Iterator[Text]:
    function = hop.function
    yield Text(str(function.address), "bold red" if mark else "cyan")
    yield Text(function_in_words(function))
    yield Text(function.ids, "dim")
    yield from place_parts(function)
    if function.driver != PORT_DRIVER:
        yield Text(f"driver {printable(function.driver)}" if function.driver else "no driver", "dim")
    if mark:
        yield Text(mark, "bold red")


def _facts(hop: Hop) -> Iterator[Text]:
    function = hop.function
    if hop.is_silent:
        yield Text("does not answer", "bold red")
    yield from link_parts(function, hop.state)
    if function.is_bridge and hop.state and hop.state.link_width == 0:
        yield Text("no link below", "yellow")
    yield _power(hop)
    if hop.is_decoding is not None:
        yield Text("decodes") if hop.is_decoding else Text("does NOT decode memory", "bold red")
    if hop.bar is not None:
        yield _window(hop, hop.bar) if function.is_bridge else _bar(hop.bar)
    if function.aspm not in {None, "disabled"}:
        yield Text(f"ASPM {function.aspm}")
    if function.iommu_group is not None:
        yield Text(f"IOMMU group {function.iommu_group}", "dim")


def _power(hop: Hop) -> Text:
    if hop.power is None:
        return Text("power unknown", "dim")
    return Text(f"{hop.power}, asleep", "bold red") if hop.is_asleep else Text(hop.power)


def _window(hop: Hop, bar: Bar) -> Text:
    if bar.start is None:
        return Text("no address to forward", "yellow")
    if hop.window is not None:
        return Text(f"forwards {hop.window.start:#x}-{hop.window.end:#x}")
    if not hop.windows:
        return Text("windows unknown", "dim")
    shown = ", ".join(f"{window.start:#x}-{window.end:#x}" for window in hop.windows)
    return Text(f"does NOT forward BAR {bar.index}: only {shown}", "bold red")


def _bar(bar: Bar) -> Text:
    if bar.start is None:
        return Text(f"BAR {bar.index} has no address", "bold red")
    kind = "prefetchable, " if bar.is_prefetchable else ""
    return Text(f"BAR {bar.index} at {bar.start:#x}, {kind}{_size(bar.length_bytes)}")


def _size(length: int) -> str:
    return f"{length // MIB} MiB" if length >= MIB else f"{length // KIB} KiB" if length >= KIB else f"{length} bytes"
