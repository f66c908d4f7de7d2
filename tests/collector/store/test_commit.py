"""What a batch leaves in the database, and what a batch that comes again does not."""

from dataclasses import replace

from barwatch_collector.arrivals import Arrival, Lane, Result, Settled
from barwatch_collector.store import SqlStore, open_store, schema
from barwatch_collector.store.routes import in_words
from barwatch_proto import codec
from barwatch_proto.fingerprint import topology_fingerprint
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.telemetry import Batch, ConfigSpace, CounterRun, Counts, Episode, Evidence, Gap, RawBlock
from barwatch_proto.topology import FunctionState
from barwatch_proto.words import Outcome

HOUR = schema.HOUR_NS
T0 = 500_000 * HOUR  # an hour begins
COMMITTED = Settled(Result.COMMITTED)
DUPLICATE = Settled(Result.DUPLICATE)


def test_a_hello_enters_host_and_epoch_with_the_skew_of_its_clock(line, mini_agent) -> None:
    agent = mini_agent(sent_at_ns=T0 - 7, hardware_uuid="4c4c4544")

    host = line(agent.hello, now_ns=T0)

    columns = ("agent_id", "hostname", "system", "agent_version", "hardware_uuid", "clock_skew_ns", "last_seen_ns")
    expected = (agent.hello.agent_id, "lab-7", "linux", "0.1.0", "4c4c4544", 7, T0)
    assert host.rows(schema.host, *columns) == [expected]
    assert host.rows(schema.epoch, "number", "uuid", "sequence") == [(1, agent.hello.epoch, 0)]
    assert host.acknowledged == 0


def test_what_an_old_spool_left_open_ends_when_a_new_one_begins(line, mini_agent) -> None:
    """Nobody is left who could tell how it went on; the agent's clock may have been ahead of ours."""
    agent, neighbour = mini_agent(), mini_agent()
    old, other = line(agent.hello, now_ns=T0), line(neighbour.hello, now_ns=T0)
    over = _episode(1, T0 - 9, T0 - 8, closed_at_ns=T0 - 7)
    lasting, ahead = _episode(2, T0, T0 + 1), _episode(3, T0, T0 + 90)
    old.commit(agent.introduction(), Batch(2, episodes=(over, lasting, ahead)))
    other.commit(neighbour.introduction(), Batch(2, episodes=(lasting,)))

    line(mini_agent(agent_id=agent.hello.agent_id).hello, now_ns=T0 + 50)

    assert old.rows(schema.episode, "episode_id", "closed_at_ns") == [
        (1, T0 - 7),
        (2, T0 + 50),
        (3, T0 + 90),
        (2, None),
    ]


def test_an_agent_that_comes_again_with_its_spool_goes_on_with_its_episodes(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)
    host.commit(agent.introduction(), Batch(2, episodes=(_episode(1, T0, T0 + 1),)))

    line(agent.hello)

    assert host.rows(schema.episode, "closed_at_ns") == [(None,)]


def _episode(number: int, opened_at_ns: int, last_at_ns: int, closed_at_ns: int | None = None) -> Episode:
    return Episode(number, 1, opened_at_ns, Outcome.ALL_ONES, 1, last_at_ns, closed_at_ns)


def test_an_agent_that_comes_again_keeps_its_host_and_its_epoch(line, mini_agent) -> None:
    agent = mini_agent()
    line(agent.hello).commit(agent.introduction())

    again = line(mini_agent(agent_id=agent.hello.agent_id, epoch=agent.hello.epoch, hostname="renamed").hello)

    assert (again.lane, again.acknowledged) == (Lane(again.lane.host_id, 1), 1)
    assert again.rows(schema.host, "hostname") == [("renamed",)]


def test_a_new_spool_is_a_new_epoch_of_the_same_host(line, mini_agent) -> None:
    agent = mini_agent()
    first = line(agent.hello)
    first.commit(agent.introduction())

    second = line(mini_agent(agent_id=agent.hello.agent_id).hello)

    assert second.lane == Lane(first.lane.host_id, 2)
    assert second.acknowledged == 0


