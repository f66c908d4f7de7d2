"""Masked writes, in a build that has them, and what is refused; prints what each came to."""

import json
import struct
import sys

from driver import GPU, MANY, REGISTER, Driver, rule

from barwatch_agent.driver import abi
from barwatch_agent.driver.abi import Right
from barwatch_agent.driver.device import RuleError
from barwatch_agent.driver.windows import control_code

WRITE = struct.Struct("=II8sQBBHI4Q")


def write(driver: Driver, value: int, mask: int, offset: int = REGISTER) -> list[int]:
    """Status, the value before and the one after; or the Win32 error."""
    request = WRITE.pack(WRITE.size, 0, abi.pack_address(GPU), offset, 0, 4, 0, 0, value, mask, 0, 0)
    error, back = driver.send(control_code(6), request)
    if error:
        return [error]
    fields = WRITE.unpack(back)
    return [fields[7], *fields[10:]]


FEW = rule(offset=REGISTER, length=4, widths=4, rights=Right.WRITE | Right.SHARED, write_mask=0xFF)


def granted(driver: Driver) -> dict[str, object]:
    driver.allow(rule(**MANY), FEW)
    with Driver(for_writing=False) as reader:
        return {
            "granted": write(driver, 0xFFFFFF12, 0xFF),
            "read": driver.read(),
            "other bits": write(driver, 0, 0x100),
            "other register": write(driver, 0, 0xFF, offset=REGISTER + 4),
            "read only": write(reader, 0, 0xFF),
        }


def plain(driver: Driver) -> dict[str, object]:
    try:
        driver.allow(FEW)
    except RuleError as error:
        return {"policy": error.status, "write": write(driver, 0, 0xFF)}
    return {"policy": 0}


with Driver() as driver:
    json.dump(globals()[sys.argv[1]](driver), sys.stdout)
