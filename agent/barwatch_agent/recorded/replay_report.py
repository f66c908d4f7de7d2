"""What a replay came to over time: reads by outcome and episodes, below the screen of one look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from barwatch_agent.probe import Look
from barwatch_agent.probe_report import as_json, show
from barwatch_agent.recorded.series import RecordedReads, RecordedSeries
from barwatch_proto.pci import Address
from barwatch_proto.plain import to_plain
from barwatch_proto.telemetry import Episode, Series

US_PER_S = 1_000_000
NS_PER_S = 1_000_000_000
MAX_EPISODES = 20
FAILED = "bold red"


@dataclass(frozen=True, slots=True)
class Replayed:
    """A recording that was played to its end."""

    found: Look  # as a look at the end of it would have been
    reads: RecordedReads
    series: Mapping[int, Series]  # by number
    episodes: Sequence[Episode]
    missing: Sequence[Address] = ()  # functions that were read and are not in the topology


def show_replayed(replayed: Replayed, console: Console, *, is_whole: bool) -> None:
    """The screen of one look; and where there was more than one pass, what they came to."""
    show(replayed.found, console, is_whole=is_whole)
    if replayed.reads.passes > 1:
        console.print()
        console.print(_span(replayed))
        failures = [episode for episode in replayed.episodes if episode.outcome.is_failure]
        if failures:
            console.print(_episodes(replayed, failures))
        left = len(replayed.episodes) - len(failures)
        if left:
            console.print(
                f"{left} more episodes of reads that were denied or not attempted: --json has them.", style="dim"
            )


def replayed_as_json(replayed: Replayed) -> dict[str, Any]:
    """The document of one look, with the recording beside it."""
    reads = replayed.reads
    recording = {
        "began_at_ns": reads.began_at_ns,
        "seconds": reads.length_us / US_PER_S,
        "passes": reads.passes,
        "series": [_series_plain(each) for each in reads.series if each.runs],
        "episodes": [_episode_plain(each, replayed) for each in replayed.episodes],
    }
    return {**as_json(replayed.found), "recording": recording}


def counts(series: RecordedSeries) -> dict[str, int]:
    """How many reads came to what; ``skipped`` are those that the circuit breaker left out."""
    found: dict[str, int] = {}
    for run in series.runs:
        name = "skipped" if run.outcome is None else run.outcome.value
        found[name] = found.get(name, 0) + run.count
    return found


def _span(replayed: Replayed) -> Text:
    reads = replayed.reads
    total = sum(sum(counts(each).values()) for each in reads.series)
    failed = sum(sum(_failures(each)) for each in reads.series)
    said = f"Recorded: {reads.passes} passes in {_seconds(reads.length_us / US_PER_S)}, {total} reads"
    if failed:
        return Text(f"{said}, of which {failed} failed.", FAILED)
    return Text(f"{said}, none of which failed.", "green")


def _failures(series: RecordedSeries) -> list[int]:
    return [run.count for run in series.runs if run.outcome is not None and run.outcome.is_failure]


def _episodes(replayed: Replayed, episodes: Sequence[Episode]) -> Table:
    table = Table(title="Episodes", title_justify="left", box=None, pad_edge=False)
    for column in ("register", "function", "access", "outcome", "reads", "from", "to", "evidence"):
        table.add_column(column, overflow="fold")
    for episode in episodes[:MAX_EPISODES]:
        series = replayed.series[episode.series]
        table.add_row(
            series.register,
            str(series.address),
            series.access.value,
            Text(episode.outcome.value.replace("_", " "), FAILED),
            str(episode.reads),
            _since(episode.opened_at_ns, replayed),
            "lasts" if episode.closed_at_ns is None else _since(episode.closed_at_ns, replayed),
            "" if episode.evidence is None else f"{len(episode.evidence.route)} hops",
        )
    left = len(episodes) - MAX_EPISODES
    if left > 0:
        table.caption = f"and {left} more: --json has them all"
    return table


def _since(at_ns: int, replayed: Replayed) -> str:
    return _seconds((at_ns - replayed.reads.began_at_ns) / NS_PER_S)


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s"


def _series_plain(series: RecordedSeries) -> dict[str, Any]:
    return {
        "register": series.register,
        "function": str(series.function),
        "access": series.access.value,
        "reads": counts(series),
    }


def _episode_plain(episode: Episode, replayed: Replayed) -> dict[str, Any]:
    series = replayed.series[episode.series]
    plain = to_plain(episode)
    plain["evidence"] = episode.evidence is not None
    where = {"register": series.register, "function": str(series.address), "access": series.access.value}
    return {**where, **{key: value for key, value in plain.items() if key not in {"id", "series"}}}
