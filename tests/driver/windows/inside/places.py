"""Where BARs are and what configuration space holds, before and after a rebalance; prints it."""

import json
import sys

from driver import MANY, Driver, rule
from machine import BRIDGE, GPU, GPU_BARS, Bar, Command, Machine, Minor


def started(driver: Driver, machine: Machine) -> dict[str, object]:
    big = GPU_BARS[1]
    machine.store(big.cpu + (8 << 30), 0xB16)
    return {
        "bars": driver.bars(),
        "big": driver.read(bar=1, offset=8 << 30),
        "end": driver.read(bar=1, offset=16 << 30),
    }


def rebalanced(driver: Driver, machine: Machine) -> dict[str, object]:
    generations = [driver.generation(bar) for bar in (0, 1, 3)]
    machine.do(Command.PNP, GPU, Minor.QUERY_STOP)
    machine.do(Command.PNP, GPU, Minor.STOP)
    between = [driver.read()[0], driver.bars()[0], driver.map()[0]]
    big = Bar(1, 0x80_0000_0000, 0x90_0000_0000, 16 << 30, flags=0xC, form=3)
    machine.store(big.cpu + 0x100, 0xB16)
    machine.start(GPU, (GPU_BARS[0], big, GPU_BARS[2]))
    return {
        "between": between,
        "bars": driver.bars(),
        "big": driver.read(bar=1, offset=0x100),
        "same": driver.read(),
        "generations": [
            now != before for now, before in zip(map(driver.generation, (0, 1, 3)), generations, strict=True)
        ],
    }


def unassigned(driver: Driver, machine: Machine) -> dict[str, object]:
    machine.restart(GPU, GPU_BARS[:1])
    return {"bars": driver.bars(), "read": driver.read(bar=1, offset=0)[0], "other": driver.read()}


def elsewhere(driver: Driver, machine: Machine) -> dict[str, object]:
    machine.config(GPU, (0x10, 0xDEAD0000))
    return {"bars": driver.bars()}


def configuration(driver: Driver, machine: Machine) -> dict[str, object]:
    machine.config(GPU, (0x100, 0x0001_0001))
    asked = [
        (0, 0, 2),
        (0, 2, 2),
        (0, 8, 1),
        (0, 0x100, 4),
        (0, 0xFFC, 4),
        (1, 0, 4),
        (1, 0x18, 4),
        (2, 0, 4),
        (0, 1, 2),
    ]
    found = {"read": driver.config(*asked)}
    machine.do(Command.SHORT_CONFIG, GPU, 256)
    found["conventional"] = driver.config((0, 0xFC, 4), (0, 0x100, 4))
    machine.do(Command.PNP, BRIDGE, Minor.SURPRISE_REMOVAL)
    return found | {"below a gone bridge": driver.config((0, 0, 4), (1, 0, 4)), "and a register": driver.read()[0]}


def link(driver: Driver, machine: Machine) -> dict[str, object]:
    """The bridge says that its link is down; then the function does not answer either."""
    machine.config(BRIDGE, (0x34, 0x40), (0x40, 0x0002_0010), (0x4C, 1 << 20), (0x50, 1 << 29))
    found: dict[str, object] = {"up": driver.read()[0]}
    machine.config(BRIDGE, (0x50, 0))
    found["down, it answers"] = driver.read()[0]
    machine.config(GPU, (0x00, 0xFFFFFFFF))
    return found | {"down": driver.read()[0], "config": driver.config((0, 0, 4), (1, 0, 2))}


def numbers(driver: Driver, machine: Machine) -> dict[str, object]:
    """A bridge that is given its bus number after it was started, and another one later."""
    machine.pull_out()
    machine.add(BRIDGE, bus=0, device=1)
    machine.config(BRIDGE, (0x00, 0x1901_8086), (0x08, 0x06040005), (0x0C, 0x00010000), (0x18, 0))
    machine.start(BRIDGE)
    machine.add(GPU, bus=1, device=0)
    machine.config(GPU, (0x00, 0x2684_10DE), (0x08, 0x030000A1))
    machine.start(GPU, GPU_BARS)
    found: dict[str, object] = {"none": driver.config((1, 0, 2))}
    for secondary_bus in (1, 2, 1):
        machine.config(BRIDGE, (0x18, secondary_bus << 8))
        machine.do(Command.PNP, BRIDGE, Minor.QUERY_DEVICE_RELATIONS)
        found[str(secondary_bus)] = driver.config((1, 0, 2))
    return found


def paging(_driver: Driver, machine: Machine) -> dict[str, object]:
    """DO_POWER_PAGABLE of the filter: 1 on the way down, 2 afterwards."""
    asked = {"set": (1, 0), "cleared": (0, 0), "refused": (1, 1)}
    return {name: machine.ask(Command.PAGING, GPU, *values)[0] for name, values in asked.items()}


def power(driver: Driver, machine: Machine) -> dict[str, object]:
    found: dict[str, object] = {}
    for state in (2, 4):  # D1, D3
        machine.do(Command.POWER, GPU, state)
        found[f"D{state - 1}"] = [driver.read()[0], driver.config((0, 0, 2))[0][0]]
    machine.do(Command.POWER, GPU, 1, 1)
    found["waking"] = driver.read()[0]
    machine.do(Command.RELEASE, GPU)
    found["D0"] = driver.read()
    machine.do(Command.POWER, BRIDGE, 4)
    found["bridge D3"] = [driver.read()[0], driver.config((0, 0, 2), (1, 0, 2))]
    machine.do(Command.POWER, BRIDGE, 1)
    return found | {"awake": driver.read()}


with Driver() as driver, Machine() as machine:
    driver.allow(rule(**MANY), *(rule(**MANY | {"bar": bar, "length": 32 << 30}) for bar in (1, 3)))
    json.dump(globals()[sys.argv[1]](driver, machine), sys.stdout)
