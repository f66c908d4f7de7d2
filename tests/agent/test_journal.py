"""From accounts to spool, and back after a restart."""

import pytest

from barwatch_agent.accounts import Accounts
from barwatch_agent.errors import SpoolError
from barwatch_agent.journal import HEARTBEAT_NS, Journal, kept, tell_absence
from barwatch_agent.reads import Read
from barwatch_agent.spool import Limits
from barwatch_agent.spool_file import open_spool
from barwatch_proto.codec import decode, encode
from barwatch_proto.pci import Address
from barwatch_proto.telemetry import Batch, ConfigSpace, CounterRun, Counts, Evidence
from barwatch_proto.topology import FunctionState
from barwatch_proto.words import Access, Outcome


@pytest.fixture
def spool(tmp_path):
    spool = open_spool(tmp_path / "spool.sqlite")
    yield spool
    spool.close()


class Life:
    """One run of an agent on a spool: one register, one account."""

    def __init__(self, spool, clock, target, **changes):
        self.accounts = Accounts(kept(spool))
        self.journal = Journal(spool, self.accounts, clock, **changes)
        tell_absence(self.journal)
        self.target, self.clock = target, clock
        (self.account,) = self.accounts.begin("s1", [(target, Access.USER, "t")], clock.now_ns()).values()

    def read(self, outcome=Outcome.OK):
        self.accounts.count(self.account, Read(self.target, Access.USER, self.clock.now_ns(), outcome))


def batches(spool):
    found, after = [], 0
    while (waiting := spool.next_after(after)) is not None:
        found.append(decode(Batch, waiting.payload))
        after = waiting.sequence
    return found


def test_a_killed_agent_goes_on_counting_and_tells_the_gap(spool, clock, make_target):
    life = Life(spool, clock, make_target())
    life.read()
    life.journal.flush()
    flushed_at = clock.now_ns()
    life.read()  # never committed: the process is killed here
    clock.turn(30)

    again = Life(spool, clock, make_target())
    again.read()
    again.journal.flush()
    first, second = batches(spool)

    assert first.counters == (CounterRun(1, 1, Counts(ok=1)),)
    assert second.counters == (CounterRun(1, 1, Counts(ok=2)),)
    assert [(gap.cause, gap.from_ns, gap.to_ns) for gap in second.gaps] == [("killed", flushed_at, clock.now_ns())]


def test_an_agent_that_was_stopped_says_so(spool, clock, make_target):
    life = Life(spool, clock, make_target())
    life.read()
    life.journal.flush(is_last=True)
    clock.turn(5)

    again = Life(spool, clock, make_target())
    again.journal.flush()

    assert [gap.cause for gap in batches(spool)[-1].gaps] == ["stopped"]


def test_the_first_start_is_no_gap(spool, clock, make_target):
    Life(spool, clock, make_target()).journal.flush()

    assert [batch.gaps for batch in batches(spool)] == [()]


def test_an_open_episode_goes_on_over_a_restart(spool, clock, make_target):
    life = Life(spool, clock, make_target())
    life.read(Outcome.ALL_ONES)
    life.journal.flush()

    again = Life(spool, clock, make_target())
    again.read(Outcome.ALL_ONES)
    again.read(Outcome.OK)
    again.journal.flush()
    (episode,) = batches(spool)[-1].episodes

    assert (episode.id, episode.reads, episode.closed_at_ns) == (1, 2, clock.now_ns())


def test_what_the_disk_would_not_take_is_stored_with_the_next_flush(spool, clock, make_target):
    life = Life(spool, clock, make_target())
    life.read(Outcome.ALL_ONES)
    append, spool.append = spool.append, failing
    with pytest.raises(SpoolError):
        life.journal.flush()
    spool.append = append
    life.read(Outcome.OK)
    life.journal.flush()

    (batch,) = batches(spool)

    assert len(batch.series) == 1
    assert [episode.closed_at_ns is not None for episode in batch.episodes] == [False, True]
    assert batch.counters[-1].counts == Counts(ok=1, all_ones=1)


