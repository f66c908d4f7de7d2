"""Every command too short, too long with zeros or rubbish, with buffers that end too early; prints the errors."""

import json
import struct
import sys

from driver import GPU, MANY, Driver, rule

from barwatch_agent.driver import abi
from barwatch_agent.driver.windows import control_code

ADDRESS = abi.pack_address(GPU)
READ_ITEM, CONFIG_ITEM = abi.pack_read(GPU, 0, 0, 4), abi.pack_config(GPU, 0, 0, 4)


def batch(size: int, count: int, item: bytes, item_size: int, flags: int = 0) -> bytes:
    head = struct.pack("=4I", size, flags, count, item_size)
    return head.ljust(size, b"\0") + item.ljust(item_size, b"\0") * count


def plain(size: int) -> bytes:
    return struct.pack("=II", size, 0) + ADDRESS


SHAPES = {  # command number: first size, request of a size
    0: (168, plain),
    1: (32, lambda size: struct.pack("=4I", size, 0, 1, 56).ljust(size, b"\0") + rule(**MANY)),
    2: (264, plain),
    3: (16, lambda size: batch(size, 1, READ_ITEM, 48)),
    4: (16, lambda size: batch(size, 1, CONFIG_ITEM, 40)),
    5: (56, lambda size: abi.pack_map(GPU, 0, 0, 4)[4:].join([struct.pack("=I", size), b""]).ljust(size, b"\0")),
}


def sizes(driver: Driver, number: int) -> dict[str, int]:
    first, make = SHAPES[number]
    code = control_code(number)
    whole = make(first)
    if len(whole) < first:
        whole = whole.ljust(first, b"\0")
    longer = bytearray(make(first + 8) if number in (1, 3, 4) else make(first + 8).ljust(first + 8, b"\0"))
    rubbish = bytearray(longer)
    rubbish[first + 3] = 0x55
    huge = bytearray(whole.ljust(8192, b"\0"))
    huge[:4] = struct.pack("=I", 4097)
    return {
        "right": driver.send(code, whole)[0],
        "too short": driver.send(code, struct.pack("=I", first - 1) + whole[4:])[0],
        "longer with zeros": driver.send(code, bytes(longer))[0],
        "longer with rubbish": driver.send(code, bytes(rubbish))[0],
        "huge": driver.send(code, bytes(huge))[0],
        "way in cut": driver.send(code, whole[:-1], len(whole))[0],
        "way out cut": driver.send(code, whole, len(whole) - 1)[0],
        "nothing": driver.send(code, b"", 0)[0],
        "three bytes": driver.send(code, whole[:3], 4096)[0],
        "flag": driver.send(code, whole[:4] + b"\x80" + whole[5:])[0],
    }


def batches(driver: Driver) -> dict[str, int]:
    code = control_code(3)
    whole = batch(16, 1, READ_ITEM, 48)
    return {
        "no items": driver.send(code, batch(16, 0, READ_ITEM, 48))[0],
        "too many": driver.send(code, batch(16, 257, READ_ITEM, 48))[0],
        "most": driver.send(code, batch(16, 256, READ_ITEM, 48))[0],
        "short items": driver.send(code, batch(16, 1, READ_ITEM, 47))[0],
        "longer items": driver.send(code, batch(16, 2, READ_ITEM, 56))[0],
        "rubbish in an item": driver.send(code, batch(16, 2, READ_ITEM.ljust(55, b"\0") + b"\x01", 56))[0],
        "count beyond the buffer": driver.send(code, struct.pack("=4I", 16, 0, 2, 48) + READ_ITEM)[0],
        "odd items": driver.send(code, batch(16, 3, READ_ITEM, 49))[0],
        "unknown command": driver.send(0xBA00_2000 | 99 << 2, whole)[0],
        "other access": driver.send(code & ~0xC000, whole)[0],
        "other method": driver.send(code | 1, whole)[0],
    }


with Driver() as driver:
    driver.allow(rule(**MANY))
    found = {str(number): sizes(driver, number) for number in SHAPES}
    driver.allow(rule(**MANY))
    json.dump({"sizes": found, "batches": batches(driver), "refused": driver.info()["requests_refused"]}, sys.stdout)
