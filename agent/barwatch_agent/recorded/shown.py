"""Progress of long work on a terminal; nothing where nobody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

OnSeconds = Callable[[float], None]


@contextmanager
def progress(what: str, seconds: float) -> Iterator[OnSeconds]:
    """A bar on stderr that is told how many of the seconds are done."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=max(seconds, 1e-9))
        yield lambda done: bar.update(task, completed=min(done, seconds))
