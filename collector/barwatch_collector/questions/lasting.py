"""Episodes and gaps in time: which concern a span, and which episodes still last at its end."""

from sqlalchemy import ColumnElement, Subquery, and_, or_, select

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.counting import FAILURES
from barwatch_collector.store import schema

ON_SERIES = and_(
    schema.episode.c.host_id == schema.series.c.host_id,
    schema.episode.c.epoch == schema.series.c.epoch,
    schema.episode.c.series_id == schema.series.c.series_id,
)


def is_open(asked: Asked) -> ColumnElement[bool]:
    """Whether an episode lasts at the end of the span."""
    episode = schema.episode
    if asked.as_of_ns is None:
        return episode.c.closed_at_ns.is_(None)
    return and_(
        episode.c.opened_at_ns <= asked.as_of_ns,
        or_(episode.c.closed_at_ns.is_(None), episode.c.closed_at_ns > asked.as_of_ns),
    )


def in_span(asked: Asked) -> ColumnElement[bool]:
    """Whether an episode lasted at some time of the span."""
    episode = schema.episode
    until = [] if asked.as_of_ns is None else [episode.c.opened_at_ns <= asked.as_of_ns]
    since = (
        []
        if asked.since_ns is None
        else [or_(episode.c.closed_at_ns.is_(None), episode.c.closed_at_ns >= asked.since_ns)]
    )
    return and_(True, *until, *since)  # noqa: FBT003 the neutral element of SQL's AND


def open_failures(asked: Asked) -> Subquery:
    """Host, topology, access and outcome of each lasting episode of failures; denied and unreachable are none."""
    episode, series = schema.episode, schema.series
    return (
        select(episode.c.host_id, series.c.topology, series.c.access, series.c.function_key, episode.c.outcome)
        .select_from(episode)
        .join(series, ON_SERIES)
        .where(is_open(asked), episode.c.outcome.in_(FAILURES))
        .subquery("open_failures")
    )


def gaps_in_span(asked: Asked) -> ColumnElement[bool]:
    """Whether a gap overlaps the span."""
    gap = schema.gap
    until = [] if asked.as_of_ns is None else [gap.c.from_ns <= asked.as_of_ns]
    since = [] if asked.since_ns is None else [gap.c.to_ns >= asked.since_ns]
    return and_(True, *until, *since)  # noqa: FBT003 the neutral element of SQL's AND
