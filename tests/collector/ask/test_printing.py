import io
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from tests.collector.api.serving import Served

from barwatch_collector.ask import printing
from barwatch_collector.ask.client import Client
from barwatch_collector.ask.console import UNBOUNDED, console_for
from barwatch_collector.questions.coverage import Coverage
from barwatch_collector.questions.episodes import Episodes, OneEpisode
from barwatch_collector.questions.host import Host
from barwatch_collector.questions.hosts import Hosts
from barwatch_collector.questions.topologies import Topologies
from barwatch_collector.questions.tree import Tree

LONG = "workstation"
QUESTIONS: dict[str, tuple[type, tuple[str, ...], Callable[[Console, Any], None]]] = {
    "topologies": (Topologies, ("topologies",), printing.print_topologies),
    "hosts": (Hosts, ("hosts",), printing.print_hosts),
    "host": (Host, ("hosts", "lap-1"), printing.print_host),
    "host-long": (Host, ("hosts", LONG), printing.print_host),
    "tree": (Tree, ("hosts", "lap-1", "tree"), printing.print_tree),
    "tree-long": (Tree, ("hosts", LONG, "tree"), printing.print_tree),
    "episodes": (Episodes, ("episodes",), printing.print_episodes),
    "episodes-reasons": (Episodes, ("episodes",), partial(printing.print_episodes, reasons=True)),
    "episode": (OneEpisode, ("hosts", "lap-1", "episodes", "1.1"), printing.print_episode),
    "episode-unknown": (OneEpisode, ("hosts", LONG, "episodes", "1"), printing.print_episode),
    "episode-unjudged": (OneEpisode, ("hosts", LONG, "episodes", "1.2"), printing.print_episode),
    "coverage": (Coverage, ("coverage",), printing.print_coverage),
}
Show = Callable[[str, Console], None]
Printed = Callable[[str, Console], str]


@pytest.fixture
def show(collector: Served) -> Show:
    """Asks a question and prints the answer."""

    def ask_and_print(name: str, console: Console) -> None:
        kind, path, printer = QUESTIONS[name]
        with closing(Client(collector.url)) as client:
            printer(console, client.ask(kind, path, {}))

    return ask_and_print


@pytest.fixture
def printed(show: Show) -> Printed:
    """What a question prints on a console over a StringIO, without the blanks at line ends."""

    def text(name: str, console: Console) -> str:
        show(name, console)
        return "".join(f"{line.rstrip()}\n" for line in console.file.getvalue().splitlines())

    return text


def terminal(width: int) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, highlight=False)


@pytest.mark.parametrize("name", QUESTIONS)
def test_people_see_this_in_a_terminal_of_80_columns(
    printed: Printed, golden: Callable[[str, str], None], name: str
) -> None:
    golden(f"ask/{name}-80.txt", printed(name, terminal(80)))


@pytest.mark.parametrize("name", QUESTIONS)
def test_programs_see_this_in_a_pipe(printed: Printed, golden: Callable[[str, str], None], name: str) -> None:
    golden(f"ask/{name}-piped.txt", printed(name, Console(file=io.StringIO(), width=UNBOUNDED, highlight=False)))


@pytest.mark.parametrize("width", [80, 100, 200])
@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_is_wider_than_the_terminal(printed: Printed, name: str, width: int) -> None:
    assert max(cell_len(line) for line in printed(name, terminal(width)).splitlines()) <= width


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_hosts_send_cannot_steer_the_terminal(printed: Printed, name: str) -> None:
    assert "\x1b" not in printed(name, terminal(80))


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_stream_that_knows_ascii_only_gets_ascii(show: Show, name: str) -> None:
    raw = io.BytesIO()
    console = console_for(io.TextIOWrapper(raw, encoding="ascii"))

    show(name, console)
    console.file.flush()

    assert len(raw.getvalue().decode("ascii")) > 100
