"""The simulated machine, as a program on it: what machine/machine.h says.

Functions are plugged in, started, moved, put to sleep and pulled out; memory behind their BARs is written, apart for
what the kernel sees and what processes see. Run as a program it does one thing: machine.py inject user 0xffffffff
"""

import contextlib
import ctypes
import io
import json
import runpy
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from pathlib import Path
from types import TracebackType
from typing import Self

from barwatch_agent.driver.windows import opened
from barwatch_agent.windows.calls import POINTER, U32, bound, last_error, of_this_system

NAME = r"\\.\barwatch_machine"
CODE = 0xBA012004
REQUEST = struct.Struct("=2I5Qi4x")
NO_SLOT = 0xFFFFFFFF
PAGE = 4096


class Command(IntEnum):
    """``enum mc_command``."""

    LOAD, UNLOAD, ADD, CONFIG, RANGE, START, PNP, POWER, RELEASE, STORE, FILL, ENDING, PULL_IN_READ, FAIL_MAP = range(
        1, 15
    )
    COUNT, SHORT_CONFIG, ORDINARY, CRASH_IN_READ, FAIL_NOTIFY, DYING, TAKE_NAME, WITHOUT_FILE, PAGING = range(15, 24)


class View(IntFlag):
    """Who sees what is stored."""

    KERNEL = 1
    USER = 2
    BOTH = 3


class Minor(IntEnum):
    """PnP requests (wdm.h)."""

    REMOVE = 0x02
    STOP = 0x04
    QUERY_STOP = 0x05
    QUERY_DEVICE_RELATIONS = 0x07
    SURPRISE_REMOVAL = 0x17


class Count(IntEnum):
    """``enum mc_count``."""

    WINDOWS, USER_PAGES, WRONG_PROCESS, ATTACHED, INTERFACES, OVERTAKEN, PULLED, WRITABLE, PDOS = range(9)


@dataclass(frozen=True, slots=True)
class Bar:
    """One BAR as its register and the resource list of START tell it."""

    number: int
    bus: int  # what the register holds
    cpu: int
    length: int
    flags: int = 0  # low bits of the register: 4 64 bits, 8 prefetchable
    form: int = 0  # of its descriptor: 0 Memory, 1 to 3 MemoryLarge 40, 48, 64

    def registers(self) -> list[tuple[int, int]]:
        """Offset and value of each dword in configuration space."""
        at = 0x10 + 4 * self.number
        low = (at, self.bus & 0xFFFFFFF0 | self.flags)
        return [low, (at + 4, self.bus >> 32)] if self.flags & 4 else [low]


GPU_BARS = (
    Bar(0, 0xF6000000, 0xF6000000, 16 << 20),
    Bar(1, 0x60_0000_0000, 0x70_0000_0000, 16 << 30, flags=0xC, form=1),
    Bar(3, 0x64_0000_0000, 0x74_0000_0000, 32 << 20, flags=0xC, form=2),
)
REGISTER = 0x1F380  # the founding register, in BAR 0 of the GPU
EXPECTED = 0x7666
BRIDGE, GPU = 0, 1  # slots


