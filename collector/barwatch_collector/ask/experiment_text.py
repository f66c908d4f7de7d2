"""The answer to ``barwatch experiments`` as what rich prints. Pure."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from barwatch_collector.ask.tables import BAD, GOOD, QUIET, UNSURE
from barwatch_collector.ask.words import failures_called, many, percent, safe
from barwatch_collector.experiment.told import Belief, OutcomeOf
from barwatch_collector.findings.answers import Experiments, ExperimentsFor, Proposal

WORTH_SAYING = 0.01  # of a chance


def experiments_headline(answer: Experiments) -> Text:
    """In words: what to do first."""
    first = next((proposal for each in answer.failures for proposal in each.proposals), None)
    if not any(each.failing_hosts for each in answer.failures):
        return Text("nothing fails: there is nothing to try", GOOD)
    return Text(f"try first: {safe(first.text)}" if first else "no experiment would tell more", UNSURE)


def experiments_text(answer: Experiments) -> Iterator[Text]:
    """For each failure class what is believed, and what to try, the most telling for its cost first."""
    for each in answer.failures:
        if each.failing_hosts:
            yield from _failure(each)


def _failure(each: ExperimentsFor) -> Iterator[Text]:
    yield Text(
        f"{failures_called(each.failure)} ({many(each.failing_hosts, 'failing host')}): {safe(each.conclusion)}", "bold"
    )
    yield from (Text(f"  {percent(one.after)} % {safe(one.text)}") for one in _worth_saying(each.likeliest))
    for number, proposal in enumerate(each.proposals, 1):
        yield Text()
        yield from _proposal(number, proposal)


def _proposal(number: int, one: Proposal) -> Iterator[Text]:
    line = Text(f"  {number}. {safe(one.text)}")
    line.append(f"  ({one.hours:g} h, {one.gain_bits:.2f} bits)", QUIET)
    yield line
    yield _outcome("if it fails", one.fails, BAD)
    yield _outcome("if it works", one.works, GOOD)


def _outcome(title: str, outcome: OutcomeOf, colour: str) -> Text:
    line = Text("     ")
    line.append(title, colour)
    told = [f"{percent(one.after)} % {safe(one.text)}" for one in _worth_saying(outcome.left)]
    line.append(f" ({percent(outcome.chance)} %): {', '.join(told) or 'nothing that is known'}")
    if outcome.ruled_out:
        line.append(f"; against {safe(', '.join(outcome.ruled_out))}", QUIET)
    return line


def _worth_saying(left: Sequence[Belief]) -> list[Belief]:
    return [one for one in left if one.after >= WORTH_SAYING]
