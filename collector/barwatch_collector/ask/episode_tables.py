"""Answers about episodes and their verdicts as what rich prints. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from barwatch_collector.ask.tables import BAD, GOOD, QUIET, UNSURE, table
from barwatch_collector.ask.words import DASH, ago, duration, many, moment, percent, rough, safe
from barwatch_collector.questions.asked import Span
from barwatch_collector.questions.episodes import EpisodeLine, Episodes, OneEpisode
from barwatch_collector.questions.verdicts import OpenFailure
from barwatch_proto.triage import FailureClass, Repetition

NOT_JUDGED = "not judged yet"
ON_TERMINAL = ("episode", "opened", "host", "register", "read", "verdict")
IN_PIPE = (
    "episode",
    "opened",
    "host",
    "register",
    "access",
    "outcome",
    "reads",
    "lasted",
    "verdict",
    "confidence",
    "why",
    "because",
)
FEW = 3  # reasons that a host's page shows of each verdict
NOTHING_BROKEN = {FailureClass.DENIED, FailureClass.LEGITIMATE_ONES, FailureClass.D3COLD, FailureClass.D3HOT}
SHOWS: Mapping[Repetition, str] = MappingProxyType(
    {
        Repetition.TRANSIENT: "comes and goes: the same read again was ok",
        Repetition.PATH_SPECIFIC: "by this access only: another access read the same register",
        Repetition.BLOCK_ONLY: "by this register only: the same access read others of the function",
        Repetition.DEVICE_WIDE: "everywhere: nothing of the function was read",
    }
)


def episodes_headline(answer: Episodes) -> Text:
    """In words: how many episodes, how many last, by outcome, and what the verdicts say."""
    if not answer.episodes:
        return Text("no episodes: nothing that was asked for failed in that time", GOOD)
    by_outcome = ", ".join(f"{count:,} {safe(name)}" for name, count in answer.outcomes.items())
    lasting = f"{answer.open:,} of them open" if answer.open else "none of them open"
    words = f"{many(answer.episodes, 'episode')} on {many(answer.hosts, 'host')}, {lasting}: {by_outcome}"
    verdicts = [f"{count:,} {safe(name)}" for name, count in answer.failures.items()]
    if answer.unjudged:
        verdicts.append(f"{answer.unjudged:,} {NOT_JUDGED}")
    return Text(f"{words}; verdicts: {', '.join(verdicts)}", BAD if answer.open else UNSURE)


def episodes_table(rows: Iterable[EpisodeLine], span: Span, *, is_plain: bool) -> Table:
    """One episode per row: on a terminal what leads to its card, in two lines; in a pipe all of it, in one."""
    made = table(*(IN_PIPE if is_plain else ON_TERMINAL), is_plain=is_plain)
    for row in rows:
        made.add_row(*(_plain_cells(row) if is_plain else _cells(row, span)))
    return made


def episodes_with_reasons(rows: Iterable[EpisodeLine]) -> Iterator[RenderableType]:
    """Each episode with its verdict below."""
    for row in rows:
        where = f"{safe(row.hostname)}  {safe(row.register)} of {safe(row.address)} by {row.access.value}"
        yield Text.assemble((number(row), QUIET), f"  {where}  ", (row.outcome.value, _style(row)), "  ", verdict(row))
        yield Padding(Group(*verdict_parts(row)), (0, 0, 1, 2))


def episode_headline(answer: OneEpisode) -> Text:
    """In words: whose episode, and what its verdict says."""
    row = answer.episode
    read = f"{safe(row.register)} of {safe(row.address)} by {row.access.value} access"
    said = "no verdict yet" if row.failure is None else row.failure.value
    sure = "" if not row.confidence else f", {percent(row.confidence)} % sure"
    return Text(f"{safe(row.hostname)}, episode {number(row)}: {read}: {said}{sure}", verdict(row).style)


def episode_card(answer: OneEpisode) -> Iterator[RenderableType]:
    """One episode on one screen: what was read, for how long, why, what is not known, and what to try next."""
    row, now_ns = answer.episode, answer.span.now_ns
    grid = _two_columns()
    grid.add_row("read", _read_in_words(row))
    grid.add_row("opened", f"{moment(row.opened_at_ns)}, {ago(row.opened_at_ns, now_ns)}")
    grid.add_row("lasts" if row.is_open else "lasted", f"{duration(row.duration_ns)}, {many(row.reads, 'bad read')}")
    grid.add_row("route", safe(row.route or row.topology))
    grid.add_row("evidence", _evidence_in_words(row))
    if row.repetition:
        grid.add_row("shows", SHOWS[row.repetition])
    yield grid
    yield Text()
    yield from verdict_parts(row)


def verdict_parts(row: EpisodeLine) -> Iterator[RenderableType]:
    """Reasons in order, what is not known, what it might be, and what to try next."""
    if row.failure is None:
        yield Text(NOT_JUDGED, UNSURE)
        return
    parts = (
        ("because", row.reasons or ()),
        ("might be", tuple(each.value for each in row.likely or ())),
        ("not known", row.missing or ()),
        ("try next", (row.next_step,) if row.next_step else ()),
    )
    yield _sentences(parts)


def failures_table(rows: Sequence[OpenFailure], *, is_plain: bool) -> RenderableType:
    """What explains the open episodes of a host, function by function."""
    if is_plain:
        return _failures_plain(rows)
    return Group(*(part for row in rows for part in _failure(row)))


def verdict(row: EpisodeLine | OpenFailure, between: str = " ") -> Text:
    """``d3cold 97 %``."""
    if row.failure is None:
        return Text(NOT_JUDGED, UNSURE)
    sure = f"{between}{percent(row.confidence)} %" if row.confidence else ""
    style = UNSURE if row.failure in {FailureClass.UNKNOWN, *NOTHING_BROKEN} else BAD
    return Text(row.failure.value + sure, style)


def number(row: EpisodeLine) -> str:
    """What ``barwatch episode`` takes: epoch and episode."""
    return f"{row.epoch}.{row.episode_id}"


def _cells(row: EpisodeLine, span: Span) -> tuple[str | Text, ...]:
    lasted = "open" if row.is_open else f"for {rough(row.duration_ns)}"
    return (
        number(row),
        f"{ago(row.opened_at_ns, span.now_ns)}\n{lasted}",
        safe(row.hostname),
        f"{safe(row.register)}\n{safe(row.address)}",
        Text(f"{row.access.value}\n{row.outcome.value}", _style(row)),
        verdict(row, "\n"),
    )


def _plain_cells(row: EpisodeLine) -> tuple[str | Text, ...]:
    lasted = duration(row.duration_ns)
    said = [safe(text) for text in (row.value, row.reason) if text]
    return (
        number(row),
        moment(row.opened_at_ns),
        safe(row.hostname),
        f"{safe(row.register)} of {safe(row.address)}",
        row.access.value,
        Text(row.outcome.value, _style(row)),
        f"{row.reads:,}",
        f"open, {lasted}" if row.is_open else lasted,
        row.failure.value if row.failure else DASH,
        DASH if row.confidence is None else f"{row.confidence:.2f}",
        ", ".join([*said, "evidence kept"] if row.has_evidence else said) or DASH,
        "; ".join(safe(reason) for reason in row.reasons or ()) or DASH,
    )


def _style(row: EpisodeLine) -> str:
    return BAD if row.outcome.is_failure else UNSURE


def _read_in_words(row: EpisodeLine) -> Text:
    where = "configuration space" if row.bar is None else f"BAR {row.bar}"
    said = [safe(text) for text in (row.value, row.reason) if text]
    place = f"{row.width} bytes at {row.offset:#x} of {where}"
    return Text.assemble((row.outcome.value, _style(row)), f" ({', '.join(said)})" if said else "", f", {place}")


def _evidence_in_words(row: EpisodeLine) -> str:
    if row.failure is None:
        return "kept" if row.has_evidence else DASH
    if row.evidence_of is None:
        return "none: judged from the read alone"
    if row.evidence_of == row.episode_id:
        return "taken for this episode"
    return f"taken in the same pass, for episode {row.epoch}.{row.evidence_of}"


def _sentences(parts: Iterable[tuple[str, Sequence[str]]]) -> Table:
    """Sentences, each kind beside its heading."""
    grid = _two_columns()
    for heading, sentences in parts:
        for place, sentence in enumerate(sentences):
            grid.add_row("" if place else heading, safe(sentence))
    return grid


def _two_columns() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style=QUIET, no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _failure(row: OpenFailure) -> Iterator[RenderableType]:
    ways = " and ".join(access.value for access in row.accesses)
    yield Text.assemble(
        (safe(row.address), "cyan"), "  ", verdict(row), (f"  {many(row.episodes, 'open episode')} by {ways}", QUIET)
    )
    parts = (("because", (row.reasons or ())[:FEW]), ("try next", (row.next_step,) if row.next_step else ()))
    yield Padding(_sentences(parts), (0, 0, 0, 2))


def _failures_plain(rows: Iterable[OpenFailure]) -> Table:
    made = table("address", "verdict", "confidence", "access", "episodes", "because", "try next", is_plain=True)
    for row in rows:
        made.add_row(
            safe(row.address),
            row.failure.value if row.failure else NOT_JUDGED,
            DASH if row.confidence is None else f"{row.confidence:.2f}",
            "+".join(access.value for access in row.accesses),
            f"{row.episodes:,}",
            "; ".join(safe(reason) for reason in row.reasons or ()) or DASH,
            safe(row.next_step),
        )
    return made