def failing(*_):
    raise SpoolError


def test_a_quiet_agent_is_heard_of_once_a_minute(spool, clock, make_target):
    life = Life(spool, clock, make_target())
    life.journal.flush()
    quiet = life.journal.flush()
    clock.turn(HEARTBEAT_NS / 1e9)
    heard = life.journal.flush()

    assert (quiet, heard) == (False, True)
    assert batches(spool)[-1] == Batch(counted_until_ns=clock.now_ns())


def test_after_a_failed_write_a_restart_still_knows_its_series(spool, clock, make_target):
    life = Life(spool, clock, make_target())
    append, spool.append = spool.append, failing
    with pytest.raises(SpoolError):
        life.journal.flush()
    spool.append = append
    life.read()
    life.journal.flush()

    assert len(kept(spool).series) == 1


def test_what_is_long_is_cut_into_batches_that_a_collector_takes(spool, clock, make_target):
    life = Life(spool, clock, make_target())
    for number in range(40):
        life.read(Outcome.ALL_ONES)
        space = ConfigSpace(Address(0, 0, 0, 0), bytes(4096))
        life.accounts.attach(life.account, Evidence(number, (space,) * 20))
        life.read(Outcome.OK)
    life.journal.flush()
    found = batches(spool)

    assert len(found) > 2
    assert len(found[0].series) == 1
    assert sum(len(batch.episodes) for batch in found) == 40
    assert all(len(encode(batch)) < 2 << 20 for batch in found)


def test_what_the_wire_has_no_number_for_costs_itself_only(spool, clock, make_target):
    life = Life(spool, clock, make_target())
    life.journal.tell_states([FunctionState("k", 1, aer_fatal=-1)])
    life.read()
    life.journal.flush()
    life.journal.flush()
    first, second = batches(spool)

    assert first.counters == (CounterRun(1, 1, Counts(ok=1)),)
    assert [gap.cause for gap in second.gaps] == ["refused"]


def test_a_disk_that_is_full_for_long_costs_a_limited_part_of_the_memory(spool, clock, make_target):
    life = Life(spool, clock, make_target())
    spool_append, spool.append = spool.append, failing
    for number in range(60):
        life.read(Outcome.ALL_ONES)
        space = ConfigSpace(Address(0, 0, 0, 0), bytes(4096))
        life.accounts.attach(life.account, Evidence(number, (space,) * 60))
        life.read(Outcome.OK)
        life.journal.tell_gap("asleep", 1, 2)
        with pytest.raises(SpoolError):
            life.journal.flush()
    spool.append = spool_append
    life.journal.flush()
    found = batches(spool)

    assert "asleep" in {gap.cause for batch in found for gap in batch.gaps}
    assert found[-1].counters[-1].counts.ok == 60 or any(b.counters for b in found)


def test_what_a_full_spool_drops_is_told_as_a_gap(tmp_path, clock, make_target):
    spool = open_spool(tmp_path / "small.sqlite", Limits(max_bytes=400))
    causes = []
    life = Life(spool, clock, make_target(), on_gap=causes.append)
    for _ in range(20):
        life.read()
        life.journal.flush()
        clock.turn(10)
    life.journal.flush()

    gaps = [gap for batch in batches(spool) for gap in batch.gaps]

    assert {gap.cause for gap in gaps} == {"spool_full"}
    assert len({gap.id for gap in gaps}) == len(gaps) == len(causes)
    spool.close()


def test_gap_numbers_never_come_again_over_restarts(spool, clock, make_target):
    for _ in range(4):
        Life(spool, clock, make_target()).journal.flush()
    numbers = [gap.id for batch in batches(spool) for gap in batch.gaps]

    assert len(numbers) == 3
    assert numbers == sorted(set(numbers))