def test_a_snapshot_is_kept_as_sent_with_its_functions_and_settings(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)

    assert host.commit(agent.introduction()) == [COMMITTED]

    ((document, vendor, model),) = host.rows(schema.snapshot, "document", "machine_vendor", "machine_model")
    assert codec.decode(Snapshot, document) == agent.snapshot
    assert (vendor, model) == ("LENOVO", "21CB")
    assert host.rows(schema.validity, "snapshot_id") == [(agent.snapshot.id,)]
    assert host.rows(schema.setting, "name", "state", "value", "source", "reason") == [
        ("lockdown", "unreadable", None, "/sys/kernel/security/lockdown", "permission denied"),
        ("secure_boot", "on", None, "efivars", None),
    ]
    topology = agent.snapshot.topology
    port, gpu = topology.functions
    assert host.rows(schema.function, "address", "topology", "route") == [
        ("0000:00:01.0", topology_fingerprint(topology.route(port)), "root port 8086:1901"),
        ("0000:01:00.0", topology_fingerprint(topology.route(gpu)), in_words(topology.route(gpu))),
    ]


def test_counters_of_a_run_reach_every_series_and_its_hour(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)

    host.commit(agent.introduction(3), agent.counters(2, ok=10, series=2, at_ns=T0 + 5))

    assert host.rows(schema.series, "series_id", "ok", "counted_until_ns") == [
        (1, 10, T0 + 5),
        (2, 10, T0 + 5),
        (3, 0, None),
    ]
    assert host.rows(schema.series_hour, "hour", "series_id", "ok") == [(500_000, 1, 10), (500_000, 2, 10)]


def test_each_hour_keeps_where_the_counters_stood_at_its_end(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)

    host.commit(agent.introduction(1), agent.counters(2, 10, 1, T0 + 5), agent.counters(3, 20, 1, T0 + 6))
    host.at(T0 + HOUR).commit(agent.counters(4, 35, 1, T0 + HOUR))

    assert host.rows(schema.series_hour, "hour", "ok") == [(500_000, 20), (500_001, 35)]


def test_counters_never_go_backwards(line, mini_agent) -> None:
    """A spool that was restored from a backup counts on from less; what was counted was counted."""
    agent = mini_agent()
    host = line(agent.hello)
    host.commit(agent.introduction(1), Batch(2, T0, counters=(CounterRun(1, 1, Counts(ok=10, fault=1)),)))

    host.commit(Batch(3, T0 + 1, counters=(CounterRun(1, 1, Counts(ok=4, fault=2)),)))

    assert host.rows(schema.series, "ok", "fault", "counted_until_ns") == [(10, 2, T0 + 1)]
    assert host.rows(schema.series_hour, "ok", "fault") == [(10, 2)]


def test_overlapping_runs_of_joined_batches_end_at_the_larger_count(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)
    host.commit(agent.introduction(3))
    runs = (CounterRun(1, 3, Counts(ok=1)), CounterRun(2, 1, Counts(ok=5)), CounterRun(1, 3, Counts(ok=2)))

    host.commit(Batch(2, T0, counters=runs))

    assert host.rows(schema.series, "ok") == [(2,), (5,), (2,)]
    assert host.rows(schema.series_hour, "ok") == [(2,), (5,), (2,)]


def test_a_batch_that_comes_again_is_a_duplicate_and_changes_nothing(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)
    host.commit(agent.introduction(), agent.counters(2, ok=10))

    assert host.commit(agent.counters(2, ok=999), agent.introduction()) == [DUPLICATE, DUPLICATE]
    assert host.rows(schema.series, "ok") == [(10,)] * 3
    assert host.rows(schema.epoch, "sequence") == [(2,)]


def test_a_batch_twice_in_one_group_is_stored_once(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)

    assert host.commit(agent.introduction(), agent.introduction()) == [COMMITTED, DUPLICATE]


