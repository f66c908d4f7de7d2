"""A function that goes while it is read, and one that comes back; prints what the reads came to."""

import json
import sys

from driver import GPU as WHERE
from driver import MANY, Driver, load, rule
from machine import GPU, GPU_BARS, NO_SLOT, PAGE, REGISTER, Bar, Command, Count, Machine, Minor

from barwatch_agent.driver import abi


def in_mid_read(driver: Driver, machine: Machine) -> dict[str, object]:
    """Pulled out while the driver maps a page for the third of 64 reads of different pages."""
    driver.read(offset=0)
    machine.do(Command.PULL_IN_READ, GPU)
    items = driver.device.read([abi.pack_read(WHERE, 0, 0x1000 * page, 4) for page in range(64)])
    while not machine.count(Count.PULLED):
        pass
    return {
        "read": [item.status for item in items],
        "then": driver.read()[0],
        "overtaken": machine.count(Count.OVERTAKEN),
        "windows": machine.count(Count.WINDOWS),
    }


def killed(driver: Driver, machine: Machine) -> dict[str, object]:
    """The caller is being killed while its batch runs."""
    machine.do(Command.DYING, NO_SLOT, 1)
    items = driver.device.read([abi.pack_read(WHERE, 0, 4 * number, 4) for number in range(3)])
    found = {"read": [item.status for item in items], "config": driver.config((0, 0, 2), (0, 2, 2))}
    machine.do(Command.DYING, NO_SLOT, 0)
    return found | {"others": driver.read()[0]}


def and_back(driver: Driver, machine: Machine) -> dict[str, object]:
    _, where = driver.map()
    machine.do(Command.PNP, GPU, Minor.SURPRISE_REMOVAL)
    found = {"pulled": driver.read()[0], "bars": driver.bars()[0]}
    machine.do(Command.PNP, GPU, Minor.REMOVE)
    found |= {
        "removed": driver.read()[0],
        "functions": driver.info()["functions"],
        "interfaces": machine.count(Count.INTERFACES),
    }
    machine.add(GPU, bus=1, device=0)
    machine.config(GPU, (0x00, 0x2684_10DE), (0x08, 0x030000A1), (0x2C, 0x40A9_1458))
    machine.start(GPU, GPU_BARS)
    return found | {"back": driver.read(), "old mapping is not": bool(where)}


def collision(driver: Driver, machine: Machine) -> dict[str, object]:
    """Another function whose address, Windows says, is that of one that is started; then that one is stopped."""
    other, bar = 2, Bar(0, 0xE8000000, 0xE8000000, 16 << 20)
    machine.fill(bar.cpu + REGISTER // PAGE * PAGE, 0)
    machine.store(bar.cpu + REGISTER, 0x1234)
    _, where = driver.map()
    machine.add(other, bus=1, device=0)
    machine.config(other, (0x00, 0x2684_10DE), (0x08, 0x030000A1))
    machine.start(other, (bar,))
    found = {"first": driver.read(), "mapped": load(where), "functions": driver.info()["functions"]}
    machine.do(Command.PNP, GPU, Minor.STOP)
    machine.restart(other, (bar,))
    found |= {"second": driver.read(), "unmapped": load(where)}
    machine.start(GPU, GPU_BARS)
    return found | {"still the second": driver.read(), "and": driver.info()["functions"]}


def owned(driver: Driver, machine: Machine) -> dict[str, object]:
    """A driver is bound to the function."""
    machine.do(Command.PNP, GPU, Minor.REMOVE)
    machine.add(GPU, bus=1, device=0, owned=True)
    machine.config(GPU, (0x00, 0x2684_10DE), (0x08, 0x030000A1), (0x2C, 0x40A9_1458))
    machine.start(GPU, GPU_BARS)
    found = {"shared": driver.read()[0]}
    driver.allow(rule(rights=1, length=1 << 24))
    return found | {"not shared": driver.read()[0]}


with Driver() as driver, Machine() as machine:
    driver.allow(rule(**MANY))
    json.dump(globals()[sys.argv[1]](driver, machine), sys.stdout)
