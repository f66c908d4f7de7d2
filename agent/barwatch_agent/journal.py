"""From accounts to spool: what changed becomes one batch on disk, together with the state that a restart needs."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from barwatch_agent.accounts import Accounts, Kept
from barwatch_agent.clock import Clock
from barwatch_agent.spool import Spool
from barwatch_proto.codec import decode, encode
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.telemetry import Batch, Gap
from barwatch_proto.topology import FunctionState

HEARTBEAT_NS = 60_000_000_000  # a host with nothing to count still says that it is there


def kept(spool: Spool) -> Kept:
    """What the last run left in the spool.

    Raises:
        WireError: the state is not what we write.
    """
    series, counters, episodes = (decode(Batch, spool.state(name)) for name in ("series", "counters", "episodes"))
    return Kept(
        int(spool.meta("next_series") or 1),
        int(spool.meta("next_episode") or 1),
        series.series,
        counters.counters,
        episodes.episodes,
    )


@dataclass(slots=True)
class Journal:
    """Collects what is to be told, and commits it to the spool. Only the sampling thread touches it."""

    spool: Spool
    accounts: Accounts
    clock: Clock
    on_gap: Callable[[str], None] = lambda _cause: None
    _told: Batch = field(default_factory=Batch)
    _unstored: dict[str, bytes] = field(default_factory=dict)
    _flushed_at_ns: int = 0
    _stored_series: tuple[int, ...] = ()

    def tell_snapshot(self, snapshot: Snapshot) -> None:
        """A new snapshot holds; its states come along."""
        self._told = dataclasses.replace(self._told, snapshots=(*self._told.snapshots, snapshot))

    def tell_states(self, states: Sequence[FunctionState]) -> None:
        """States that changed within a snapshot."""
        self._told = dataclasses.replace(self._told, states=(*self._told.states, *states))

    def tell_gap(self, cause: str, from_ns: int, to_ns: int, lost: int = 0, detail: str | None = None) -> None:
        """Something is missing, and why. Any thread may learn of it, only this one tells."""
        number = int(self.spool.meta("next_gap") or 1)
        self.spool.put_meta({"next_gap": str(number + 1)})
        gap = Gap(number, cause, from_ns, to_ns, lost, detail)
        self._told = dataclasses.replace(self._told, gaps=(*self._told.gaps, gap))
        self.on_gap(cause)

    def has_news(self) -> bool:
        """Whether something waits that should not wait for long."""
        return bool(self._told.snapshots or self._told.gaps)

    def flush(self, *, is_last: bool = False) -> bool:
        """Commit what changed; whether there was anything.

        Raises:
            SpoolError: the disk says no. What was to be stored is kept, and stored with the next flush.
        """
        now_ns = self.clock.now_ns()
        for kind, payload in self._parts(now_ns).items():
            self._unstored[kind] = self._unstored.get(kind, b"") + payload
        is_due = now_ns - self._flushed_at_ns >= HEARTBEAT_NS
        if not self._unstored and not is_due and not is_last:
            return False
        parts = self._unstored or ({"counters": encode(Batch(counted_until_ns=now_ns))} if is_due else {})
        kept = self.accounts.kept()
        self.spool.append(parts, self._state(kept), _meta(kept, now_ns, is_last=is_last), now_ns)
        self._unstored, self._flushed_at_ns = {}, now_ns
        self._trim(now_ns)
        return bool(parts)

    def _parts(self, now_ns: int) -> dict[str, bytes]:
        """What is new, by kind; kinds without content are left out."""
        drained, told = self.accounts.drain(), self._told
        self._told = Batch()
        contents = {
            "snapshot": Batch(snapshots=told.snapshots, states=told.states),
            "series": Batch(series=drained.series),
            "episode": Batch(episodes=drained.episodes),
            "gap": Batch(gaps=told.gaps),
            "raw": Batch(blocks=drained.blocks),
        }
        parts = {kind: payload for kind, batch in contents.items() if (payload := encode(batch))}
        if drained.counters:
            parts["counters"] = encode(Batch(counted_until_ns=now_ns, counters=drained.counters))
        return parts

    def _state(self, kept: Kept) -> dict[str, bytes]:
        """What a restart needs; the definitions only when they changed, since they are long."""
        state = {"counters": encode(Batch(counters=kept.counters)), "episodes": encode(Batch(episodes=kept.episodes))}
        numbers = tuple(series.id for series in kept.series)
        if numbers != self._stored_series:
            state["series"] = encode(Batch(series=kept.series))
            self._stored_series = numbers
        return state

    def _trim(self, now_ns: int) -> None:
        dropped = self.spool.trim(now_ns)
        if dropped is not None:
            self.tell_gap("spool_full", dropped.from_ns, dropped.to_ns, dropped.parts)


def _meta(kept: Kept, now_ns: int, *, is_last: bool) -> dict[str, str]:
    return {
        "next_series": str(kept.next_series),
        "next_episode": str(kept.next_episode),
        "flushed_at_ns": str(now_ns),
        "ended": "stopped" if is_last else "killed",  # what the next start has to believe
    }


def tell_absence(journal: Journal) -> None:
    """A gap for the time since the last run, with how that run ended; nothing at the first start."""
    flushed_at = journal.spool.meta("flushed_at_ns")
    if flushed_at is not None:
        cause = journal.spool.meta("ended") or "killed"
        journal.tell_gap(cause, int(flushed_at), max(int(flushed_at), journal.clock.now_ns()))
