"""``barwatch``: asks the collector which topologies fail, and everything around it."""

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem, get_completion_class
from rich.console import Console

from barwatch_collector.ask import printing
from barwatch_collector.ask.client import AskError, Client, Parameters, understood
from barwatch_collector.ask.console import console_for
from barwatch_collector.ask.explain import explain
from barwatch_collector.questions.asked import FORMS
from barwatch_collector.questions.coverage import Coverage
from barwatch_collector.questions.episodes import Episodes, OneEpisode
from barwatch_collector.questions.host import Host
from barwatch_collector.questions.hosts import Hosts
from barwatch_collector.questions.topologies import Topologies
from barwatch_collector.questions.tree import Tree
from barwatch_proto.triage import FailureClass
from barwatch_proto.version import __version__
from barwatch_proto.words import Access, Outcome

COLLECTOR = "http://127.0.0.1:7480"
SHELLS = ("bash", "zsh", "fish")
Command = TypeVar("Command", bound=Callable[..., Any])
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Operator:
    """Who asks: a collector to ask, and a place for its answers."""

    client: Client
    console: Console

    def ask(self, kind: type[T], show: Callable[[Console, T], None], path: Sequence[str], how: Parameters) -> None:
        """Ask, and print the answer, or the JSON of the collector as it is."""
        parameters = dict(how)
        wants_json = parameters.pop("as_json")
        content = self.client.get(path, parameters)
        if wants_json:
            click.echo(json.dumps(content, indent=2))
        else:
            show(self.console, understood(kind, content, self.client.url))


class Commands(click.Group):
    """The commands, with our errors as exit codes."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 click's own signature
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except AskError as error:
            click.echo(f"barwatch: {error}", err=True)
            ctx.exit(error.exit_code)


def when(command: Command) -> Command:
    """The options that every question takes."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the collector's JSON."),
        click.option("--as-of", metavar="TIME", help="Answer as of then; now when left out."),
        click.option("--since", metavar="TIME", help="Count from then on; from the beginning when left out."),
    ):
        command = option(command)
    return command


def limit(command: Command) -> Command:
    """How many entries of a list."""
    return click.option("--limit", type=click.IntRange(1, 10_000), help="At most so many entries [default: 1000].")(
        command
    )


def complete_host(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of hosts for the shell; none when the collector does not answer."""
    url = (ctx.find_root().params or {}).get("collector") or COLLECTOR
    try:
        with closing(Client(url)) as client:
            answer = client.ask(Hosts, ("hosts",), {"limit": 10_000})
    except AskError:
        return []
    return [CompletionItem(row.hostname) for row in answer.rows if row.hostname.startswith(incomplete)]


host_argument = click.argument("host", shell_complete=complete_host)


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


main.add_command(explain)


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
@click.option(
    "--failure",
    multiple=True,
    type=click.Choice([each.value for each in FailureClass]),
    metavar="CLASS",
    help="Only those whose verdict is this.",
)
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
