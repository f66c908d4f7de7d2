"""Accounting at the edge: reads become counters, episodes and raw blocks, so traffic grows with change, not with time.

Counters are cumulative over the life of a series: a batch may come twice, or be dropped for a later one.
"""

import dataclasses
import itertools
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from barwatch_agent.reads import Read, Target
from barwatch_proto.telemetry import CounterRun, Counts, Episode, Evidence, RawBlock, Series
from barwatch_proto.words import Access, Outcome, Record

COLUMN = {outcome: index for index, outcome in enumerate(Outcome)}  # the order of Counts
SKIPPED = len(COLUMN)  # reads that the circuit breaker left out
MAX_PAST = 16  # snapshots whose series go on when the host returns to them: a dock comes and goes

SeriesKey = tuple[str, str, Access]  # function key, register name, access


@dataclass(slots=True)
class Account:
    """How one series stands; `has_moved` since the last drain."""

    series: Series
    record: Record = Record.COUNTERS
    counts: list[int] = field(default_factory=lambda: [0] * (SKIPPED + 1))
    episode: Episode | None = None  # the open one
    has_moved: bool = False
    latest: tuple[Outcome, int | None] | None = None
    values: list[tuple[int, Outcome, int]] = field(default_factory=list)

    def skip(self) -> None:
        """Count a read that the circuit breaker left out."""
        self.counts[SKIPPED] += 1
        self.has_moved = True

    def count(self, read: Read) -> None:
        """Count a read, and keep its value where the register asks for it."""
        self.counts[COLUMN[read.outcome]] += 1
        self.has_moved = True
        if self.record is Record.COUNTERS:
            return
        now = (read.outcome, read.value)
        if self.record is Record.ALL or now != self.latest:
            self.values.append((read.taken_at_ns, read.outcome, read.value or 0))
        self.latest = now

    def drain_values(self) -> Iterator[RawBlock]:
        """The values since the last drain; a clock that was set back begins another block."""
        values, self.values = self.values, []
        while values:
            first_at = values[0][0]
            length = next((i for i in range(1, len(values)) if values[i][0] < values[i - 1][0]), len(values))
            times, outcomes, raw = zip(*values[:length], strict=True)
            yield RawBlock(self.series.id, first_at, tuple(at - first_at for at in times), outcomes, raw)
            values = values[length:]


@dataclass(frozen=True, slots=True)
class Kept:
    """What must survive a restart for counters and episodes to go on."""

    next_series: int = 1
    next_episode: int = 1
    series: tuple[Series, ...] = ()
    counters: tuple[CounterRun, ...] = ()
    episodes: tuple[Episode, ...] = ()  # the open ones


@dataclass(frozen=True, slots=True)
class Drained:
    """What changed since the last drain."""

    series: tuple[Series, ...]  # new ones
    counters: tuple[CounterRun, ...]
    episodes: tuple[Episode, ...]
    blocks: tuple[RawBlock, ...]


