"""Accounting at the edge: counters, episodes, raw blocks."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from barwatch_agent.accounts import Account, Accounts, Kept
from barwatch_agent.reads import Match, Read, Register, Target
from barwatch_proto.pci import Address
from barwatch_proto.telemetry import CounterRun, Counts, Evidence
from barwatch_proto.topology import Function
from barwatch_proto.words import Access, Outcome, Record

HOUR = 3_600_000_000_000


def begun(make_target, names=("a", "b", "c"), kept=None, snapshot="s1", **changes):
    accounts = Accounts(kept or Kept())
    targets = [make_target(name, **changes) for name in names]
    current = accounts.begin(snapshot, [(target, Access.USER, "t") for target in targets], 5)
    return accounts, {
        target.register.name: (current[("f1", target.register.name, Access.USER)], target) for target in targets
    }


def book(accounts, pair, outcome, at_ns=10, value=None):
    account, target = pair
    return accounts.count(account, Read(target, Access.USER, at_ns, outcome, value, None))


def test_series_with_equal_counts_travel_as_one_run(make_target):
    accounts, by_name = begun(make_target)
    for name in "abc":
        book(accounts, by_name[name], Outcome.OK)

    assert accounts.drain().counters == (CounterRun(1, 3, Counts(ok=1)),)


def test_a_series_that_differs_splits_the_run(make_target):
    accounts, by_name = begun(make_target)
    book(accounts, by_name["a"], Outcome.OK)
    book(accounts, by_name["b"], Outcome.FAULT)
    book(accounts, by_name["c"], Outcome.OK)

    assert accounts.drain().counters == (
        CounterRun(1, 1, Counts(ok=1)),
        CounterRun(2, 1, Counts(fault=1)),
        CounterRun(3, 1, Counts(ok=1)),
    )


def test_what_did_not_move_is_not_told_again(make_target):
    accounts, by_name = begun(make_target)
    book(accounts, by_name["a"], Outcome.OK)
    first = accounts.drain()
    book(accounts, by_name["c"], Outcome.OK)

    second = accounts.drain()

    assert len(first.series) == 3
    assert second.series == ()
    assert second.counters == (CounterRun(3, 1, Counts(ok=1)),)


def test_an_episode_lasts_from_the_first_bad_read_to_the_next_good_one(make_target):
    accounts, by_name = begun(make_target)
    opened = book(accounts, by_name["a"], Outcome.ALL_ONES, 10, 0xFFFFFFFF)
    again = book(accounts, by_name["a"], Outcome.FAULT, 20)
    book(accounts, by_name["a"], Outcome.OK, 30)

    (episode,) = accounts.drain().episodes

    assert opened is not None
    assert again is None
    assert (episode.id, episode.outcome, episode.reads, episode.value) == (1, Outcome.ALL_ONES, 2, 0xFFFFFFFF)
    assert (episode.opened_at_ns, episode.last_at_ns, episode.closed_at_ns) == (10, 20, 30)
    assert accounts.open_episodes() == []


def test_evidence_is_sent_with_the_opening_and_not_again(make_target):
    accounts, by_name = begun(make_target)
    evidence = Evidence(11)
    book(accounts, by_name["a"], Outcome.ALL_ONES)
    accounts.attach(by_name["a"][0], evidence)
    book(accounts, by_name["a"], Outcome.ALL_ONES, 12)
    first = accounts.drain().episodes
    book(accounts, by_name["a"], Outcome.ALL_ONES, 20)
    book(accounts, by_name["a"], Outcome.ALL_ONES, 21)

    (later,) = accounts.drain().episodes

    assert [episode.evidence for episode in first] == [evidence]
    assert later.evidence is None
    assert later.reads == 4


def test_an_episode_that_lasts_is_told_ever_less_often_and_ends_with_its_true_count(make_target):
    accounts, by_name = begun(make_target)
    told = []
    for at_ns in range(1, 1001):
        book(accounts, by_name["a"], Outcome.DENIED, at_ns)
        told += [episode.reads for episode in accounts.drain().episodes]
    book(accounts, by_name["a"], Outcome.OK, 1001)
    (ended,) = accounts.drain().episodes

    assert told == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert (ended.reads, ended.last_at_ns, ended.closed_at_ns) == (1000, 1000, 1001)


def test_a_restart_under_the_same_snapshot_counts_on(make_target):
    accounts, by_name = begun(make_target)
    book(accounts, by_name["a"], Outcome.OK)
    book(accounts, by_name["b"], Outcome.DENIED)
    accounts.drain()

    again, by_name = begun(make_target, kept=accounts.kept())
    book(again, by_name["a"], Outcome.OK)
    book(again, by_name["b"], Outcome.DENIED, 99)
    drained = again.drain()

    assert drained.series == ()
    assert drained.counters == (CounterRun(1, 1, Counts(ok=2)), CounterRun(2, 1, Counts(denied=2)))
    assert [(episode.id, episode.reads) for episode in drained.episodes] == [(1, 2)]


def test_a_new_snapshot_begins_new_series_and_ends_the_open_episodes_of_the_old(make_target):
    accounts, by_name = begun(make_target)
    book(accounts, by_name["a"], Outcome.ALL_ONES)
    accounts.drain()

    target = make_target("a")
    current = accounts.begin("s2", [(target, Access.USER, "t")], 77)
    drained = accounts.drain()

    assert [series.id for series in drained.series] == [4]
    assert current[("f1", "a", Access.USER)].series.snapshot_id == "s2"
    assert [episode.closed_at_ns for episode in drained.episodes] == [77]


def test_coming_back_to_a_snapshot_goes_on_with_its_series(make_target):
    accounts, by_name = begun(make_target, ("a",))
    book(accounts, by_name["a"], Outcome.OK)
    accounts.begin("without", [], 50)
    accounts.drain()
    target = make_target("a")
    current = accounts.begin("s1", [(target, Access.USER, "t")], 60)
    book(accounts, (current["f1", "a", Access.USER], target), Outcome.OK)

    drained = accounts.drain()

    assert drained.series == ()
    assert drained.counters == (CounterRun(1, 1, Counts(ok=2)),)


def test_a_register_that_the_plan_now_puts_elsewhere_is_another_series(make_target):
    accounts, by_name = begun(make_target, ("a",))
    book(accounts, by_name["a"], Outcome.OK)
    accounts.drain()

    moved, _ = begun(make_target, ("a",), kept=accounts.kept(), offset=0x100)
    expecting, _ = begun(make_target, ("a",), kept=accounts.kept(), expect=7)

    assert [series.offset for series in moved.drain().series] == [0x100]
    assert [series.expect for series in expecting.drain().series] == [7]


def test_a_clock_that_was_set_back_begins_another_block(make_target):
    accounts, by_name = begun(make_target, ("a",), record=Record.ALL)
    for at_ns in (10, 12, 5, 6):
        book(accounts, by_name["a"], Outcome.OK, at_ns, 1)

    assert [(block.first_at_ns, block.offsets_ns) for block in accounts.drain().blocks] == [(10, (0, 2)), (5, (0, 1))]


def test_what_went_nowhere_is_told_again_with_later_values(make_target):
    accounts, by_name = begun(make_target, ("a",))
    book(accounts, by_name["a"], Outcome.OK)
    accounts.drain()
    accounts.tell_all_again()

    assert accounts.drain().counters == (CounterRun(1, 1, Counts(ok=1)),)


def test_numbers_of_series_are_not_reused_after_a_restart_under_another_snapshot(make_target):
    accounts, _ = begun(make_target)
    kept = accounts.kept()

    again, _ = begun(make_target, kept=kept, snapshot="s2")

    assert [series.id for series in again.drain().series] == [4, 5, 6]


def test_values_are_kept_on_change_only_where_the_register_asks_for_changes(make_target):
    accounts, by_name = begun(make_target, ("a",), record=Record.CHANGES)
    for at_ns, value in ((10, 1), (11, 1), (12, 2), (13, 1)):
        book(accounts, by_name["a"], Outcome.OK, at_ns, value)

    (block,) = accounts.drain().blocks

    assert (block.first_at_ns, block.offsets_ns, block.values) == (10, (0, 2, 3), (1, 2, 1))


def test_all_values_are_kept_where_the_register_asks_for_all(make_target):
    accounts, by_name = begun(make_target, ("a",), record=Record.ALL)
    book(accounts, by_name["a"], Outcome.OK, 10, 1)
    book(accounts, by_name["a"], Outcome.FAULT, 11)

    (block,) = accounts.drain().blocks

    assert block.outcomes == (Outcome.OK, Outcome.FAULT)
    assert block.values == (1, 0)
    assert accounts.drain().blocks == ()


def test_reads_left_out_by_the_breaker_are_counted_as_such(make_target):
    accounts, by_name = begun(make_target, ("a",))
    account: Account = by_name["a"][0]
    account.skip()

    assert accounts.drain().counters == (CounterRun(1, 1, Counts(skipped=1)),)


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(Outcome), st.booleans()), max_size=60))
def test_the_last_told_counts_are_those_of_all_reads_however_often_drained(steps):
    def make_target(name="", **_):
        register = Register(name, "", "", Match(), 0, 0, 4, (Access.USER,))
        return Target(register, Function(Address(0, 1, 0, 0), None, "f1", 1, 1, 1), 0, 0, None)

    names = "abcde"
    accounts, by_name = begun(make_target, names)
    truth = {name: dict.fromkeys(Outcome, 0) for name in names}
    told: dict[int, Counts] = {}

    def drain():
        for run in accounts.drain().counters:
            told.update(dict.fromkeys(range(run.first_series, run.first_series + run.length), run.counts))

    for index, outcome, is_drained in steps:
        book(accounts, by_name[names[index]], outcome)
        truth[names[index]][outcome] += 1
        if is_drained:
            drain()
    drain()

    for number, name in enumerate(names, start=1):
        expected = (*truth[name].values(), 0)
        assert dataclasses.astuple(told.get(number, Counts())) == expected
