"""`make lab`: boots the fleet, plays every scenario, says which topologies fail, and stays to be asked until Ctrl-C."""

import argparse
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from tests.lab.centre import Collector, LabError
from tests.lab.guest import Guest, GuestError
from tests.lab.hosts import NAMES, Host
from tests.lab.parts import Parts, built_parts
from tests.lab.scenarios import SCENARIOS, Scenario
from tests.lab.stage import Stage

PIPED_WIDTH = 140  # of a table that no terminal shows
console = Console(stderr=True, highlight=False)
if not console.is_terminal:
    console.width = PIPED_WIDTH


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one scenario went."""

    host: str
    scenario: str
    opened: Mapping[str, set[str]]  # by access, what its episodes opened with
    seconds: float
    problem: str | None  # None: as it should


def main() -> int:
    """Exit code: 0 when every scenario went as it should, 1 otherwise, or when the fleet did not come up."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: everything that runs is ended
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="barwatch-lab-")))
        try:
            return _play(asked, folder, running)
        except (LabError, GuestError, RuntimeError) as error:
            console.print(str(error), style="red", markup=False)
            return 1
        except KeyboardInterrupt:
            return 130


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make lab", description=__doc__)
    parser.add_argument("--only", choices=NAMES, action="append", help="these hosts; all when left out")
    parser.add_argument("--seconds", type=float, help="end so long after the last scenario; stay when left out")
    return parser.parse_args()


def _play(asked: argparse.Namespace, folder: Path, running: ExitStack) -> int:
    names = asked.only or NAMES
    with _progress() as progress:
        step = progress.add_task("building", total=sum(1 + len(SCENARIOS.get(name, ())) for name in names))
        parts = built_parts(folder)
        progress.update(step, description="starting the collector")
        collector = Collector(folder)
        running.callback(collector.end)
        outcomes = []
        for name in names:  # one after the other: every guest that runs takes its share of the CPUs
            progress.update(step, description=f"{name} boots")
            stage = _with_agent(_switched_on(name, parts, folder, running), collector)
            progress.advance(step)
            for scenario in SCENARIOS.get(name, ()):
                progress.update(step, description=f"{name}: {_words(scenario)}")
                outcomes.append(_played(stage, scenario))
                progress.advance(step)
    console.print(_table(outcomes))
    sys.stdout.write(collector.command("topologies"))
    sys.stdout.flush()
    _stay(collector, asked.seconds)
    return 1 if any(outcome.problem for outcome in outcomes) else 0


def _switched_on(name: str, parts: Parts, folder: Path, running: ExitStack) -> Guest:
    own = folder / name
    own.mkdir()
    guest = Guest(Host.load(name), parts, own)
    running.callback(guest.end)
    return guest


def _with_agent(guest: Guest, collector: Collector) -> Stage:
    guest.wait_until_up()
    stage = Stage(guest, collector)
    stage.start_agent()
    stage.wait_until_read()
    return stage


def _played(stage: Stage, scenario: Scenario) -> Outcome:
    """A scenario that goes wrong is told, and the others are played."""
    began = monotonic()
    try:
        with stage.played():
            scenario(stage)
    except (LabError, GuestError) as error:
        problem = str(error).partition("\n")[0]
    except AssertionError as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        problem = f"{Path(where.filename).name}:{where.lineno}: {where.line}"
    else:
        problem = None
    return Outcome(stage.name, _words(scenario), stage.outcomes(), monotonic() - began, problem)


def _words(scenario: Scenario) -> str:
    return scenario.__name__.replace("_", " ")


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(box=None)
    for heading in ("host", "scenario", "user", "kernel", "seconds", ""):
        table.add_column(heading, justify="right" if heading == "seconds" else "left")
    for each in outcomes:
        result = f"[red]{each.problem}[/red]" if each.problem else "[green]known, recorded, ended[/green]"
        user, kernel = (", ".join(sorted(each.opened.get(access, {"ok"}))) for access in ("user", "kernel"))
        table.add_row(each.host, each.scenario, user, kernel, f"{each.seconds:.1f}", result)
    return table


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def _stay(collector: Collector, seconds: float | None) -> None:
    console.print(f"Ask: .venv/bin/barwatch --collector {collector.http} hosts    End: Ctrl-C")
    console.print(f"Logs: {collector.folder}, as long as it runs")
    try:
        Event().wait(seconds)
    except KeyboardInterrupt:
        console.print("ending")


if __name__ == "__main__":
    sys.exit(main())
