"""Every struct too short, too long with zeros and too long with rubbish, to every command; prints what went wrong.

argv: the address of an edu; "special" where the module was built with WRITE and BENCH.
"""

import errno
import json
import struct
import sys
from collections.abc import Iterator

import device as layouts
from device import CONFIG, READ, Device, config, packed_address, register, rule

address = sys.argv[1]
readable = rule(vendor=0x1234, device=0x11E8, length=0x10, widths=4, rights=READ)
place = packed_address(address)
# The command, its struct without the size, and its items with their layout.
COMMANDS = {
    "INFO": (layouts.INFO, layouts.INFO_STRUCT.pack(*[0] * 27), (), None),
    "POLICY": (layouts.POLICY, layouts.POLICY_STRUCT.pack(0, 0, 1, 56, 0, 0, 0), (readable,), layouts.RULE_STRUCT),
    "BARS": (layouts.BARS, layouts.BARS_STRUCT.pack(0, 0, place, 0, 0, bytes(240)), (), None),
    "READ": (layouts.READ_BATCH, struct.pack("=4I", 0, 0, 2, 48), (register(address, 0, 0),) * 2, layouts.READ_STRUCT),
    "CONFIG": (layouts.CONFIG_BATCH, struct.pack("=4I", 0, 0, 2, 40), (config(address, 0),) * 2, layouts.CONFIG_STRUCT),
    "MAP": (layouts.MAP, layouts.MAP_STRUCT.pack(0, 0, place, 0, 0, 4, 0, 0, 0, 0, 0, 0), (), None),
}
SPECIAL = {
    "WRITE": (layouts.WRITE, layouts.WRITE_STRUCT.pack(0, 0, place, 4, 0, 4, 0, 0, 1, 1, 0, 0), (), None),
    "BENCH": (layouts.BENCH, layouts.BENCH_STRUCT.pack(0, 0, 2, 48, 1, 0, 0), (register(address, 0, 0),) * 2, None),
}
if "special" in sys.argv:
    COMMANDS |= SPECIAL
    FIRST_UNKNOWN = 0xBA08
else:
    FIRST_UNKNOWN = 0xBA06
LONGEST = 4096


def sized(body: bytes, size: int, item_size: int | None) -> bytes:
    """The struct saying that it and its items are so long."""
    body = struct.pack("=I", size) + body[4:]
    return body if item_size is None else body[:12] + struct.pack("=I", item_size) + body[16:]


def attempts(body: bytes, items: tuple[bytes, ...], layout: struct.Struct | None) -> Iterator[tuple[str, bytes, int]]:
    """What is tried, the request, and the errno that must come of it."""
    known, step = len(body), layout.size if layout else None
    tail = b"".join(items)
    for size in range(known):
        yield f"size {size}", sized(body, size, step) + tail, errno.EINVAL
    for more in (1, 7, 8, 100, LONGEST - known):
        longer = sized(body, known + more, step) + bytes(more)
        yield f"{more} zeros more", longer + tail, 0
        yield f"{more - 1} zeros and rubbish", longer[:-1] + b"\x80" + tail, errno.E2BIG
    yield "rubbish first", sized(body, known + 8, step) + b"\x01" + bytes(7) + tail, errno.E2BIG
    for size in (LONGEST + 1, 1 << 31, (1 << 32) - 1):
        yield f"size {size}", sized(body, size, step) + bytes(LONGEST) + tail, errno.E2BIG
    yield "an unknown flag", sized(body[:4] + b"\x00\x00\x00\x80" + body[8:], known, step) + tail, errno.EOPNOTSUPP
    if step is None:
        return
    for size in range(step):
        yield f"item size {size}", sized(body, known, size) + tail, errno.EINVAL
    for more in (1, 8, 99, LONGEST - step):
        longer = b"".join(item + bytes(more) for item in items)
        yield f"{more} zeros after each item", sized(body, known, step + more) + longer, 0
        yield (
            f"rubbish after the last item of {step + more}",
            sized(body, known, step + more) + longer[:-1] + b"\x01",
            errno.E2BIG,
        )
    yield "items too long", sized(body, known, LONGEST + 1) + bytes(3 * LONGEST), errno.EINVAL
    for count in (257, 1 << 31, (1 << 32) - 1):
        counted = body[:8] + struct.pack("=I", count) + body[12:]
        yield f"{count} items", sized(counted, known, step) + tail, errno.EINVAL


def outcome(device: Device, command: int, request: bytes) -> int:
    """The errno of the call; zero."""
    try:
        device.call(command, request)
    except OSError as error:
        return error.errno
    return 0


def surprises(device: Device) -> Iterator[str]:
    """What came out otherwise than it must."""
    for name, (command, body, items, layout) in COMMANDS.items():
        for what, request, expected in attempts(body, items, layout):
            got = outcome(device, command, request)
            if got != expected:
                words = [errno.errorcode.get(number, number) for number in (got, expected)]
                yield f"{name}, {what}: {words[0]} and not {words[1]}"
    for number in (0, *range(FIRST_UNKNOWN, 0xBB00), 0x5401, 0xFFFFFFFF):
        if outcome(device, number, bytes(64)) != errno.ENOTTY:
            yield f"command {number:#x} is there"


with Device.open(for_writing=True) as admin:
    admin.load_policy([readable, rule(vendor=0x1234, device=0x11E8, rights=CONFIG)])
    print(json.dumps(list(surprises(admin))))