def test_what_was_committed_is_known_after_a_restart(line, mini_agent, database_url) -> None:
    """A process that is killed between commit and acknowledgement gets the same batch again."""
    agent = mini_agent()
    line(agent.hello).commit(agent.introduction(), agent.counters(2, ok=10))

    with open_store(database_url) as reopened:
        host = line(agent.hello, to=reopened)

        assert host.acknowledged == 2
        assert host.commit(agent.counters(2, ok=10), agent.counters(3, ok=11)) == [DUPLICATE, COMMITTED]
        assert host.rows(schema.series, "ok") == [(11,)] * 3


def test_a_hole_in_the_sequence_is_a_gap_that_the_collector_found(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)
    host.commit(agent.introduction())
    later = host.at(host.now_ns + 60)

    assert later.commit(agent.counters(5, ok=10)) == [COMMITTED]

    columns = ("origin", "gap_id", "cause", "from_ns", "to_ns", "lost", "detail")
    expected = ("collector", 2, "sequence_hole", host.now_ns, later.now_ns, 3, "batches 2 to 4 were not stored")
    assert host.rows(schema.gap, *columns) == [expected]


def test_a_hole_that_the_agent_explains_is_its_gap_alone(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)

    host.commit(agent.introduction(), Batch(5, gaps=(Gap(1, "spool_full", T0, T0 + 1, 3),)))

    assert host.rows(schema.gap, "origin", "cause", "lost") == [("agent", "spool_full", 3)]


def test_a_gap_of_another_cause_explains_no_hole(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)

    host.commit(agent.introduction(), Batch(3, gaps=(Gap(1, "asleep", T0, T0 + 1),)))

    assert host.rows(schema.gap, "origin", "cause") == [("agent", "asleep"), ("collector", "sequence_hole")]


def test_counters_of_a_series_that_was_never_defined_are_refused_alone(line, mini_agent) -> None:
    agent, other = mini_agent(), mini_agent()
    host, neighbour = line(agent.hello), line(other.hello)
    host.commit(agent.introduction(2))
    neighbour.commit(other.introduction(2))
    arrivals = [host.arrival(agent.counters(2, ok=1, series=3)), neighbour.arrival(other.counters(2, ok=1, series=2))]

    settled = host.store.commit(arrivals)

    assert settled == [
        Settled(Result.REFUSED, "series 3 was never defined in this epoch; begin a new epoch", begins_epoch=True),
        COMMITTED,
    ]
    assert host.rows(schema.series, "host_id", "ok") == [
        (host.lane.host_id, 0),
        (host.lane.host_id, 0),
        (neighbour.lane.host_id, 1),
        (neighbour.lane.host_id, 1),
    ]


def test_a_refused_batch_does_not_teach_its_series(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)
    host.commit(agent.introduction(1))
    refused = Batch(2, T0, series=agent.series(2, 2), counters=(CounterRun(1, 3, Counts(ok=1)),))

    settled = host.commit(refused, agent.counters(3, ok=1, series=2))

    assert [item.result for item in settled] == [Result.REFUSED, Result.REFUSED]


def test_a_series_of_a_snapshot_that_never_came_is_refused(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)

    settled = host.commit(Batch(1, series=agent.series(1, 1)))

    reason = f"snapshot {agent.snapshot.id} of a series never came; send it with the series"
    assert settled == [Settled(Result.REFUSED, reason, begins_epoch=True)]


def test_a_series_that_another_collector_has_stored_is_known(line, mini_agent, database_url) -> None:
    agent = mini_agent()
    host = line(agent.hello)
    host.commit(agent.introduction(1))
    with open_store(database_url) as second:
        line(agent.hello, to=second).commit(Batch(2, series=agent.series(2, 3)))

    assert host.commit(agent.counters(3, ok=4, series=3)) == [COMMITTED]


