import pytest
from sqlalchemy import Connection, update
from tests.collector.questions.fleet import (
    BOX_SLEEPS,
    LATER_NS,
    NOBODY_KNOWS,
    NOON_NS,
    ROUTES,
    SLOT,
    Fleet,
    example,
    machine,
)

from barwatch_collector.questions.asked import Asked, QuestionError
from barwatch_collector.questions.episodes import EpisodeFilter, UnknownEpisode, episodes, one_episode
from barwatch_collector.questions.naming import UnknownHost
from barwatch_collector.store import schema
from barwatch_collector.store.schema import HOUR_NS
from barwatch_proto.triage import VERSION, FailureClass
from barwatch_proto.words import Access, Outcome


def one_series(fleet: Fleet, access: str = "user") -> tuple[int, int]:
    host = fleet.host("lab-1")
    return host, fleet.series(host, fleet.snapshot(host, machine(), SLOT), SLOT, access)


def test_an_episode_says_where_what_and_how_long(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host, series = one_series(fleet)
    fleet.episode(host, series, closed_at_ns=NOON_NS + 5, evidence=b"\x08\x01", reason="why", reads=7)

    (row,) = episodes(connection, now).rows

    assert (row.hostname, row.address, row.register, row.access, row.route) == (
        "lab-1",
        "0000:01:00.0",
        "pmc_boot_0",
        Access.USER,
        ROUTES[SLOT],
    )
    assert (row.outcome, row.value, row.reason, row.reads) == (Outcome.ALL_ONES, "0xffffffff", "why", 7)
    assert (row.is_open, row.duration_ns, row.has_evidence) == (False, HOUR_NS + 5, True)


def test_an_episode_that_lasts_is_as_long_as_to_its_latest_read(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    host, series = one_series(fleet)
    fleet.episode(host, series, opened_at_ns=NOON_NS - HOUR_NS, last_at_ns=NOON_NS - HOUR_NS // 2)

    (row,) = episodes(connection, now).rows

    assert (row.is_open, row.duration_ns, row.has_evidence) == (True, HOUR_NS // 2, False)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (EpisodeFilter(), {1, 2, 3}),
        (EpisodeFilter(outcomes=(Outcome.DENIED,)), {2}),
        (EpisodeFilter(outcomes=(Outcome.DENIED, Outcome.FAULT)), {2, 3}),
        (EpisodeFilter(is_open=True), {1, 2}),
        (EpisodeFilter(is_open=False), {3}),
        (EpisodeFilter(accesses=(Access.USER,)), {1, 2, 3}),
        (EpisodeFilter(accesses=(Access.KERNEL,)), set()),
        (EpisodeFilter(host="lab"), {1, 2, 3}),
    ],
)
def test_a_filter_lets_through_what_it_names(
    fleet: Fleet, connection: Connection, wanted: EpisodeFilter, found: set[int]
) -> None:
    host, series = one_series(fleet)
    fleet.episode(host, series)
    fleet.episode(host, series, outcome="denied")
    fleet.episode(host, series, outcome="fault", closed_at_ns=NOON_NS)

    answer = episodes(connection, Asked(LATER_NS), wanted)

    assert {row.episode_id for row in answer.rows} == found
    assert answer.episodes == len(found)


def test_a_filter_for_a_host_that_is_not_there_is_no_empty_answer(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    one_series(fleet)

    with pytest.raises(UnknownHost):
        episodes(connection, now, EpisodeFilter(host="desk"))


@pytest.mark.parametrize(
    ("since", "as_of", "found"), [(None, None, 1), (3, None, 0), (5, None, 1), (None, 6, 1), (None, 7, 0)]
)
def test_an_episode_concerns_the_spans_that_it_touches(
    fleet: Fleet, connection: Connection, since: int | None, as_of: int | None, found: int
) -> None:
    """It lasted from six hours ago to four hours ago."""
    host, series = one_series(fleet)
    fleet.episode(host, series, opened_at_ns=NOON_NS - 6 * HOUR_NS, closed_at_ns=NOON_NS - 4 * HOUR_NS)
    asked = Asked(
        LATER_NS,
        since_ns=None if since is None else NOON_NS - since * HOUR_NS,
        as_of_ns=None if as_of is None else NOON_NS - as_of * HOUR_NS,
    )

    assert episodes(connection, asked).episodes == found


def test_an_episode_that_has_ended_was_open_while_it_lasted(fleet: Fleet, connection: Connection) -> None:
    host, series = one_series(fleet)
    fleet.episode(host, series, opened_at_ns=NOON_NS - 6 * HOUR_NS, closed_at_ns=NOON_NS - 4 * HOUR_NS)

    then = Asked(LATER_NS, as_of_ns=NOON_NS - 5 * HOUR_NS)

    assert episodes(connection, then, EpisodeFilter(is_open=True)).rows[0].is_open
    assert episodes(connection, then, EpisodeFilter(is_open=False)).episodes == 0


def test_sums_are_of_all_and_rows_the_latest(fleet: Fleet, connection: Connection, now: Asked) -> None:
    example(fleet)
    fleet.episode(4, 2, opened_at_ns=NOON_NS, reads=1)

    answer = episodes(connection, now, limit=1)

    assert (answer.episodes, answer.open, answer.hosts) == (5, 5, 4)
    assert answer.outcomes == {"all_ones": 4, "denied": 1}
    assert [row.opened_at_ns for row in answer.rows] == [NOON_NS]


def test_an_episode_tells_its_verdict_and_what_to_try_next(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host, series = one_series(fleet)
    fleet.verdict(host, fleet.episode(host, series), NOBODY_KNOWS, evidence_of=1)

    (row,) = episodes(connection, now).rows

    assert (row.failure, row.confidence, row.repetition) == (FailureClass.UNKNOWN, 0.0, None)
    assert (row.reasons, row.missing, row.likely) == (NOBODY_KNOWS.reasons, NOBODY_KNOWS.missing, NOBODY_KNOWS.likely)
    assert (row.next_step, row.table_version, row.evidence_of) == (NOBODY_KNOWS.next_step, VERSION, 1)


def test_what_is_not_judged_yet_has_no_class_and_is_counted(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host, series = one_series(fleet)
    fleet.episode(host, series)
    fleet.verdict(host, fleet.episode(host, series), BOX_SLEEPS)

    answer = episodes(connection, now)

    assert (answer.episodes, answer.failures, answer.unjudged) == (2, {"upstream_asleep": 1}, 1)
    (row,) = (row for row in answer.rows if row.episode_id == 1)
    assert (row.failure, row.confidence, row.reasons, row.next_step, row.table_version) == (None,) * 5


def test_a_class_that_only_a_newer_collector_knows_is_not_judged_yet(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    example(fleet)
    with fleet.engine.begin() as writing:
        writing.execute(update(schema.verdict).values(failure="eaten_by_mice"))

    answer = episodes(connection, now)

    assert (answer.failures, answer.unjudged, {row.failure for row in answer.rows}) == ({}, 4, {None})


def test_episodes_are_found_by_their_failure_class(fleet: Fleet, connection: Connection, now: Asked) -> None:
    example(fleet)

    answer = episodes(connection, now, EpisodeFilter(failures=(FailureClass.DENIED, FailureClass.HUNG)))

    assert (answer.episodes, answer.hosts, answer.open, answer.failures) == (1, 1, 1, {"denied": 1})
    assert [row.hostname for row in answer.rows] == ["bare"]


@pytest.mark.parametrize("number", ["1.2", "2"])
def test_one_episode_is_found_by_epoch_and_number(
    fleet: Fleet, connection: Connection, now: Asked, number: str
) -> None:
    host, series = one_series(fleet)
    fleet.episode(host, series)
    fleet.episode(host, series, reason="this one")

    assert one_episode(connection, now, "lab", number).episode.reason == "this one"


@pytest.mark.parametrize(
    ("number", "problem"), [("1.9", UnknownEpisode), ("2.1", UnknownEpisode), ("x", QuestionError)]
)
def test_an_episode_that_is_not_there_is_no_empty_answer(
    fleet: Fleet, connection: Connection, now: Asked, number: str, problem: type[Exception]
) -> None:
    host, series = one_series(fleet)
    fleet.episode(host, series)

    with pytest.raises(problem):
        one_episode(connection, now, "lab-1", number)


def test_an_episode_was_not_there_before_it_was_opened(fleet: Fleet, connection: Connection) -> None:
    host, series = one_series(fleet)
    fleet.episode(host, series, opened_at_ns=NOON_NS - HOUR_NS)

    with pytest.raises(UnknownEpisode):
        one_episode(connection, Asked(LATER_NS, as_of_ns=NOON_NS - 2 * HOUR_NS), "lab-1", "1.1")
