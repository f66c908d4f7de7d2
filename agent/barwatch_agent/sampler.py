"""One sampling pass: every due register by every access, next to each other in time, and a second look at trouble."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from barwatch_agent.access import RegisterReader, replies
from barwatch_agent.accounts import Account, Accounts, SeriesKey
from barwatch_agent.breaker import Breaker
from barwatch_agent.clock import NS, Clock
from barwatch_agent.reads import Read, Target, read_of
from barwatch_agent.second_look import SecondLook, Trouble
from barwatch_proto.topology import Function
from barwatch_proto.words import Access, Outcome

MAX_SECOND_LOOKS = 8  # functions in one pass: a box that was pulled takes all of its functions along
MAX_EVIDENCE = 4  # episodes of one function in one pass that carry it: it is the same for all of them


@dataclass(slots=True)
class Lane:
    """The targets of one access, each with its account."""

    reader: RegisterReader
    slots: list[tuple[Target, Account]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Watch:
    """What is sampled under one snapshot."""

    lanes: tuple[Lane, ...]
    routes: Mapping[str, Sequence[Function]]  # by function key
    registers: Mapping[str, Sequence[Target]]  # all targets by function key


def watch(
    readers: Sequence[RegisterReader],
    targets: Sequence[Target],
    accounts: Mapping[SeriesKey, Account],
    routes: Mapping[str, Sequence[Function]],
) -> Watch:
    """Lanes in the order of the readers; a register is in the lane of each access it asks for."""
    lanes = []
    for reader in readers:
        keyed = ((target, (target.function.key, target.register.name, reader.access)) for target in targets)
        lanes.append(Lane(reader, [(target, accounts[key]) for target, key in keyed if key in accounts]))
    registers: dict[str, list[Target]] = {}
    for target in targets:
        registers.setdefault(target.function.key, []).append(target)
    return Watch(tuple(lanes), routes, registers)


@dataclass(slots=True)
class Sampler:
    """Takes passes and books them. ``on_reads`` hears how many came to what; None: were left out."""

    accounts: Accounts
    second_look: SecondLook
    clock: Clock
    on_reads: Callable[[Access, Outcome | None, int], None]
    breaker: Breaker = field(default_factory=Breaker)

    def sample(self, watched: Watch, is_due: Callable[[Target], bool]) -> list[Read]:
        """All reads of one pass, in the order of the lanes; episodes that open get evidence."""
        reads: list[tuple[Read, Account]] = []
        for lane in watched.lanes:
            reads += self._read_lane(lane, is_due)
        opened = [(read, account) for read, account in reads if self.accounts.count(account, read)]
        self._update_breaker(read for read, _ in reads)
        found = [read for read, _ in reads]
        self._look_again(watched, found, opened)
        return found

    def _read_lane(self, lane: Lane, is_due: Callable[[Target], bool]) -> list[tuple[Read, Account]]:
        elapsed, access = self.clock.elapsed_ns(), lane.reader.access
        due = [slot for slot in lane.slots if is_due(slot[0])]
        paused = {key for key in {target.function.key for target, _ in due} if not self.breaker.allows(key, elapsed)}
        allowed = [slot for slot in due if slot[0].function.key not in paused] if paused else due
        for target, account in due if paused else ():
            if target.function.key in paused:
                account.skip()
        answers = replies(lane.reader, [target for target, _ in allowed])
        at_ns = self.clock.now_ns()
        reads = [
            (read_of(target, access, at_ns, reply), account)
            for (target, account), reply in zip(allowed, answers, strict=True)
        ]
        self._note(access, [read for read, _ in reads], len(due) - len(allowed))
        return reads

    def _note(self, access: Access, reads: Sequence[Read], skipped: int) -> None:
        """Metrics hear of a pass, not of each read."""
        for outcome, count in Counter(read.outcome for read in reads).items():
            self.on_reads(access, outcome, count)
        if skipped:
            self.on_reads(access, None, skipped)

    def _update_breaker(self, reads: Iterable[Read]) -> None:
        """A function failed when any touching read of it did: mercy for one register would hammer the others."""
        touched: dict[str, bool] = {}
        for read in reads:
            if read.outcome.is_attempt:
                key = read.target.function.key
                failed = read.outcome in {Outcome.ALL_ONES, Outcome.FAULT}
                touched[key] = touched.get(key, False) or failed
        for key, failed in touched.items():
            if failed:
                self.breaker.failed(key, self.clock.elapsed_ns())
            else:
                self.breaker.answered(key)

    def _look_again(self, watched: Watch, reads: Sequence[Read], opened: Sequence[tuple[Read, Account]]) -> None:
        """Evidence for the episodes that opened: one look at each function serves all of its registers."""
        troubled: dict[str, list[tuple[Read, Account]]] = {}
        for read, account in opened:
            if read.outcome.is_failure:
                troubled.setdefault(read.target.function.key, []).append((read, account))
        readers = [lane.reader for lane in watched.lanes]
        for key in list(troubled)[:MAX_SECOND_LOOKS]:
            evidence = self.second_look.take(
                Trouble(
                    route=watched.routes[key],
                    registers=watched.registers[key],
                    reads=[read for read in reads if read.target.function.key == key],
                    names=frozenset(read.target.register.name for read, _ in troubled[key]),
                ),
                readers,
            )
            for _, account in troubled[key][:MAX_EVIDENCE]:
                self.accounts.attach(account, evidence)


@dataclass(slots=True)
class Schedule:
    """When which registers are due: each period keeps its own beat and skips beats that were missed."""

    _next_ns: dict[float, int] = field(default_factory=dict)

    def plan(self, periods: Iterable[float], elapsed_ns: int) -> None:
        """Start anew with these periods, in seconds, all due at once."""
        self._next_ns = dict.fromkeys(periods, elapsed_ns)

    def take(self, elapsed_ns: int) -> frozenset[float]:
        """The periods that are due now; each is due again one period after its last beat that has passed."""
        due = frozenset(period for period, at in self._next_ns.items() if at <= elapsed_ns)
        for period in due:
            step = int(period * NS)
            missed = (elapsed_ns - self._next_ns[period]) // step
            self._next_ns[period] += (missed + 1) * step
        return due

    def next_ns(self) -> int | None:
        """When the next period is due, on the elapsed clock; None when there is nothing to read."""
        return min(self._next_ns.values(), default=None)