def test_a_group_of_more_agents_than_are_remembered_knows_what_it_defines_itself(line, mini_agent) -> None:
    agents = [mini_agent() for _ in range(3)]
    hosts = [line(agent.hello) for agent in agents]
    definitions = [host.arrival(agent.introduction()) for host, agent in zip(hosts, agents, strict=True)]
    counters = [host.arrival(agent.counters(2, ok=1)) for host, agent in zip(hosts, agents, strict=True)]

    settled = SqlStore(hosts[0].store.engine, max_lanes=1).commit([*definitions, *counters])

    assert settled == [COMMITTED] * 6


def test_a_full_memory_is_emptied_before_the_next_group(line, mini_agent) -> None:
    agents = [mini_agent() for _ in range(3)]
    store = SqlStore(line(agents[0].hello).store.engine, max_lanes=2)
    hosts = [line(agent.hello, to=store) for agent in agents]
    for host, agent in zip(hosts, agents, strict=True):
        host.commit(agent.introduction())

    settled = [host.commit(agent.counters(2, ok=1)) for host, agent in zip(hosts, agents, strict=True)]

    assert settled == [[COMMITTED]] * 3


def test_what_a_series_expects_is_kept_in_hexadecimal(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)
    plain, expecting, masked = agent.series(1, 3)
    expecting = replace(expecting, expect=0)
    masked = replace(masked, expect=2**64 - 1, mask=0xFF00)

    host.commit(Batch(1, snapshots=(agent.snapshot,), series=(plain, expecting, masked)))

    expected = [(None, None), ("0x0", None), ("0xffffffffffffffff", "0xff00")]
    assert host.rows(schema.series, "expect", "mask") == expected


def test_an_episode_grows_and_closes_and_keeps_its_evidence(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)
    evidence = Evidence(T0, (ConfigSpace(Address(0, 1, 0, 0), b"\xff" * 64),))
    opened = Episode(1, 2, T0, Outcome.ALL_ONES, 1, T0, value=2**64 - 1, reason="first", evidence=evidence)
    closed = Episode(1, 2, T0, Outcome.ALL_ONES, 9, T0 + 8, closed_at_ns=T0 + 9)

    host.commit(agent.introduction(), Batch(2, episodes=(opened,)))
    host.commit(Batch(3, episodes=(closed,)))

    columns = ("series_id", "reads", "last_at_ns", "closed_at_ns", "outcome", "value", "reason", "evidence")
    expected = (2, 9, T0 + 8, T0 + 9, "all_ones", "0xffffffffffffffff", "first", codec.encode(evidence))
    assert host.rows(schema.episode, *columns) == [expected]


def test_raw_blocks_and_states_are_kept(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)
    block = RawBlock(1, T0, (0, 7), (Outcome.OK, Outcome.FAULT), (0xCAFE, 0))
    state = FunctionState("b" * 16, T0, "D3hot", None, 8.0, 4, None, 0, None, 1)

    host.commit(agent.introduction(), Batch(2, blocks=(block,), states=(state, state)))

    assert host.rows(schema.raw_block, "first_at_ns", "last_at_ns", "reads", "document") == [
        (T0, T0 + 7, 2, codec.encode(block))
    ]
    columns = ("power_state", "link_speed_gts", "link_width", "is_memory_decoding", "aer_correctable", "aer_nonfatal")
    assert host.rows(schema.function_state, *columns) == [("D3hot", 8.0, 4, None, 0, None)]


def test_the_host_was_last_seen_at_its_latest_batch(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello).at(T0 + 99)

    host.commit(agent.introduction())

    assert host.rows(schema.host, "last_seen_ns") == [(T0 + 99,)]


def test_an_agent_that_the_database_has_forgotten_is_sent_to_say_hello_again(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)
    gone = Lane(host.lane.host_id, 77)

    (settled,) = host.store.commit([Arrival(gone, agent.introduction(), T0)])

    assert settled.result is Result.DEFERRED


def test_text_with_a_character_that_sql_cannot_hold_is_stored_without_it(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)

    host.commit(agent.introduction(), Batch(2, gaps=(Gap(1, "stopped", T0, T0, detail="a\x00b"),)))

    assert host.rows(schema.gap, "detail") == [("a\ufffdb",)]
