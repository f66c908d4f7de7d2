"""Questions about what explains failures, and what was found."""

from functools import partial
from typing import Any

import click

from barwatch_collector.ask import printing
from barwatch_collector.ask.operator import Command, Operator, complete_host, failure_option, limit, when
from barwatch_collector.findings.answers import Contrast, Experiments
from barwatch_collector.questions.findings import Findings
from barwatch_proto.words import Access

ACCESSES = [each.value for each in Access]


def which_failures(command: Command) -> Command:
    """The options that say which failures are meant."""
    for option in (
        click.option("--access", multiple=True, type=click.Choice(ACCESSES), help="Only reads by these."),
        failure_option(),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("left", metavar="HOST", shell_complete=complete_host)
@click.argument("right", metavar="HOST", shell_complete=complete_host)
@click.option("--all", "everything", is_flag=True, help="List every difference.")
@which_failures
@when
@click.pass_obj
def contrast(operator: Operator, /, *, everything: bool, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    """What differs between two HOSTs, and which of it goes along with failures in the fleet."""
    show = partial(printing.print_contrast, everything=everything)
    operator.ask(Contrast, show, ("contrast",), how)


@click.command()
@click.option("--limit", type=click.IntRange(1, 100), help="At most so many for each failure class [default: 5].")
@which_failures
@when
@click.pass_obj
def experiments(operator: Operator, /, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    """What to try next: the change to the fleet that tells most about the cause for what it costs."""
    operator.ask(Experiments, printing.print_experiments, ("experiments",), how)


@click.command()
@when
@limit
@click.pass_obj
def findings(operator: Operator, /, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    """What was found to explain failures, and when: the history of explain."""
    operator.ask(Findings, printing.print_findings, ("findings",), how)
