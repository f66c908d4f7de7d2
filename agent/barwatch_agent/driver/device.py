"""An open handle of the driver, whatever the operating system: requests out, replies in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from barwatch_agent.driver import abi
from barwatch_agent.driver.abi import Command, PolicyState, Status
from barwatch_proto.pci import Address

Call = Callable[[int, bytearray], object]  # command and buffer, which comes back filled; raises OSError
DWORD = 4  # bytes; configuration space is read in these, as the bus carries it


class DriverError(Exception):
    """The driver understood and said no; ``status`` is its reason."""

    def __init__(self, status: int) -> None:
        super().__init__(abi.words_for(status))
        self.status = status


class RuleError(DriverError):
    """A rule of a policy is wrong; ``number`` is which, from 0."""

    def __init__(self, status: int, number: int) -> None:
        super().__init__(status)
        self.number = number


@dataclass(frozen=True, slots=True)
class Info:
    """What a driver is and did."""

    abi: int
    version: str
    policy: PolicyState
    rules: int
    digest: int  # of the rules; 0 without a policy


class Item(NamedTuple):
    """What one load came to; a value only with Status.OK."""

    status: int
    value: int
    duration_ns: int


class Device:
    """Speaks the driver's language through ``call``, which is the only thing that an OS has of its own."""

    def __init__(self, call: Call, close: Callable[[], None] = lambda: None) -> None:
        self._call = call
        self.close = close

    def info(self) -> Info:
        """What driver this is.

        Raises:
            OSError: the call failed.
        """
        buffer = bytearray(abi.INFO.pack(abi.INFO.size, *[0] * 26))
        self._call(Command.INFO, buffer)
        fields = abi.INFO.unpack(buffer)
        major, minor, patch = fields[3] >> 16, fields[3] >> 8 & 0xFF, fields[3] & 0xFF
        policy = PolicyState(fields[10]) if fields[2] == abi.ABI else PolicyState.NONE
        return Info(fields[2], f"{major}.{minor}.{patch}", policy, fields[11], fields[12])

    def load_policy(self, rules: Sequence[bytes], *, lock: bool) -> int:
        """Put rules in force, each a ``struct bw_rule``; their digest.

        Raises:
            RuleError: one of them is wrong, and nothing was changed.
            OSError: the call failed: EPERM for who is not root, or when the policy is locked.
        """
        head = abi.POLICY.pack(abi.POLICY.size, abi.POLICY_LOCK if lock else 0, len(rules), abi.RULE.size, 0, 0, 0)
        buffer = bytearray(head + b"".join(rules))
        self._call(Command.POLICY, buffer)
        *_, status, number, digest = abi.POLICY.unpack_from(buffer)
        if status != Status.OK:
            raise RuleError(status, number)
        return int(digest)

    def read(self, registers: Sequence[bytes]) -> list[Item]:
        """One load for each ``struct bw_read``, in one call for each 256.

        Raises:
            OSError: the call failed.
        """
        return [Item(*fields[5:8]) for fields in self._batches(Command.READ, registers, abi.READ)]

    def config(self, address: Address, bridge: int, offset: int, length: int) -> bytes:
        """Configuration space of a function, or of the bridge that is so many hops above it.

        Shorter than asked where it ends. Offset and length in bytes, multiples of 4.

        Raises:
            DriverError: not one byte of it could be read.
            OSError: the call failed.
        """
        asked = [abi.pack_config(address, bridge, at, DWORD) for at in range(offset, offset + length, DWORD)]
        content = b""
        for *_, status, value, _ in self._batches(Command.CONFIG, asked, abi.CONFIG):
            if status != Status.OK:
                return _ended(content, status)
            content += value.to_bytes(DWORD, "little")
        return content

    def _batches(self, command: Command, items: Sequence[bytes], layout: Struct) -> Iterator[tuple[int, ...]]:
        for first in range(0, len(items), abi.ITEMS_MAX):
            batch = items[first : first + abi.ITEMS_MAX]
            head = abi.BATCH.pack(abi.BATCH.size, 0, len(batch), layout.size)
            buffer = bytearray(head + b"".join(batch))
            self._call(command, buffer)
            yield from layout.iter_unpack(memoryview(buffer)[abi.BATCH.size :])


def _ended(content: bytes, status: int) -> bytes:
    if not content and status != Status.UNREACHABLE_OUTSIDE_CONFIG:
        raise DriverError(status)
    return content
