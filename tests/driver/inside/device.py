"""The driver's device from Python, by ioctl: what driver/include/barwatch_ioctl.h says, and nothing more.

Runs inside guests, so it needs the standard library only. The smallest use of it:

    with Device.open(for_writing=True) as device:
        device.load_policy([rule(vendor=0x1234, device=0x11E8, length=8, widths=4, rights=READ)], lock=True)
        [reply] = device.read([register("0000:01:00.0", bar=0, offset=0, width=4)])
        assert (reply.status, reply.value) == (OK, 0x010000ED)
"""

import fcntl
import mmap
import os
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

INFO, POLICY, BARS, READ_BATCH, CONFIG_BATCH, MAP, WRITE, BENCH = (0xBA00 | number for number in range(8))
READ, MAPPED, CONFIG, SHARED, WRITTEN = (1 << bit for bit in range(5))
OK = 0
DENIED_POLICY, DENIED_OWNER, DENIED_LOCKDOWN, DENIED_PAGE, DENIED_LIMIT = range(0x101, 0x106)
GONE, DISCONNECTED, RECOVERING, BLOCKED, D3COLD, POWER_CHANGING, BRIDGE_ASLEEP, LINK_DOWN = range(0x201, 0x209)
NO_BAR, UNASSIGNED, OUTSIDE_BAR, NO_BRIDGE, OUTSIDE_CONFIG, SLOW, INTERRUPTED = range(0x209, 0x210)
WRONG_RESERVED, WRONG_ADDRESS, WRONG_BAR, WRONG_WIDTH, WRONG_ALIGNMENT, WRONG_RANGE = range(0x401, 0x407)
WRONG_MATCH, WRONG_RIGHTS, WRONG_MASK = range(0x407, 0x40A)
BAR_MEMORY, BAR_64, BAR_PREFETCHABLE, BAR_ASSIGNED, BAR_REGISTER = (1 << bit for bit in range(5))

ADDRESS = struct.Struct("=IBBBB")
INFO_STRUCT = struct.Struct("=12I15Q")
POLICY_STRUCT = struct.Struct("=6IQ")
RULE_STRUCT = struct.Struct("=I4H3I3Q2B6x")
BATCH_STRUCT = struct.Struct("=4I")
READ_STRUCT = struct.Struct("=8sQBBHIQQQ")
CONFIG_STRUCT = struct.Struct("=8sHHB3x8sIIQ")
MAP_STRUCT = struct.Struct("=II8sQBBHIQQII")
BARS_STRUCT = struct.Struct("=II8sII240s")
BAR_STRUCT = struct.Struct("=4QII")
WRITE_STRUCT = struct.Struct("=II8sQBBHI4Q")
BENCH_STRUCT = struct.Struct("=6IQ")
INFO_FIELDS = [
    "size",
    "flags",
    "abi",
    "version",
    "features",
    "page_size",
    "items_max",
    "rules_max",
    "maps_max",
    "handles_max",
    "policy_state",
    "policy_rules",
    "policy_digest",
    "handles",
    "handles_refused",
    "requests_refused",
    "ok",
    "denied",
    "unreachable",
    "fault",
    "wrong",
    "limited",
    "slow",
    "functions",
    "bars_moved",
    "maps",
    "maps_killed",
]


@dataclass(frozen=True)
class Reply:
    """What one item came to."""

    status: int
    value: int
    duration_ns: int
    generation: int = 0
    address: str = ""


@dataclass(frozen=True)
class Bar:
    """One BAR of a function."""

    start: int
    length: int
    register: int
    generation: int
    flags: int


@dataclass(frozen=True)
class Mapped:
    """A page that may be mapped."""

    status: int
    where: int
    generation: int
    page_size: int
    page_offset: int


def packed_address(address: str) -> bytes:
    """``0000:01:00.0`` as struct bw_address."""
    domain, bus, device, function = (int(part, 16) for part in re.split("[:.]", address))
    return ADDRESS.pack(domain, bus, device, function, 0)


def text_address(packed: bytes) -> str:
    """The reverse."""
    domain, bus, device, function, _ = ADDRESS.unpack(packed)
    return f"{domain:04x}:{bus:02x}:{device:02x}.{function}"


def rule(**fields: int) -> bytes:
    """One struct bw_rule; ids that are given are matched."""
    match = (
        ("vendor" in fields)
        | ("device" in fields) << 1
        | ("subsystem_vendor" in fields) << 2
        | ("class_code" in fields) << 3
    )
    mask = fields.get("class_mask", 0xFFFFFF if "class_code" in fields else 0)
    ids = (fields.get(name, 0) for name in ("vendor", "device", "subsystem_vendor", "subsystem_device", "class_code"))
    place = (fields.get(name, 0) for name in ("rights", "offset", "length", "write_mask", "bar", "widths"))
    return RULE_STRUCT.pack(match, *ids, mask, *place)


