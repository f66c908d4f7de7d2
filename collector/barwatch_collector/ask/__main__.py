"""``barwatch``: asks the collector which topologies fail, and everything around it."""

import sys
from functools import partial
from typing import Any

import click
from click.shell_completion import get_completion_class

from barwatch_collector.ask import printing
from barwatch_collector.ask.client import AskError, Client
from barwatch_collector.ask.console import console_for
from barwatch_collector.ask.explain import explain
from barwatch_collector.ask.export import export
from barwatch_collector.ask.finding_commands import contrast, experiments, findings
from barwatch_collector.ask.operator import (
    COLLECTOR,
    Operator,
    complete_host,
    failure_option,
    host_argument,
    limit,
    when,
)
from barwatch_collector.questions.asked import FORMS
from barwatch_collector.questions.coverage import Coverage
from barwatch_collector.questions.episodes import Episodes, OneEpisode
from barwatch_collector.questions.host import Host
from barwatch_collector.questions.hosts import Hosts
from barwatch_collector.questions.topologies import Topologies
from barwatch_collector.questions.tree import Tree
from barwatch_proto.version import __version__
from barwatch_proto.words import Access, Outcome

SHELLS = ("bash", "zsh", "fish")


class Commands(click.Group):
    """The commands, with our errors as exit codes."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 click's own signature
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except AskError as error:
            click.echo(f"barwatch: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"TIME is one of: {FORMS}.",
)
@click.option(
    "--collector", metavar="URL", envvar="BARWATCH_COLLECTOR", default=COLLECTOR, show_default=True, show_envvar=True
)
@click.version_option(__version__, prog_name="barwatch")
@click.pass_context
def main(ctx: click.Context, collector: str) -> None:
    """Ask a barwatch collector which PCIe topologies fail, how, since when and how sure that is."""
    client = Client(collector)
    ctx.call_on_close(client.close)
    ctx.obj = Operator(client, console_for(sys.stdout))


for command in (explain, experiments, contrast, findings, export):
    main.add_command(command)


@main.command()
@when
@limit
@click.option("--all", "everything", is_flag=True, help="List the healthy ones too, however many.")
@click.pass_obj
def topologies(operator: Operator, /, *, everything: bool, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    """Which topologies fail, by which access, how sure that is."""
    show = partial(printing.print_topologies, everything=everything)
    operator.ask(Topologies, show, ("topologies",), how)


@main.command()
@when
@limit
@click.pass_obj
def hosts(operator: Operator, /, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    """All hosts: heard or silent, what they are, what fails on them."""
    operator.ask(Hosts, printing.print_hosts, ("hosts",), how)


@main.command()
@host_argument
@when
@click.pass_obj
def host(operator: Operator, /, host: str, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    """All about one HOST: name, agent id, or the beginning of one."""
    operator.ask(Host, printing.print_host, ("hosts", host), how)


@main.command()
@host_argument
@when
@click.pass_obj
def tree(operator: Operator, /, host: str, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    """The PCI topology of a HOST, coloured by what fails."""
    operator.ask(Tree, printing.print_tree, ("hosts", host, "tree"), how)


@main.command()
@click.option("--host", metavar="HOST", shell_complete=complete_host, help="Only of this host.")
@click.option("--outcome", multiple=True, type=click.Choice([each.value for each in Outcome if each is not Outcome.OK]))
@click.option("--access", multiple=True, type=click.Choice([each.value for each in Access]))
@failure_option(many=True)
@click.option("--open/--closed", default=None, help="Only those that last, or that ended.")
@click.option("--reasons", is_flag=True, help="Tell of each why, what is not known, and what to try next.")
@when
@limit
@click.pass_obj
def episodes(operator: Operator, /, *, reasons: bool, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    """Unbroken runs of reads that were not ok, the latest first."""
    operator.ask(Episodes, partial(printing.print_episodes, reasons=reasons), ("episodes",), how)


@main.command()
@host_argument
@click.argument("number", metavar="EPOCH.ID")
@when
@click.pass_obj
def episode(operator: Operator, /, host: str, number: str, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    """One episode of a HOST by its number: what was read, why it failed, what to try next."""
    operator.ask(OneEpisode, printing.print_episode, ("hosts", host, "episodes", number), how)


@main.command()
@when
@limit
@click.pass_obj
def coverage(operator: Operator, /, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    """Who did not answer, since when, and why."""
    operator.ask(Coverage, printing.print_coverage, ("coverage",), how)


@main.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL, for example: source <(barwatch completion bash)."""
    kind = get_completion_class(shell)
    if kind is None:
        msg = f"there is no completion for {shell}"
        raise click.ClickException(msg)
    click.echo(kind(main, {}, "barwatch", "_BARWATCH_COMPLETE").source())


if __name__ == "__main__":
    main(prog_name="barwatch")
