"""Who asks, and the options that questions share."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem
from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TimeElapsedColumn
from rich.status import Status

from barwatch_collector.ask.client import AskError, Client, Parameters, understood
from barwatch_collector.questions.hosts import Hosts
from barwatch_proto.triage import FailureClass

COLLECTOR = "http://127.0.0.1:7480"
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
        with waiting():
            content = self.client.get(path, parameters)
        if wants_json:
            click.echo(json.dumps(content, indent=2))
        else:
            show(self.console, understood(kind, content, self.client.url))

    def download(self, path: Sequence[str], how: Parameters, file: Path) -> None:
        """An answer that is a file, with a bar on a terminal as it comes."""
        bar = Progress(
            SpinnerColumn(), DownloadColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=True
        )
        with bar, file.open("wb") as out:
            task = bar.add_task("cells", total=None)
            for chunk in self.client.stream(path, how):
                bar.advance(task, out.write(chunk))


def waiting() -> Status:
    """Something that moves while an answer is worked out; on terminals only."""
    return Console(stderr=True).status("asking the collector")


def failure_option(*, many: bool = False) -> Callable[[Command], Command]:
    """The option that says which failure class is meant, or which ones; its help lists them."""
    classes = [each.value for each in FailureClass]
    text = f"Only with this verdict{', or these' if many else ''}: {', '.join(classes)}."
    return click.option("--failure", multiple=many, metavar="CLASS", type=click.Choice(classes), help=text)


def when(command: Command) -> Command:
    """The options that every question takes."""
    return timespan(click.option("--json", "as_json", is_flag=True, help="Print the collector's JSON.")(command))


def timespan(command: Command) -> Command:
    """What time the question is about."""
    for option in (
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