def register(address: str, bar: int, offset: int, width: int = 4, reserved: int = 0) -> bytes:
    """One struct bw_read."""
    return READ_STRUCT.pack(packed_address(address), offset, bar, width, reserved, 0, 0, 0, 0)


def config(address: str, offset: int, width: int = 4, bridge: int = 0) -> bytes:
    """One struct bw_config."""
    return CONFIG_STRUCT.pack(packed_address(address), bridge, offset, width, bytes(8), 0, 0, 0)


class Device:
    """An open handle."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    @classmethod
    def open(cls, path: str = "/dev/barwatch", *, for_writing: bool = False) -> Self:
        """A new handle."""
        return cls(os.open(path, (os.O_RDWR if for_writing else os.O_RDONLY) | os.O_CLOEXEC))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def call(self, command: int, request: bytes) -> bytes:
        """The request as the driver gave it back.

        Raises:
            OSError: the call failed as a call.
        """
        buffer = bytearray(request)
        fcntl.ioctl(self.fd, command, buffer, True)  # noqa: FBT003 - CPython's own signature
        return bytes(buffer)

    def info(self) -> dict[str, int]:
        """INFO, by the names of the fields."""
        request = INFO_STRUCT.pack(INFO_STRUCT.size, *[0] * 26)
        return dict(zip(INFO_FIELDS, INFO_STRUCT.unpack(self.call(INFO, request)), strict=True))

    def load_policy(self, rules: Sequence[bytes], *, lock: bool = False) -> tuple[int, int, int]:
        """POLICY: status, number of the wrong rule, digest."""
        request = POLICY_STRUCT.pack(POLICY_STRUCT.size, lock, len(rules), RULE_STRUCT.size, 0, 0, 0)
        reply = self.call(POLICY, request + b"".join(rules))
        return POLICY_STRUCT.unpack_from(reply)[4:]

    def read(self, registers: Sequence[bytes]) -> list[Reply]:
        """READ: one reply for each register."""
        found = self._batch(READ_BATCH, registers, READ_STRUCT)
        return [Reply(status, value, took, seen) for *_, status, value, took, seen in found]

    def read_config(self, places: Sequence[bytes]) -> list[Reply]:
        """CONFIG: one reply for each place."""
        found = self._batch(CONFIG_BATCH, places, CONFIG_STRUCT)
        return [Reply(status, value, took, 0, text_address(at)) for *_, at, status, value, took in found]

    def bars(self, address: str) -> tuple[int, list[Bar]]:
        """BARS: status and all six."""
        request = BARS_STRUCT.pack(BARS_STRUCT.size, 0, packed_address(address), 0, 0, bytes(240))
        *_, status, _, packed = BARS_STRUCT.unpack(self.call(BARS, request))
        return status, [Bar(*fields[:5]) for fields in BAR_STRUCT.iter_unpack(packed)]

    def map(self, address: str, bar: int, offset: int, width: int = 4) -> Mapped:
        """MAP: what mmap needs."""
        size = MAP_STRUCT.size
        request = MAP_STRUCT.pack(size, 0, packed_address(address), offset, bar, width, 0, 0, 0, 0, 0, 0)
        return Mapped(*MAP_STRUCT.unpack(self.call(MAP, request))[7:])

    def mmap(self, mapped: Mapped) -> mmap.mmap:
        """The page, to read."""
        return mmap.mmap(self.fd, mapped.page_size, mmap.MAP_SHARED, mmap.PROT_READ, offset=mapped.where)

    def bench(self, registers: Sequence[bytes], rounds: int) -> tuple[int, int]:
        """BENCH: status, and nanoseconds of all rounds."""
        request = BENCH_STRUCT.pack(BENCH_STRUCT.size, 0, len(registers), READ_STRUCT.size, rounds, 0, 0)
        return BENCH_STRUCT.unpack_from(self.call(BENCH, request + b"".join(registers)))[5:]

    def _batch(self, command: int, items: Sequence[bytes], layout: struct.Struct) -> list[tuple[int | bytes, ...]]:
        request = BATCH_STRUCT.pack(BATCH_STRUCT.size, 0, len(items), layout.size) + b"".join(items)
        return list(layout.iter_unpack(self.call(command, request)[BATCH_STRUCT.size :]))
