"""A guest with its agent before the collector: where scenarios are played."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.lab import ordinary
from tests.lab.centre import Collector, LabError, until
from tests.lab.guest import PLAN, Guest

from barwatch_proto.telemetry import Evidence

HOST_FROM_INSIDE = "10.0.2.2"  # QEMU's user network: the loopback of this machine
TO_BARS = ("user", "kernel")  # accesses
ENDED = "barwatch-agent ended"  # on the console
TO_CONSOLE = ">/dev/ttyS0 2>&1 </dev/null"
OURS = "virtio."  # registers of the functions that the lab itself needs: their driver has them for itself

Episode = Mapping[str, Any]  # a row of the collector's answer
T = TypeVar("T")


@dataclass(slots=True)
class Stage:
    """One host, and what the collector knows of it."""

    guest: Guest
    collector: Collector
    _earlier: set[tuple[int, int]] = field(default_factory=set)  # episodes from before this scenario
    _mending: set[tuple[int, int]] | None = None  # those that there were when mending began; None: all count

    @property
    def name(self) -> str:
        """Of the host."""
        return self.guest.name

    def start_agent(self) -> None:
        """The real agent, from the environment that runs the lab; what it has to say is on the console."""
        host = self.guest.host
        told = f"--collector {HOST_FROM_INSIDE}:{self.collector.port} --hostname {self.name} --plan {PLAN}"
        hasty = "--state /run/agent --metrics off --flush 0.5 --rescan 1"
        agent = f"{sys.executable} -m barwatch_agent run {told} {hasty} --user-mapping {host.user_mapping}"
        user, started = (ordinary.USER, f"{ordinary.AS_USER} {agent}") if host.is_ordinary_user else (0, agent)
        self.guest.run(f"install -d -o {user} /run/agent; cd /; ({started}; echo {ENDED}) {TO_CONSOLE} &")

    def wait_until_read(self) -> None:
        """Until every register was tried and its reads were committed."""
        self.wait(
            "the first reads", lambda: self.reads() and all(sum(reads.values()) for reads in self.reads().values())
        )

    @contextmanager
    def played(self) -> Iterator[None]:
        """Around a scenario: what was before does not count; afterwards all is well, and the kernel had no complaint.

        Raises:
            LabError: an episode stays open, the agent ended, or the kernel complained.
        """
        self._earlier, self._mending = {_key(row) for row in self._episodes()}, None
        self.guest.complaints()
        yield
        self.wait("every episode ends", lambda: not self.open_episodes(), lambda: shown(self.open_episodes()))
        if complaints := self.guest.complaints():
            raise LabError("\n".join((f"{self.name}: the kernel complained:", *complaints)))

    def wait(self, what: str, condition: Callable[[], T | None], told: Callable[[], object] = lambda: "") -> T:
        """What the condition gives, as soon as it gives something.

        Raises:
            LabError: it gave nothing for long, or the agent ended.
        """
        return until(f"{self.name}: {what}", condition, self._check, lambda: f"{told()}\n{self._said()}")

    @contextmanager
    def changed(self, part: str, settings: str, undo: str) -> Iterator[None]:
        """Another configuration space, from inside the guest: ``changed("card", "COMMAND=0:2", "COMMAND=2:2")``."""
        address = self.guest.address(part)
        self.guest.run(f"setpci -s {address} {settings}")
        try:
            yield
        finally:
            self.guest.run(f"setpci -s {address} {undo}")

    def reads(self) -> dict[tuple[str, str], dict[str, int]]:
        """Counts by register and access, of functions that are present and under all snapshots."""
        return {
            (line["register"], line["access"]): line["reads"]
            for function in self.told().get("functions", ())
            for line in function["registers"]
            if function["is_present"]
        }

    def expect_reads(self, register: str, outcome: str = "ok", access: str = "user") -> None:
        """Wait until there are more reads of this outcome than now."""

        def count() -> int:
            return self.reads().get((register, access), {}).get(outcome, 0)

        before = count()
        self.wait(f"{register} by {access} reads {outcome}", lambda: count() > before, self.reads)

    def states(self) -> dict[str, dict[str, Any]]:
        """What comes and goes at each function, by address."""
        tree = self.collector.ask(f"hosts/{self.name}/tree") or {"topology": {"functions": ()}, "states": ()}
        addresses = {function["key"]: function["address"] for function in tree["topology"]["functions"]}
        return {addresses[state["key"]]: state for state in tree["states"] if state["key"] in addresses}

    def snapshot(self) -> str | None:
        """The id of the one that holds; None as long as the collector has none."""
        return self.told().get("snapshot_id")

    def snapshots_after(self, time_ns: int) -> list[str]:
        """Ids of those that began to hold after this time, the first one first."""
        rows = reversed(self.told()["snapshots"])
        return [row["snapshot_id"] for row in rows if row["from_ns"] > time_ns]

    def told(self) -> dict[str, Any]:
        """What the collector tells of the host; empty as long as it does not know it."""
        return self.collector.ask(f"hosts/{self.name}") or {}

    def episodes(self) -> Sequence[Episode]:
        """Those that opened since the scenario began, the first one first."""
        return [row for row in self._episodes() if _key(row) not in self._earlier]

    def mend(self) -> None:
        """From here on the scenario takes apart what it made: what fails on the way is not what it is about."""
        self._mending = {_key(row) for row in self.episodes()}

    def told_about(self) -> Sequence[Episode]:
        """Episodes that the scenario is about."""
        return [row for row in self.episodes() if self._mending is None or _key(row) in self._mending]

    def expect_episode(self, register: str, outcome: str, access: str = "user", nth: int = 1) -> Episode:
        """The episode of this register that opened with this outcome, as soon as it is there.

        Args:
            register: its name in the plan.
            outcome: of the read that opened it.
            access: by which it was read.
            nth: which of them, from 1.
        """
        wanted = (register, outcome, access)

        def found() -> Episode | None:
            same = [row for row in self.episodes() if (row["register"], row["outcome"], row["access"]) == wanted]
            return same[nth - 1] if len(same) >= nth else None

        return self.wait(f"{register} by {access} reads {outcome}", found, lambda: shown(self.episodes()))

    def expect_episodes(self, register: str, outcome: str, nth: int = 1) -> tuple[Episode, Episode]:
        """Both accesses come to the same: the episodes by `user` and by `kernel`."""
        user, kernel = (self.expect_episode(register, outcome, access, nth) for access in TO_BARS)
        return user, kernel

    def expect_closed(self, *episodes: Episode) -> None:
        """Wait until all of them are closed."""
        wanted = {_key(episode) for episode in episodes}

        def are_closed() -> bool:
            return wanted <= {_key(row) for row in self.episodes() if row["closed_at_ns"] is not None}

        registers = " ".join(sorted({episode["register"] for episode in episodes}))
        self.wait(f"{registers} answers again", are_closed, lambda: shown(self.episodes()))

    def outcomes(self) -> Mapping[str, set[str]]:
        """What the scenario's episodes of registers in BARs opened with; an access without one is left out."""
        found = {access: {row["outcome"] for row in self.episodes() if row["access"] == access} for access in TO_BARS}
        return {access: outcomes for access, outcomes in found.items() if outcomes}

    def evidence(self, episode: Episode) -> Evidence:
        """What was recorded when the episode opened; episodes of one function and pass have it in common.

        Raises:
            LabError: nothing was.
        """
        place = (episode["address"], episode["opened_at_ns"])
        same = [row for row in self.episodes() if (row["address"], row["opened_at_ns"]) == place]
        recorded = next((row for row in same if row["has_evidence"]), None)
        if recorded is None:
            msg = f"no evidence: {shown(same)}"
            raise LabError(msg)
        return self.collector.evidence(recorded)

    def _episodes(self) -> Sequence[Episode]:
        found = self.collector.ask("episodes", host=self.name, limit=10_000) if self.told() else None
        rows = reversed(found["rows"]) if found else ()
        return [row for row in rows if not row["register"].startswith(OURS)]

    def episodes_since(self, time_ns: int) -> Sequence[Episode]:
        """Those of the scenario that opened at this time or later."""
        return [row for row in self.episodes() if row["opened_at_ns"] >= time_ns]

    def open_episodes(self) -> Sequence[Episode]:
        """Those of the scenario that last."""
        return [row for row in self.episodes() if row["closed_at_ns"] is None]

    def _check(self) -> None:
        if ENDED in self._said():
            msg = f"{self.name}: the agent ended:\n{self._said()}"
            raise LabError(msg)

    def _said(self) -> str:
        return self.guest.console.read_text(errors="replace")[-3000:]


def shown(episodes: Sequence[Episode]) -> str:
    """Episodes in a line each, for people."""
    names = ("address", "register", "access", "outcome", "reads", "reason", "has_evidence", "closed_at_ns")
    return "\n".join(" ".join(f"{name}={row[name]}" for name in names) for row in episodes)


def _key(row: Episode) -> tuple[int, int]:
    return row["epoch"], row["episode_id"]
