"""An hour of the real agent on a generated machine, as fast as it goes: the clock is turned, and nobody listens."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.agent.conftest import TurnedClock
from tests.bench.machine import unpacked
from tests.bench.plan import FAILING_OFFSET, write_plan

from barwatch_agent.build import build_agent
from barwatch_agent.config import Config
from barwatch_agent.metrics import AgentMetrics
from barwatch_agent.roots import Roots
from barwatch_agent.spool import Spool
from barwatch_agent.uplink import Uplink
from barwatch_proto.telemetry import Hello
from barwatch_proto.v1.telemetry_pb2 import AgentMessage, Batch

NS = 1_000_000_000
BEGIN_NS = 1_800_000_000 * NS  # of an hour: what comes before in the day is warm-up
WARM_UP_S = 300.0
GPU = "0000:04:00.0"


class Trouble(Enum):
    """What is wrong on the machine, all the time."""

    NONE = "quiet"
    ONE_FAILS = "one failing series"  # all ones
    DENIED = "one access denied"  # as for an agent without root: the user access, half of the series


@dataclass(frozen=True, slots=True)
class Sent:
    """One batch as the agent would send it."""

    until_ns: int  # when it was made
    message: bytes  # AgentMessage


@dataclass(frozen=True, slots=True)
class Hour:
    """What an agent says in a time, Hello apart."""

    hello: Hello
    warm_up: Sequence[Sent]  # with the snapshot and the series
    steady: Sequence[Sent]


@dataclass(slots=True)
class _HourClock(TurnedClock):
    """Stops whoever waits when the time is over."""

    end_ns: int = 0

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.turn(max(0.0, seconds))
        if self.wall_ns >= self.end_ns:
            event.set()
        return event.is_set()


class _SilentUplink(Uplink):
    """Sends nothing: what the agent has to say stays in its spool."""

    def run(self) -> None:
        """Ends at once."""


def spend(folder: Path, seconds: float, trouble: Trouble) -> Hour:
    """What the agent has to say in so many seconds from BEGIN_NS on; it ends a second early, within the hour."""
    roots = unpacked(folder / "machine")
    _make(trouble, roots)
    clock = _HourClock(BEGIN_NS - int(WARM_UP_S * NS), end_ns=BEGIN_NS + int((seconds - 1) * NS))
    state = folder / "agent"
    state.mkdir()
    config = Config(sysfs=str(roots.sys), plan=(str(write_plan(folder)),), hostname="bench", state=str(state))
    agent = build_agent(config, state, clock, AgentMetrics())
    spool, real = agent.journal.spool, agent.uplink
    agent.uplink = _SilentUplink(real.address, real.speaker, spool, clock, real.metrics, real.on_refused)
    hello = real.speaker.hello(spool.epoch, clock.now_ns())
    agent.run(threading.Event())
    sent = list(_sent(spool))
    spool.close()
    return Hour(hello, [s for s in sent if s.until_ns < BEGIN_NS], [s for s in sent if s.until_ns >= BEGIN_NS])


def _make(trouble: Trouble, roots: Roots) -> None:
    """Changes the files of the machine, before anybody looks at them."""
    bars = list(roots.sys.glob("devices/pci*/**/resource[0-5]"))
    match trouble:
        case Trouble.NONE:
            return
        case Trouble.ONE_FAILS:
            gpu = next(bar for bar in bars if bar.parent.name == GPU)
            with gpu.open("r+b") as file:
                file.seek(FAILING_OFFSET)
                file.write(b"\xff" * 4)
        case Trouble.DENIED:
            for bar in bars:
                bar.unlink()
                bar.mkdir()  # cannot be opened by root either, as a recorded host has it


def _sent(spool: Spool) -> Iterator[Sent]:
    """What waits in the spool, as the uplink makes messages of it."""
    sequence = 0
    while waiting := spool.next_after(sequence):
        sequence = waiting.sequence
        batch = Batch.FromString(waiting.payload)
        batch.sequence = sequence
        yield Sent(batch.counted_until_ns, AgentMessage(batch=batch).SerializeToString())
