"""A machine whose registers a test sets: one host of tests/hosts with simulated readers and a turned clock."""

import dataclasses
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from barwatch_agent.access.simulated import SimulatedReader
from barwatch_agent.build import Machine, build_machine
from barwatch_agent.config import Config
from barwatch_agent.reads import Reply
from barwatch_agent.recorded.recording import Made, Wanted, record_machine
from barwatch_agent.roots import Roots
from barwatch_proto.words import Access

GPU = "0000:01:00.0"
PLAN = """
[[register]]
name = "gpu.scratch"
summary = "a register that a test sets"
source = "this test"
vendor = 0x10de
class = "03"
bar = 0
offset = 0x1f380
width = 4
expect = 0x7666
side_effect_free = true
every = "1s"
"""
Key = tuple[str, int, int]
Change = Callable[[dict[Key, int | Reply], float], None]


class ChangingReader(SimulatedReader):
    """A simulated reader whose registers a test changes before each read of a pass."""

    def __init__(self, access: Access, registers: dict[Key, int | Reply], change: Change, seconds: Callable[[], float]):
        super().__init__(access, registers)
        self.change, self.seconds, self.registers = change, seconds, registers

    def read(self, targets: Sequence[object]) -> list[Reply]:
        self.change(self.registers, self.seconds())
        return super().read(targets)


def machine_of(roots: Roots, folder: Path, clock, registers: Mapping[Key, int | Reply], change: Change) -> Machine:
    """The machine with the kernel and user accesses simulated."""
    plan = folder / "plan.toml"
    plan.write_text(PLAN)
    machine = build_machine(Config(sysfs=str(roots.sys), hostname="lab7", plan=(str(plan),)), clock)
    began_ns = clock.elapsed_ns()
    for reader in machine.readers[:-1]:
        reader.close()
    readers = [
        ChangingReader(access, dict(registers), change, lambda: (clock.elapsed_ns() - began_ns) / 1e9)
        for access in (Access.USER, Access.KERNEL)
    ]
    return dataclasses.replace(machine, readers=[*readers, machine.readers[-1]])


def recorded(machine: Machine, clock, seconds: float = 5.0, *, is_redacted: bool = False) -> Made:
    """The machine recorded for some seconds of the clock."""
    return record_machine(machine, clock, Wanted(seconds, is_redacted, threading.Event()), lambda _: None)


def nothing_changes(_registers: dict[Key, int | Reply], _seconds: float) -> None:
    """A quiet machine."""
