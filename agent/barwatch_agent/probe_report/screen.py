"""The page of one look: the answer in one line first, then what fails and why, or else everything."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, RenderableType
from rich.text import Text

from barwatch_agent.probe.judging import Card
from barwatch_agent.probe.looking import Look
from barwatch_agent.probe_report.platform import platform
from barwatch_agent.probe_report.trouble import trouble
from barwatch_agent.probe_report.whole import whole
from barwatch_proto.class_words import function_in_words
from barwatch_proto.drawing import printable
from barwatch_proto.topology import Function
from barwatch_proto.words import Outcome

FAILS = 1  # the exit code when a read failed; 2 is an error, as in every command
MAX_SHOWN = 3  # functions with all that is known of them; the others are one line each
MAX_NAMED = 3  # functions in the first line
MAX_LISTED = 10
MAX_REASONS = 3


def show(found: Look, console: Console, *, is_whole: bool = False) -> None:
    """The page; ``is_whole`` adds every function, read and setting, which are there anyway when nothing fails."""
    answer, failures = headline(found), found.failures()
    console.print(answer, soft_wrap=not console.is_terminal)  # a script takes the first line
    shown = list(failures.values())[: None if is_whole else MAX_SHOWN]
    for cards in shown:
        console.print("", *trouble(found, cards), sep="\n")
    if failures:
        console.print("", platform(found, [cards[0].function for cards in shown]), sep="\n")
    if failures and not is_whole:
        console.print("", *_rest(found, failures), sep="\n")
        return
    console.print("", *whole(found), sep="\n")
    console.print(answer, soft_wrap=not console.is_terminal)


def exit_code(found: Look) -> int:
    """0 when nothing failed: what was refused or must not be touched is no failure."""
    return FAILS if found.failures() else 0


def headline(found: Look) -> Text:
    """The answer in one sentence."""
    failures = found.failures()
    attempts = [read for read in found.reads if read.outcome.is_attempt]
    if failures:
        return Text(_what_fails(list(failures.values())), "bold red")
    if not attempts:
        return Text("No register could be read; the reasons are under: Not read, and why.", "bold yellow")
    legitimate = sum(read.outcome.is_failure for read in attempts)
    left = len(found.reads) - len(attempts)
    said = f"All {len(attempts)} reads are good"
    said += f", {legitimate} of them all ones that the register may hold" if legitimate else ""
    said += f"; {left} more could not be attempted" if left else ""
    return Text(f"{said}.", "bold green")


def _what_fails(failures: Sequence[Sequence[Card]]) -> str:
    if len(failures) == 1:
        card = failures[0][0]
        return f"1 function fails: {_named(card.function)}: {card.in_short}"
    told = [f"{cards[0].function.address} {cards[0].in_short}" for cards in failures[:MAX_NAMED]]
    more = [f"and {len(failures) - MAX_NAMED} more"] if len(failures) > MAX_NAMED else []
    return f"{len(failures)} functions fail: {', '.join((*told, *more))}"


def _named(function: Function) -> str:
    through = ", through Thunderbolt" if function.is_tunnelled else ""
    return f"{function.address} {function_in_words(function).partition(' (')[0]}{through}"


def _rest(found: Look, failures: Mapping[str, Sequence[Card]]) -> Iterator[RenderableType]:
    """What is not shown, summed up."""
    listed = list(failures.values())[MAX_SHOWN:]
    for cards in listed[:MAX_LISTED]:
        yield Text(f"also fails: {_named(cards[0].function)}: {cards[0].in_short}", "red")
    if len(listed) > MAX_LISTED:
        yield Text(f"and {len(listed) - MAX_LISTED} more functions fail", "red")
    good = [read for read in found.reads if read.outcome is Outcome.OK and read.target.function.key not in failures]
    functions = len({read.target.function.key for read in good})
    yield Text(f"{len(good)} reads on {functions} other functions are good. --all shows everything.", "dim")
    left = [card for card in found.cards() if not card.is_failure and card.function.key not in failures]
    yield from _no_failures(left)


def _no_failures(cards: Sequence[Card]) -> Iterator[Text]:
    """What was refused, must not be touched, or may be all ones: a line for each reason."""
    reasons: dict[tuple[str, str], list[Card]] = {}
    for card in cards:
        read = card.reads[0]
        reasons.setdefault((read.outcome.value, read.reason or card.verdict.failure.value), []).append(card)
    for (outcome, reason), same in list(reasons.items())[:MAX_REASONS]:
        count, places = (
            sum(len(card.reads) for card in same),
            list(dict.fromkeys(card.function.address for card in same)),
        )
        place = f"{places[0]}" + (f" and {len(places) - 1} more" if len(places) > 1 else "")
        yield Text(f"{count} reads {outcome.replace('_', ' ')} at {place}: {printable(reason)}", "dim")
    if len(reasons) > MAX_REASONS:
        yield Text(f"and for {len(reasons) - MAX_REASONS} more reasons", "dim")
