"""From accounts to spool: what changed becomes batches on disk, together with the state that a restart needs."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from barwatch_agent.accounts import Accounts, Kept
from barwatch_agent.clock import Clock
from barwatch_agent.errors import SpoolError
from barwatch_agent.pieces import Piece, batches_of, pieces_of
from barwatch_agent.spool import Dropped, Spool
from barwatch_proto.codec import decode, encode
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.telemetry import Batch, Gap
from barwatch_proto.topology import FunctionState

HEARTBEAT_NS = 60_000_000_000  # a host with nothing to count still says that it is there
MAX_UNSTORED_BYTES = 16 << 20  # what is kept in memory while the disk says no

log = logging.getLogger(__name__)


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
    _snapshots: list[Snapshot] = field(default_factory=list)
    _states: list[FunctionState] = field(default_factory=list)
    _gaps: list[Gap] = field(default_factory=list)
    _unstored: list[Piece] = field(default_factory=list)
    _next_gap: int = 1
    _flushed_at_ns: int = 0
    _stored_series: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Numbers of gaps go on where the last run ended."""
        self._next_gap = int(self.spool.meta("next_gap") or 1)

    def tell_snapshot(self, snapshot: Snapshot) -> None:
        """A new snapshot holds; its states come along."""
        self._snapshots.append(snapshot)

    def tell_states(self, states: Sequence[FunctionState]) -> None:
        """States that changed within a snapshot."""
        self._states += states

    def tell_gap(self, cause: str, from_ns: int, to_ns: int, lost: int = 0, detail: str | None = None) -> None:
        """Something is missing, and why."""
        self._gaps.append(Gap(self._next_gap, cause, from_ns, to_ns, lost, detail))
        self._next_gap += 1
        self.on_gap(cause)

    def has_news(self) -> bool:
        """Whether something waits that should not wait for long."""
        return bool(self._snapshots or self._gaps)

    def flush(self, *, is_last: bool = False) -> bool:
        """Commit what changed; whether there was anything.

        Raises:
            SpoolError: the disk says no. What was to be stored is kept, and stored with the next flush.
        """
        now_ns = self.clock.now_ns()
        self._unstored += self._new_pieces(now_ns)
        is_due = now_ns - self._flushed_at_ns >= HEARTBEAT_NS
        if not self._unstored and not is_due and not is_last:
            return False
        if not self._unstored and is_due:
            self._unstored = [Piece("counters", encode(Batch(counted_until_ns=now_ns)))]
        return self._store(now_ns, is_last=is_last)

    def _new_pieces(self, now_ns: int) -> list[Piece]:
        drained = self.accounts.drain()
        told = Batch(
            counted_until_ns=now_ns if drained.counters else None,
            snapshots=tuple(self._snapshots),
            states=tuple(self._states),
            series=drained.series,
            counters=drained.counters,
            episodes=drained.episodes,
            blocks=drained.blocks,
            gaps=tuple(self._gaps),
        )
        self._snapshots, self._states, self._gaps = [], [], []
        pieces, broken = pieces_of(told)
        for kind, error in broken:
            log.error("%s could not be encoded and is lost: %s", kind, error)
            self.tell_gap("refused", now_ns, now_ns, 1, f"{kind}: {error}"[:500])
        return pieces

    def _store(self, now_ns: int, *, is_last: bool) -> bool:
        batches, kept_now = batches_of(self._unstored), self.accounts.kept()
        numbers = tuple(series.id for series in kept_now.series)
        state = {"counters": encode(Batch(counters=kept_now.counters))}
        state["episodes"] = encode(Batch(episodes=kept_now.episodes))
        if numbers != self._stored_series:  # long, and seldom new
            state["series"] = encode(Batch(series=kept_now.series))
        meta = _meta(kept_now, now_ns, is_last=is_last) | {"next_gap": str(self._next_gap + 1)}
        try:
            self.spool.append(batches, state, meta, now_ns, self._tell_dropped)
        except SpoolError:
            self._keep_for_later(now_ns)
            raise
        self._unstored, self._flushed_at_ns, self._stored_series = [], now_ns, numbers
        return bool(batches)

    def _tell_dropped(self, dropped: Dropped) -> tuple[str, bytes]:
        gap = Gap(self._next_gap, "spool_full", dropped.from_ns, dropped.to_ns, dropped.parts)
        self._next_gap += 1
        self.on_gap(gap.cause)
        return "gap", encode(Batch(gaps=(gap,)))

    def _keep_for_later(self, now_ns: int) -> None:
        """Definitions, episodes and gaps wait in memory, up to a limit; counters are told anew, with later values."""
        self.accounts.tell_all_again()
        waiting = [piece for piece in self._unstored if piece.kind != "counters"]
        lost = 0
        while sum(len(piece.payload) for piece in waiting) > MAX_UNSTORED_BYTES:
            waiting.pop(next((i for i, piece in enumerate(waiting) if piece.kind == "raw"), -1))
            lost += 1
        self._unstored = waiting
        if lost:
            self.tell_gap("spool_full", self._flushed_at_ns, now_ns, lost, "the disk took nothing for too long")


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
