"""Requests that are nearly right, at the live device, from several processes, for argv[2] seconds.

Policies come and go meanwhile, and mappings are loaded from; in the second half of the time the function itself comes
and goes, moves, and gets a driver. The kernel's log is what tells whether that went well.
"""

import ctypes
import fcntl
import json
import mmap
import os
import random
import sys
import time
from contextlib import suppress
from pathlib import Path

import device as layouts
from device import CONFIG, MAPPED, READ, SHARED, Device, config, packed_address, register, rule

EDU = {"vendor": 0x1234, "device": 0x11E8}
address, seconds = sys.argv[1], float(sys.argv[2])
LIBC = ctypes.CDLL(None, use_errno=True)
MOST = 4096 * (1 + 256)  # bytes: the longest request that the driver takes, a head and all items of BW_SIZE_MAX
FUNCTION, DRIVER = Path("/sys/bus/pci/devices", address), Path("/sys/bus/pci/drivers/pci-stub")
UNREST = (  # what is written where
    (FUNCTION / "remove", "1"),
    (Path("/sys/bus/pci/rescan"), "1"),
    (FUNCTION / "enable", "1"),
    (Path("/sys/module/lab_faults/parameters/move"), f"{address} 0"),
    (FUNCTION / "driver_override", "pci-stub"),
    (DRIVER / "bind", address),
    (DRIVER / "unbind", address),
    (FUNCTION / "driver_override", "\n"),
    (Path("/sys/bus/pci/rescan"), "1"),
)


def item(chance: random.Random) -> bytes:
    """A register, a place in configuration space or a rule."""
    offset = chance.choice([0, 4, 0x80, 0xFFF, 0x1000, 0xFFFFF, 1 << 20, 1 << 63, (1 << 64) - 8])
    return chance.choice(
        [
            register(address, chance.choice([0, 0, 0, 1, 5, 6, 255]), offset, chance.choice([1, 2, 4, 8, 0, 3, 255])),
            config(
                address, chance.choice([0, 4, 255, 4095]), chance.choice([1, 2, 4, 8]), chance.choice([0, 1, 2, 65535])
            ),
            rule(
                **EDU, offset=offset, length=chance.choice([4, 4096, 1 << 20]), widths=15, rights=chance.randrange(32)
            ),
        ]
    )


def request(chance: random.Random) -> bytes:
    """A struct, its items, and some bytes that are not what they were."""
    size = chance.choice([16, 16, 16, 32, 56, 168, 264, 0, 4096, 4097, (1 << 32) - 1])
    items = [item(chance) for _ in range(chance.choice([1, 2, 64, 256]))]
    count = chance.choice([len(items), len(items), 0, 257, (1 << 32) - 1])
    head = layouts.BATCH_STRUCT.pack(
        size, chance.choice([0, 0, 0, 0, 1 << 31]), count, chance.choice([len(items[0]), 40, 48, 56, 64])
    )
    body = bytearray(head + packed_address(address) * chance.choice([0, 1]) + b"".join(items))
    for _ in range(chance.choice([0, 0, 1, 8])):
        body[chance.randrange(len(body))] = chance.choice([0, 1, 4, 128, 255])
    return bytes(body)


def room_that_ends() -> mmap.mmap:
    """A page, and behind it MOST bytes that nobody may touch: else a neighbour would get what is written back."""
    room = mmap.mmap(-1, mmap.PAGESIZE + MOST)
    behind = ctypes.addressof(ctypes.c_char.from_buffer(room)) + mmap.PAGESIZE
    assert LIBC.mprotect(ctypes.c_void_p(behind), ctypes.c_size_t(MOST), 0) == 0
    return room


def beyond(handle: Device, chance: random.Random, room: mmap.mmap) -> None:
    """A request that ends where memory does: its items, or what is written back, lie beyond."""
    body = request(chance)[: chance.choice([16, 32, 64, 4096])]
    start = ctypes.addressof(ctypes.c_char.from_buffer(room)) + mmap.PAGESIZE - len(body)
    room[mmap.PAGESIZE - len(body) : mmap.PAGESIZE] = body
    LIBC.ioctl(handle.fd, ctypes.c_ulong(chance.randrange(0xBA00, 0xBA08)), ctypes.c_void_p(start))


def within(handle: Device, chance: random.Random, room: mmap.mmap) -> None:
    """A request with as much behind it as it can claim to have."""
    body = request(chance)
    room[: len(body)] = body
    fcntl.ioctl(handle.fd, chance.randrange(0xBA00, 0xBA08), room, True)  # noqa: FBT003 - CPython's signature


def load(page: mmap.mmap) -> None:
    """Loads by the kernel on behalf of this process: EFAULT where the process itself would get a SIGBUS."""
    receives, sends = os.pipe()
    try:
        os.write(sends, memoryview(page)[:64])
    finally:
        os.close(receives)
        os.close(sends)


def once(handle: Device, chance: random.Random, ends: mmap.mmap, wide: mmap.mmap) -> None:
    """One thing or another."""
    dice = chance.random()
    if dice < 0.1:
        where = chance.choice(
            [handle.map(address, 0, chance.choice([0, 4096])).where, chance.randrange(1 << 48) & ~4095]
        )
        load(mmap.mmap(handle.fd, mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ, offset=where))
    elif dice < 0.11:
        handle.load_policy(
            [rule(**EDU, length=1 << 20, widths=15, rights=READ | MAPPED | SHARED), rule(**EDU, rights=CONFIG)]
        )
    elif dice < 0.3:
        beyond(handle, chance, ends)
    elif dice < 0.5:
        handle.read([register(address, 0, 4096 * chance.randrange(256)) for _ in range(64)])
    else:
        within(handle, chance, wide)


def work(seed: int) -> None:
    """Until the time is over; a policy is never locked, since that ends the fun."""
    chance, end = random.Random(seed), time.monotonic() + seconds  # noqa: S311 - to be had again
    ends, wide = room_that_ends(), mmap.mmap(-1, MOST)
    handle = Device.open(for_writing=True)
    while time.monotonic() < end:
        try:
            once(handle, chance, ends, wide)
        except OSError:
            continue


def disturb(end: float) -> int:
    """How often something happened to the function until then; what cannot be done at a moment is left out."""
    count = 0
    while time.monotonic() < end or count % len(UNREST):  # at the end the function is there
        file, text = UNREST[count % len(UNREST)]
        with suppress(OSError):
            file.write_text(text)
        count += 1
    return count


children = []
for seed in range(3):
    pid = os.fork()
    if pid == 0:
        work(seed)
        os._exit(0)
    children.append(pid)
time.sleep(seconds / 2)
disturbed = disturb(time.monotonic() + seconds / 2)
codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
with Device.open() as handle:
    print(json.dumps({"codes": codes, "disturbed": disturbed, "info": handle.info()}))
