"""What an agent's clock says is believed within limits: a wrong one must not spoil what is asked about a time."""

from dataclasses import replace

import pytest

from barwatch_collector.errors import StoreRefused
from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.snapshots import held_snapshot, snapshot_history
from barwatch_collector.store import open_store, schema
from barwatch_collector.store.clocks import AHEAD_NS, believed
from barwatch_proto.snapshot import Setting
from barwatch_proto.telemetry import Batch
from barwatch_proto.words import State

HOUR = schema.HOUR_NS
H0 = 500_000
T0 = H0 * HOUR  # an hour begins
YEAR = 365 * 24 * HOUR


def test_a_time_is_believed_until_five_minutes_ahead() -> None:
    assert believed(1, T0) == 1
    assert believed(T0 + AHEAD_NS, T0) == T0 + AHEAD_NS
    assert believed(T0 + AHEAD_NS + 1, T0) == T0


def test_counters_of_a_clock_that_went_back_stay_in_the_hour_of_the_latest(line, mini_agent) -> None:
    """Filed a day ago, all that was ever counted would seem to have been counted before since then."""
    agent = mini_agent()
    host = line(agent.hello, now_ns=T0)
    host.commit(agent.introduction(1), agent.counters(2, 10, 1, T0))

    host.commit(agent.counters(3, 20, 1, T0 - 29 * HOUR), agent.counters(4, 30, 1, T0 + 7))

    assert host.rows(schema.series_hour, "hour", "ok") == [(H0, 30)]
    assert host.rows(schema.series, "counted_until_ns") == [(T0 + 7,)]


def test_a_collector_that_starts_again_still_knows_the_latest_hour(line, mini_agent, database_url) -> None:
    agent = mini_agent()
    line(agent.hello, now_ns=T0).commit(agent.introduction(1), agent.counters(2, 10, 1, T0))

    with open_store(database_url) as reopened:
        host = line(agent.hello, to=reopened, now_ns=T0)
        host.commit(agent.counters(3, 20, 1, T0 - 29 * HOUR))

        assert host.rows(schema.series_hour, "hour", "ok") == [(H0, 20)]


def test_an_agent_that_comes_back_from_another_collector_goes_on_in_its_latest_hour(
    line, mini_agent, database_url
) -> None:
    agent = mini_agent()
    line(agent.hello, now_ns=T0).commit(agent.introduction(1), agent.counters(2, 10, 1, T0))
    with open_store(database_url) as other:
        line(agent.hello, to=other, now_ns=T0 + HOUR).commit(agent.counters(3, 20, 1, T0 + HOUR))

    host = line(agent.hello, now_ns=T0 + HOUR)
    host.commit(agent.counters(4, 30, 1, T0))

    assert host.rows(schema.series_hour, "hour", "ok") == [(H0, 10), (H0 + 1, 30)]


def test_a_rolled_back_group_does_not_move_the_latest_hour(line, mini_agent) -> None:
    agent, other = mini_agent(), mini_agent()
    host, neighbour = line(agent.hello, now_ns=T0), line(other.hello, now_ns=T0)
    host.commit(agent.introduction(1), agent.counters(2, 10, 1, T0 - 9 * HOUR))
    poison = neighbour.arrival(Batch(1, snapshots=(other.snapshot,), series=other.series(2**70, 2**70)))

    with pytest.raises(StoreRefused):
        host.store.commit([host.arrival(agent.counters(3, 20, 1, T0)), poison])
    host.commit(agent.counters(3, 20, 1, T0 - 8 * HOUR))

    assert host.rows(schema.series_hour, "hour", "ok") == [(H0 - 9, 10), (H0 - 8, 20)]


def test_counters_of_a_clock_that_is_a_year_ahead_are_filed_when_they_came(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello, now_ns=T0)

    host.commit(agent.introduction(1), agent.counters(2, 10, 1, T0 + YEAR))
    host.at(T0 + HOUR).commit(agent.counters(3, 20, 1, T0 + HOUR))

    assert host.rows(schema.series_hour, "hour", "ok") == [(H0, 10), (H0 + 1, 20)]


def test_a_spool_that_drains_in_one_group_is_filed_under_its_own_hours(line, mini_agent) -> None:
    agent, other = mini_agent(), mini_agent()
    host, neighbour = line(agent.hello, now_ns=T0), line(other.hello, now_ns=T0)
    late = [agent.counters(2 + day, 10 + day, 1, T0 - (3 - day) * 24 * HOUR) for day in range(3)]
    batches = [host.arrival(batch) for batch in (agent.introduction(1), *late)]
    now = [neighbour.arrival(batch) for batch in (other.introduction(1), other.counters(2, 50, 1, T0))]

    host.store.commit([*now, *batches])

    expected = [(H0 - 72, 10), (H0 - 48, 11), (H0 - 24, 12), (H0, 50)]
    assert host.rows(schema.series_hour, "hour", "ok") == expected


def test_one_agents_clock_does_not_hold_back_another(line, mini_agent) -> None:
    now, before = mini_agent(), mini_agent()
    host, neighbour = line(now.hello, now_ns=T0), line(before.hello, now_ns=T0)

    host.commit(now.introduction(1), now.counters(2, 10, 1, T0))
    neighbour.commit(before.introduction(1), before.counters(2, 10, 1, T0 - HOUR))

    assert host.rows(schema.series_hour, "hour") == [(H0,), (H0 - 1,)]


def test_a_snapshot_from_the_future_holds_from_when_it_came(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello, now_ns=T0)
    snapshot = replace(agent.snapshot, taken_at_ns=T0 + YEAR)

    host.commit(Batch(1, snapshots=(snapshot,)))

    assert host.rows(schema.validity, "from_ns", "snapshot_id") == [(T0, snapshot.id)]


def test_a_snapshot_that_comes_later_holds_later_whatever_the_clock_says(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello, now_ns=T0)
    first, second, third = (_snapshot(agent, number, T0 - number * HOUR) for number in range(3))

    host.commit(Batch(1, snapshots=(first,)))
    host.commit(Batch(2, snapshots=(second, third)))

    with host.store.engine.connect() as connection:
        held = held_snapshot(connection, host.lane.host_id, Asked(T0 + HOUR))
        history = snapshot_history(connection, host.lane.host_id, Asked(T0 + HOUR))
    assert held is not None
    assert held.snapshot_id == third.id
    assert [(item.snapshot_id, item.from_ns) for item in history] == [
        (third.id, T0 + 2),
        (second.id, T0 + 1),
        (first.id, T0),
    ]


def test_a_snapshot_that_is_told_again_holds_from_when_it_was_told_first(line, mini_agent) -> None:
    """A new epoch tells everything anew; going back to an earlier snapshot is a change."""
    agent = mini_agent()
    host = line(agent.hello, now_ns=T0 + HOUR)
    one, two = _snapshot(agent, 1, T0), _snapshot(agent, 2, T0 + 5)

    host.commit(Batch(1, snapshots=(one,)), Batch(2, snapshots=(replace(one, taken_at_ns=T0 + 3),)))
    host.commit(Batch(3, snapshots=(two,)), Batch(4, snapshots=(one,)))

    assert host.rows(schema.validity, "from_ns", "snapshot_id") == [(T0, one.id), (T0 + 5, two.id), (T0 + 6, one.id)]


def _snapshot(agent, number: int, taken_at_ns: int):
    settings = (Setting("lockdown", State.ON, "test", value=str(number)),)
    return replace(agent.snapshot, taken_at_ns=taken_at_ns, settings=settings, id="")
