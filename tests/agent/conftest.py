"""Parts of an agent for its tests: a clock to turn, functions, registers, and readers of simulated registers."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from barwatch_agent.reads import Match, Register, Reply, Target
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import Setting
from barwatch_proto.telemetry import ConfigSpace
from barwatch_proto.topology import Function
from barwatch_proto.words import Access, State


@dataclass(slots=True)
class TurnedClock:
    """A clock that moves when it is told, or waited for."""

    wall_ns: int = 1_700_000_000_000_000_000
    steady_ns: int = 0
    slept_ns: int = 0

    def now_ns(self) -> int:
        return self.wall_ns

    def elapsed_ns(self) -> int:
        return self.steady_ns

    def asleep_ns(self) -> int:
        return self.slept_ns

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.turn(max(0.0, seconds))
        return event.is_set()

    def turn(self, seconds: float) -> None:
        self.wall_ns += int(seconds * 1e9)
        self.steady_ns += int(seconds * 1e9)


@dataclass(slots=True)
class DictReader:
    """A way in whose answers a test sets: by register name, a value, a Reply, or a list of them to give in turn."""

    access: Access
    answers: dict[str, int | Reply | list[int | Reply]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def status(self) -> Setting:
        return Setting(f"{self.access.value}_access", State.ON, "test")

    def read(self, targets: Sequence[Target]) -> list[Reply]:
        return [self._answer(target.register.name) for target in targets]

    def close(self) -> None:
        pass

    def _answer(self, name: str) -> Reply:
        self.asked.append(name)
        answer = self.answers[name]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        return answer if isinstance(answer, Reply) else Reply(value=answer)


@dataclass(slots=True)
class NotingWitness:
    """Evidence without configuration spaces; keeps what it was asked."""

    routes: list[Sequence[Function]] = field(default_factory=list)

    def look(self, route: Sequence[Function]) -> tuple[ConfigSpace, ...]:
        self.routes.append(route)
        return tuple(ConfigSpace(function.address, bytes([len(self.routes)])) for function in route)


MakeTarget = Callable[..., Target]


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def witness() -> NotingWitness:
    return NotingWitness()


@pytest.fixture
def reader() -> Callable[..., DictReader]:
    return DictReader


@pytest.fixture
def make_target() -> MakeTarget:
    def make(name: str = "gpu.boot", key: str = "f1", **changes: object) -> Target:
        function = Function(Address(0, 1, 0, 0), None, key, 0x10DE, 0x1B80, 0x030000)
        values: dict[str, object] = {
            "name": name,
            "summary": "",
            "source": "",
            "match": Match(),
            "bar": 0,
            "offset": 0,
            "width": 4,
            "accesses": (Access.KERNEL, Access.USER),
        }
        expect = changes.pop("expect", None)
        problem = changes.pop("problem", None)
        register = Register(**(values | changes))  # type: ignore[arg-type]
        return Target(register, function, register.bar, register.offset, expect, problem)  # type: ignore[arg-type]

    return make
