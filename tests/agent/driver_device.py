"""The edge of the operating system for tests of what speaks to the driver: a `call` that speaks the driver's bytes."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from barwatch_agent.driver import abi
from barwatch_agent.driver.abi import Command, PolicyState, Status
from barwatch_agent.driver.device import Device
from barwatch_proto.pci import Address

Place = tuple[bytes, int, int]  # packed address, BAR, offset


@dataclass(slots=True)
class Silicon:
    """What a driver finds behind its policy; whatever is not in here is denied by the policy."""

    policy: PolicyState = PolicyState.LOCKED
    abi: int = abi.ABI
    error: int = 0  # errno of every call
    registers: dict[Place, int | Status] = field(default_factory=dict)
    spaces: dict[tuple[bytes, int], bytes | Status] = field(default_factory=dict)  # packed address, bridge
    calls: list[int] = field(default_factory=list)

    def put(self, address: Address, bar: int, offset: int, content: int | Status) -> None:
        """A register and its value, or why the driver does not read it."""
        self.registers[abi.pack_address(address), bar, offset] = content

    def device(self) -> Device:
        """An open handle."""
        return Device(self)

    def __call__(self, command: int, buffer: bytearray) -> int:
        """One ioctl."""
        self.calls.append(command)
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        answers: dict[int, Callable[[bytearray], None]] = {
            Command.INFO: self._info,
            Command.READ: self._read,
            Command.CONFIG: self._config,
        }
        if command not in answers:
            raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))
        answers[command](buffer)
        return 0

    def _info(self, buffer: bytearray) -> None:
        assert len(buffer) == abi.INFO.size == abi.INFO.unpack(buffer)[0]
        head = (abi.INFO.size, 0, self.abi, 0x000102, 3, 4096, 256, 256, 64, 64, self.policy, 16)
        buffer[:] = abi.INFO.pack(*head, 0xDECADE, *[0] * 14)

    def _read(self, buffer: bytearray) -> None:
        for at in _items(buffer, abi.READ.size):
            address, offset, bar, width, reserved, *_ = abi.READ.unpack_from(buffer, at)
            content = self.registers.get((address, bar, offset), Status.DENIED_POLICY)
            status, value = (content, 0) if isinstance(content, Status) else (Status.OK, content)
            abi.READ.pack_into(buffer, at, address, offset, bar, width, reserved, status, value, 90, 7)

    def _config(self, buffer: bytearray) -> None:
        for at in _items(buffer, abi.CONFIG.size):
            address, bridge, offset, width, *_ = abi.CONFIG.unpack_from(buffer, at)
            space = self.spaces.get((address, bridge), Status.DENIED_POLICY)
            status, value = _dword(space, offset, width)
            abi.CONFIG.pack_into(buffer, at, address, bridge, offset, width, address, status, value, 90)


def _items(buffer: bytearray, item_bytes: int) -> range:
    size, flags, count, item_size = abi.BATCH.unpack_from(buffer)
    assert (size, flags, item_size) == (abi.BATCH.size, 0, item_bytes)
    assert len(buffer) == size + count * item_size
    assert 0 < count <= abi.ITEMS_MAX
    return range(size, len(buffer), item_size)


def _dword(space: bytes | Status, offset: int, width: int) -> tuple[int, int]:
    if isinstance(space, Status):
        return space, 0
    if offset + width > len(space):
        return Status.UNREACHABLE_OUTSIDE_CONFIG, 0
    return Status.OK, int.from_bytes(space[offset : offset + width], "little")
