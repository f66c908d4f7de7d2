"""A sampling pass, and the second look at trouble."""

from barwatch_agent.accounts import Accounts, Kept
from barwatch_agent.errors import ReaderGone
from barwatch_agent.reads import Reply
from barwatch_agent.sampler import Sampler, Schedule, watch
from barwatch_agent.second_look import REREADS, SecondLook
from barwatch_proto.words import Access, Outcome

ONES = 0xFFFFFFFF


class Bench:
    """A sampler over some readers and targets, with everything it did."""

    def __init__(self, clock, witness, readers, targets):
        self.noted = []
        self.accounts = Accounts(Kept())
        self.clock = clock
        wanted = [(t, r.access, "topology") for r in readers for t in targets if r.access in t.register.accesses]
        accounts = self.accounts.begin("s", wanted, 0)
        routes = {target.function.key: (target.function,) for target in targets}
        self.watched = watch(readers, targets, accounts, routes)
        self.sampler = Sampler(
            self.accounts, SecondLook(witness, clock), clock, lambda *noted: self.noted.append(noted)
        )

    def sample(self):
        return [
            (read.access, read.target.register.name, read.outcome)
            for read in self.sampler.sample(self.watched, lambda _: True)
        ]


def test_every_register_is_read_by_every_access_it_asks_for(clock, witness, reader, make_target):
    kernel, user = reader(Access.KERNEL, {"a": 1}), reader(Access.USER, {"a": 1, "b": 2})
    bench = Bench(clock, witness, [kernel, user], [make_target("a"), make_target("b", accesses=(Access.USER,))])

    assert bench.sample() == [
        (Access.KERNEL, "a", Outcome.OK),
        (Access.USER, "a", Outcome.OK),
        (Access.USER, "b", Outcome.OK),
    ]
    assert bench.noted == [(Access.KERNEL, Outcome.OK, 1), (Access.USER, Outcome.OK, 2)]


def test_a_read_of_all_ones_is_looked_at_again_by_both_accesses_with_the_canary(clock, witness, reader, make_target):
    kernel, user = reader(Access.KERNEL, {"a": 7, "canary": 3}), reader(Access.USER, {"a": ONES, "canary": ONES})
    targets = [make_target("a"), make_target("canary", is_canary=True), make_target("far", key="f2")]
    kernel.answers["far"] = user.answers["far"] = 0
    bench = Bench(clock, witness, [kernel, user], targets)
    bench.sample()

    episodes = bench.accounts.drain().episodes
    rereads = episodes[0].evidence.rereads

    assert [(r.register, r.access, r.outcome) for r in rereads] == REREADS * [
        ("canary", Access.KERNEL, Outcome.OK),
        ("a", Access.KERNEL, Outcome.OK),
        ("canary", Access.USER, Outcome.ALL_ONES),
        ("a", Access.USER, Outcome.ALL_ONES),
    ]
    assert rereads[-1].taken_at_ns - rereads[0].taken_at_ns == 1_000_000
    assert len(episodes) == 2
    assert len(witness.routes) == 2  # before and after, once for both


def test_a_dead_bar_is_looked_at_again_within_limits_canaries_first(clock, witness, reader, make_target):
    names = [f"r{number}" for number in range(300)]
    user = reader(Access.USER, dict.fromkeys([*names, "canary"], ONES))
    bench = Bench(clock, witness, [user], [*map(make_target, names), make_target("canary", is_canary=True)])
    bench.sample()
    with_evidence = [episode for episode in bench.accounts.drain().episodes if episode.evidence]

    assert len(with_evidence) == 4
    assert len(with_evidence[0].evidence.rereads) == 64
    assert with_evidence[0].evidence.rereads[0].register == "canary"


def test_a_denied_read_opens_an_episode_with_its_reason_and_is_not_repeated(clock, witness, reader, make_target):
    user = reader(Access.USER, {"a": Reply(outcome=Outcome.DENIED, reason="EPERM")})
    bench = Bench(clock, witness, [user], [make_target("a")])
    bench.sample()

    (episode,) = bench.accounts.drain().episodes

    assert (episode.outcome, episode.reason, episode.evidence) == (Outcome.DENIED, "EPERM", None)
    assert user.asked == ["a"]


def test_a_register_that_cannot_be_located_is_never_handed_to_a_reader(clock, witness, reader, make_target):
    user = reader(Access.USER, {"b": 1})
    bench = Bench(clock, witness, [user], [make_target("a", problem="BAR 0 is not there"), make_target("b")])

    assert bench.sample() == [(Access.USER, "a", Outcome.UNREACHABLE), (Access.USER, "b", Outcome.OK)]
    assert user.asked == ["b"]


def test_a_function_that_goes_on_failing_is_read_less_and_less_and_the_rest_as_before(
    clock, witness, reader, make_target
):
    user = reader(Access.USER, {"a": ONES, "b": 1})
    bench = Bench(clock, witness, [user], [make_target("a"), make_target("b", key="f2")])
    for _ in range(30):
        bench.sample()
        clock.turn(1)

    runs = {run.first_series: run.counts for run in bench.accounts.drain().counters}

    assert runs[2].ok == 30
    assert runs[1].all_ones + runs[1].skipped == 30
    assert 4 <= runs[1].all_ones <= 8


def test_a_function_that_answers_again_is_read_every_time_again(clock, witness, reader, make_target):
    user = reader(Access.USER, {"a": [ONES] * 6 + [1]})
    bench = Bench(clock, witness, [user], [make_target("a")])
    for _ in range(60):
        bench.sample()
        clock.turn(1)
    bench.accounts.drain()
    for _ in range(5):
        bench.sample()
        clock.turn(1)

    (run,) = bench.accounts.drain().counters

    assert bench.accounts.open_episodes() == []
    assert run.counts.ok > 5


def test_a_way_in_that_is_lost_costs_its_own_reads_only(clock, witness, reader, make_target):
    class Lost(reader):
        def read(self, _targets):
            raise ReaderGone

    bench = Bench(clock, witness, [Lost(Access.KERNEL), reader(Access.USER, {"a": 1})], [make_target("a")])

    assert bench.sample() == [(Access.KERNEL, "a", Outcome.UNREACHABLE), (Access.USER, "a", Outcome.OK)]


def test_each_period_keeps_its_own_beat_and_missed_beats_are_not_made_up_for():
    second = 1_000_000_000
    schedule = Schedule()
    schedule.plan([1.0, 5.0], 0)

    assert schedule.take(0) == {1.0, 5.0}
    assert schedule.take(second - 1) == frozenset()
    assert schedule.take(second) == {1.0}
    assert schedule.take(7 * second + 5) == {1.0, 5.0}
    assert schedule.next_ns() == 8 * second
    assert schedule.take(8 * second) == {1.0}