class Accounts:
    """All series under the current snapshot. Only the sampling thread touches it."""

    def __init__(self, kept: Kept) -> None:
        self._next_series = kept.next_series
        self._next_episode = kept.next_episode
        accounts = {series.id: Account(series) for series in kept.series}
        for number, counts in _expanded(kept.counters):
            if number in accounts:
                accounts[number].counts = list(counts)
        for episode in kept.episodes:
            if episode.series in accounts:
                accounts[episode.series].episode = episode
        self._accounts = list(accounts.values())
        self._past: OrderedDict[str, list[Account]] = OrderedDict()  # by snapshot, the latest last
        self._leaving: list[Account] = []
        self._new: list[Series] = []
        self._changed: dict[int, Episode] = {}

    def begin(
        self, snapshot_id: str, wanted: Iterable[tuple[Target, Access, str]], at_ns: int
    ) -> dict[SeriesKey, Account]:
        """The accounts that reads count in from now on.

        Series that are defined as before go on, also when the host returns to a snapshot that it had before; all others
        end, and their open episodes with them.

        Args:
            snapshot_id: the snapshot that holds from now on.
            wanted: target, access and topology fingerprint of each series, in the order of the plan.
            at_ns: when the snapshot began to hold.
        """
        known = {_definition(a.series): a for a in (*self._past.pop(snapshot_id, ()), *self._accounts)}
        current: dict[SeriesKey, Account] = {}
        for target, access, topology in wanted:
            series = _series(self._next_series, snapshot_id, target, access, topology)
            account = known.get(_definition(series)) or self._open(series)
            account.record = target.register.record
            current[series.function_key, series.register, series.access] = account
        staying = {account.series.id for account in current.values()}
        self._end([account for account in self._accounts if account.series.id not in staying], at_ns)
        self._accounts = list(current.values())
        return current

    def count(self, account: Account, read: Read) -> Episode | None:
        """Count one read; the episode when this read opened one."""
        account.count(read)
        if read.outcome is Outcome.OK:
            if account.episode is not None:
                self._close(account, read.taken_at_ns)
            return None
        if account.episode is not None:
            self._continue(account, account.episode, read.taken_at_ns)
            return None
        account.episode = Episode(
            id=self._next_episode,
            series=account.series.id,
            opened_at_ns=read.taken_at_ns,
            outcome=read.outcome,
            reads=1,
            last_at_ns=read.taken_at_ns,
            value=read.value,
            reason=read.reason,
        )
        self._next_episode += 1
        self._changed[account.episode.id] = account.episode
        return account.episode

    def attach(self, account: Account, evidence: Evidence) -> None:
        """Put evidence to the open episode; it is sent once."""
        if account.episode is not None:
            self._changed[account.episode.id] = dataclasses.replace(account.episode, evidence=evidence)

    def drain(self) -> Drained:
        """What changed since the last drain."""
        accounts = {account.series.id: account for account in (*self._leaving, *self._accounts)}
        moved = [accounts[number] for number in sorted(accounts) if accounts[number].has_moved]
        drained = Drained(
            series=tuple(self._new),
            counters=tuple(_runs(moved)),
            episodes=tuple(self._changed.values()),
            blocks=tuple(block for account in accounts.values() for block in account.drain_values()),
        )
        for account in moved:
            account.has_moved = False
        self._new, self._changed, self._leaving = [], {}, []
        return drained

    def tell_all_again(self) -> None:
        """What was drained went nowhere: all counters are told with the next drain, which is as good."""
        for account in self._accounts:
            account.has_moved = True

    def kept(self) -> Kept:
        """What a restart needs, to be stored together with what was drained."""
        return Kept(
            self._next_series,
            self._next_episode,
            tuple(account.series for account in self._accounts),
            tuple(_runs(self._accounts)),
            tuple(account.episode for account in self._accounts if account.episode),
        )

    def has_episode_news(self) -> bool:
        """Whether an episode opened or closed since the last drain."""
        return any(episode.reads == 1 or episode.closed_at_ns is not None for episode in self._changed.values())

    @property
    def next_series(self) -> int:
        """Number that the next new series will have."""
        return self._next_series

    def open_episodes(self) -> list[tuple[Access, Outcome]]:
        """Access and first outcome of each episode that lasts."""
        return [(a.series.access, a.episode.outcome) for a in self._accounts if a.episode]

    def _open(self, series: Series) -> Account:
        self._next_series += 1
        self._new.append(series)
        return Account(series)

    def _end(self, accounts: Sequence[Account], at_ns: int) -> None:
        for account in accounts:
            if account.episode is not None:
                self._close(account, at_ns)
            self._leaving.append(account)
            self._past.setdefault(account.series.snapshot_id, []).append(account)
        while len(self._past) > MAX_PAST:
            self._past.popitem(last=False)

    def _continue(self, account: Account, episode: Episode, at_ns: int) -> None:
        """One more bad read. It is told at 2, 4, 8 ... reads: what lasts must not cost more the longer it lasts."""
        reads = episode.reads + 1
        if reads & (reads - 1) == 0:
            self._change(account, reads=reads, last_at_ns=at_ns)
        else:
            account.episode = dataclasses.replace(episode, reads=reads, last_at_ns=at_ns)

    def _close(self, account: Account, at_ns: int) -> None:
        self._change(account, closed_at_ns=at_ns)
        account.episode = None

    def _change(self, account: Account, **changes: int) -> None:
        if account.episode is None:
            return
        account.episode = dataclasses.replace(account.episode, **changes)  # type: ignore[arg-type]
        waiting = self._changed.get(account.episode.id)
        evidence = waiting.evidence if waiting else None
        self._changed[account.episode.id] = dataclasses.replace(account.episode, evidence=evidence)


def _series(number: int, snapshot_id: str, target: Target, access: Access, topology: str) -> Series:
    return Series(
        id=number,
        snapshot_id=snapshot_id,
        function_key=target.function.key,
        address=target.function.address,
        topology=topology,
        register=target.register.name,
        access=access,
        bar=target.bar,
        offset=target.offset,
        width=target.width,
        is_canary=target.register.is_canary,
        expect=target.expect,
        mask=target.register.mask,
    )


def _definition(series: Series) -> Series:
    """A series without its number: a register that moved, or is expected to hold something else, is another series."""
    return dataclasses.replace(series, id=0)


def _runs(accounts: Iterable[Account]) -> Iterator[CounterRun]:
    """Neighbouring series with equal counts as one run."""
    for _, group in itertools.groupby(
        enumerate(accounts), key=lambda pair: (pair[1].series.id - pair[0], tuple(pair[1].counts))
    ):
        members = [account for _, account in group]
        yield CounterRun(members[0].series.id, len(members), Counts(*members[0].counts))


def _expanded(runs: Iterable[CounterRun]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Series number and counts, one by one."""
    for run in runs:
        counts = dataclasses.astuple(run.counts)
        for number in range(run.first_series, run.first_series + run.length):
            yield number, counts