class Machine:
    """An open handle of the machine's control device."""

    def __init__(self) -> None:
        kernel32 = of_this_system().kernel32
        self._handle = opened(kernel32, NAME, for_writing=True)
        self._control = bound(
            kernel32, "DeviceIoControl", U32, POINTER, U32, POINTER, U32, POINTER, U32, POINTER, POINTER
        )
        self._close = bound(kernel32, "CloseHandle", U32, POINTER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(self._handle)

    def ask(self, command: Command, slot: int = NO_SLOT, *values: int) -> tuple[int, int]:
        """What came out, and the NTSTATUS."""
        padded = [*values, 0, 0, 0, 0][:4]
        buffer = ctypes.create_string_buffer(REQUEST.pack(command, slot, *padded, 0, 0), REQUEST.size)
        returned = U32()
        if not self._control(
            self._handle, CODE, buffer, len(buffer), buffer, len(buffer), ctypes.byref(returned), None
        ):
            raise ctypes.WinError(last_error())
        *_, out, status = REQUEST.unpack(buffer.raw)
        return out, status & 0xFFFFFFFF

    def do(self, command: Command, slot: int = NO_SLOT, *values: int) -> None:
        """Ask for something that must succeed."""
        _, status = self.ask(command, slot, *values)
        if status & 0x80000000:
            msg = f"{command.name} of slot {slot}: status {status:#x}"
            raise RuntimeError(msg)

    def count(self, what: Count) -> int:
        """How many there are now."""
        return self.ask(Command.COUNT, NO_SLOT, what)[0]

    def add(self, slot: int, bus: int, device: int, *, owned: bool = False) -> None:
        """Put a function into a slot, with the driver under test on its stack; owned: with a driver above it."""
        self.do(Command.ADD, slot, bus, device << 16, int(owned))

    def config(self, slot: int, *dwords: tuple[int, int]) -> None:
        """Offsets and values in configuration space."""
        for at, value in dwords:
            self.do(Command.CONFIG, slot, at, value)

    def start(self, slot: int, bars: Sequence[Bar] = ()) -> None:
        """START_DEVICE, with the BARs programmed."""
        for bar in bars:
            self.config(slot, *bar.registers())
            self.do(Command.RANGE, slot, bar.bus, bar.cpu, bar.length, bar.form)
        self.do(Command.START, slot)

    def restart(self, slot: int, bars: Sequence[Bar]) -> None:
        """Rebalance: QUERY_STOP, STOP, START with other addresses."""
        self.do(Command.PNP, slot, Minor.QUERY_STOP)
        self.do(Command.PNP, slot, Minor.STOP)
        self.start(slot, bars)

    def store(self, at: int, value: int, view: View = View.BOTH) -> None:
        """A dword at a physical address."""
        self.do(Command.STORE, NO_SLOT, at, value, view)

    def fill(self, at: int, byte: int, view: View = View.BOTH) -> None:
        """A page of one byte at a physical address."""
        self.do(Command.FILL, NO_SLOT, at, byte, view)

    def plug_in(self, *, owned: bool = False) -> None:
        """The GPU of the founding problem, behind a bridge; its register holds what it should."""
        self.add(BRIDGE, bus=0, device=1)
        self.config(BRIDGE, (0x00, 0x1901_8086), (0x08, 0x06040005), (0x0C, 0x00010000), (0x18, 0x00010100))
        self.start(BRIDGE)
        self.add(GPU, bus=1, device=0, owned=owned)
        self.config(GPU, (0x00, 0x2684_10DE), (0x08, 0x030000A1), (0x24, 0xE001), (0x2C, 0x40A9_1458))
        self.start(GPU, GPU_BARS)
        self.hold_values()

    def hold_values(self) -> None:
        """Behind BAR 0 of the GPU, for everybody: the founding register, and the first one, by which chips are told."""
        for page in (0, REGISTER // PAGE):
            self.fill(GPU_BARS[0].cpu + page * PAGE, 0)
        self.store(GPU_BARS[0].cpu, 0x192000A1)
        self.store(GPU_BARS[0].cpu + REGISTER, EXPECTED)

    def pull_out(self) -> None:
        """Remove whatever there is, function before bridge."""
        for slot in reversed(range(8)):
            self.ask(Command.PNP, slot, Minor.SURPRISE_REMOVAL)
            self.ask(Command.PNP, slot, Minor.REMOVE)

    def load_driver(self) -> None:
        """The driver under test, and no function; whatever an earlier test that failed left behind goes first."""
        self.pull_out()
        self.ask(Command.UNLOAD)
        self.do(Command.LOAD)


def load() -> None:
    """The driver under test, and the GPU."""
    with Machine() as machine:
        machine.load_driver()
        machine.plug_in()


def unloaded() -> dict[str, int]:
    """Everything back; what was left over."""
    with Machine() as machine:
        machine.pull_out()
        machine.ask(Command.UNLOAD)
        return {count.name: machine.count(count) for count in Count if count is not Count.PULLED}


def unload() -> None:
    """Everything back; prints what was left over."""
    json.dump(unloaded(), sys.stdout)


def run(script: str, *arguments: str) -> None:
    """One script of this folder between load and unload; prints what it printed, and what was left over."""
    load()
    sys.argv = [script, *arguments]
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_path(str(Path(__file__).with_name(f"{script}.py")), run_name="__main__")
    finally:
        left = unloaded()
    json.dump({"said": json.loads(said.getvalue()), "left": left}, sys.stdout)


def inject(view: str, value: str, offset: str = hex(REGISTER)) -> None:
    """What a dword of BAR 0 holds, for kernel, user or both."""
    with Machine() as machine:
        machine.store(GPU_BARS[0].cpu + int(offset, 0), int(value, 0), View[view.upper()])


def fill(view: str, byte: str) -> None:
    """The register's whole page is one byte: 0xff as when nothing answers."""
    with Machine() as machine:
        machine.fill(GPU_BARS[0].cpu + REGISTER // PAGE * PAGE, int(byte, 0), View[view.upper()])


def crash() -> None:
    """The process with all drivers ends in the middle of the next read: bus and driver are gone until started anew."""
    with Machine() as machine:
        machine.do(Command.CRASH_IN_READ)


COMMANDS: dict[str, Callable[..., None]] = {
    "load": load,
    "unload": unload,
    "run": run,
    "inject": inject,
    "fill": fill,
    "crash": crash,
}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
