"""The driver under test from a program on the simulated machine, through the agent's own calls."""

import ctypes
from collections.abc import Sequence
from pathlib import PureWindowsPath
from types import TracebackType
from typing import Any, Self

from barwatch_agent.driver import abi
from barwatch_agent.driver.abi import Command, Matching, Right
from barwatch_agent.driver.device import Device
from barwatch_agent.driver.windows import NAME, control_code, opened
from barwatch_agent.windows.calls import POINTER, U8, U32, bound, last_error, of_this_system
from barwatch_proto.pci import Address

GPU = Address(0, 1, 0, 0)
BRIDGE = Address(0, 0, 1, 0)
REGISTER, EXPECTED = 0x1F380, 0x7666
BARS_COMMAND, BARS_SIZE = 0xBA02, 264
MANY = {"rights": Right.READ | Right.MAP | Right.CONFIG | Right.SHARED, "length": 1 << 24}


def rule(**fields: Any) -> bytes:
    """``struct bw_rule``: bytes of BAR 0 of the GPU, unless told otherwise."""
    known = {
        "vendor": 0x10DE,
        "device": 0x2684,
        "rights": Right.READ,
        "offset": 0,
        "length": 4096,
        "bar": 0,
        "widths": 15,
    }
    known |= fields
    return abi.RULE.pack(
        known.get("match", Matching.VENDOR | Matching.DEVICE),
        known["vendor"],
        known["device"],
        *(0, 0, 0, 0),
        known["rights"],
        known["offset"],
        known["length"],
        known.get("write_mask", 0),
        known["bar"],
        known["widths"],
    )


class Driver:
    r"""An open handle of ``\\.\barwatch``."""

    def __init__(self, *, for_writing: bool = True) -> None:
        kernel32 = of_this_system().kernel32
        self.handle = opened(kernel32, str(PureWindowsPath(NAME)).rstrip("\\"), for_writing=for_writing)
        self._control = bound(
            kernel32, "DeviceIoControl", U32, POINTER, U32, POINTER, U32, POINTER, U32, POINTER, POINTER
        )
        self._close = bound(kernel32, "CloseHandle", U32, POINTER)
        self.device = Device(self.call)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Once is enough."""
        if self.handle is not None:
            self._close(self.handle)
        self.handle = None

    def send(self, code: int, sent: bytes, room: int | None = None) -> tuple[int, bytes]:
        """The Win32 error and what came back, for any control code and any buffers."""
        given = (U8 * len(sent)).from_buffer_copy(sent) if sent else None
        back = (U8 * (len(sent) if room is None else room))()
        returned = U32()
        done = self._control(self.handle, code, given, len(sent), back, len(back), ctypes.byref(returned), None)
        return (0, bytes(back)[: returned.value]) if done else (last_error(), b"")

    def call(self, command: int, buffer: bytearray) -> None:
        """As the agent calls: one buffer in and out."""
        error, back = self.send(control_code(command), bytes(buffer))
        if error:
            raise OSError(error, f"Windows error {error}")
        buffer[:] = back

    def allow(self, *rules: bytes, lock: bool = False) -> int:
        """Put rules in force."""
        return self.device.load_policy(rules, lock=lock)

    def read(self, offset: int = REGISTER, width: int = 4, bar: int = 0, address: Address = GPU) -> list[int]:
        """Status and value of one register."""
        [item] = self.device.read([abi.pack_read(address, bar, offset, width)])
        return [item.status, item.value]

    def generation(self, bar: int = 0) -> int:
        """Which place of the BAR a read says it was from."""
        head = abi.BATCH.pack(abi.BATCH.size, 0, 1, abi.READ.size)
        buffer = bytearray(head + abi.pack_read(GPU, bar, 0, 4))
        self.call(Command.READ, buffer)
        return int(abi.READ.unpack_from(buffer, abi.BATCH.size)[-1])

    def map(self, offset: int = REGISTER, width: int = 4, bar: int = 0) -> tuple[int, int]:
        """Status, and the address of the register in this process."""
        buffer = bytearray(abi.pack_map(GPU, bar, offset, width))
        self.call(Command.MAP, buffer)
        *_, status, where, _, _, page_offset = abi.MAP.unpack(buffer)
        return status, where + page_offset

    def config(self, *asked: Sequence[int], address: Address = GPU) -> list[list[int]]:
        """Status and value for each (bridge, offset, width)."""
        items = b"".join(abi.pack_config(address, *each) for each in asked)
        buffer = bytearray(abi.BATCH.pack(abi.BATCH.size, 0, len(asked), abi.CONFIG.size) + items)
        self.call(Command.CONFIG, buffer)
        return [list(fields[5:7]) for fields in abi.CONFIG.iter_unpack(bytes(buffer[abi.BATCH.size :]))]

    def bars(self, address: Address = GPU) -> tuple[int, list[list[int]]]:
        """Status, and of each BAR: start, length, register, flags."""
        sent = bytearray(abi.struct.pack("=II8sII", BARS_SIZE, 0, abi.pack_address(address), 0, 0) + bytes(240))
        self.call(BARS_COMMAND, sent)
        status = abi.struct.unpack_from("=I", sent, 16)[0]
        found = [abi.struct.unpack_from("=4QI", sent, 24 + 40 * number) for number in range(6)]
        return status, [[start, length, register, flags] for start, length, register, _, flags in found]

    def info(self) -> dict[str, int]:
        """The counters and limits of INFO, by name."""
        buffer = bytearray(abi.INFO.pack(abi.INFO.size, *[0] * 26))
        self.call(Command.INFO, buffer)
        names = (
            "size flags abi version features page_size items_max rules_max maps_max handles_max policy_state "
            "policy_rules policy_digest handles handles_refused requests_refused ok denied unreachable fault wrong "
            "limited slow functions bars_moved maps maps_killed"
        )
        return dict(zip(names.split(), abi.INFO.unpack(buffer), strict=True))


def load(where: int, width: int = 4) -> int | str:
    """What a program reads through a mapping; the word "fault" for an access violation."""
    try:
        return int.from_bytes(ctypes.string_at(where, width), "little")
    except OSError:
        return "fault"
