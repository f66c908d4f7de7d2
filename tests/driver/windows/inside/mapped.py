"""What a program sees through a mapped page, while the kernel reads the same register; prints both."""

import ctypes
import json
import sys

from driver import EXPECTED, MANY, REGISTER, Driver, load, rule
from machine import GPU, GPU_BARS, Bar, Command, Count, Machine, Minor, View

AT = GPU_BARS[0].cpu + REGISTER


def founding(driver: Driver, machine: Machine) -> dict[str, object]:
    """All ones in the view of processes alone, and good again."""
    status, where = driver.map()
    good = [driver.read(), load(where)]
    machine.fill(AT // 4096 * 4096, 0xFF, View.USER)
    bad = [driver.read(), load(where)]
    machine.store(AT, EXPECTED, View.USER)
    return {"status": status, "before": good, "during": bad, "after": [driver.read(), load(where)]}


def revoked(driver: Driver, machine: Machine) -> dict[str, object]:
    """A mapping when its BAR moves, and one made anew."""
    _, old = driver.map()
    generation = driver.generation()
    moved = Bar(0, 0xE8000000, 0x1_E800_0000, 16 << 20)
    machine.fill(moved.cpu + REGISTER // 4096 * 4096, 0)
    machine.store(moved.cpu + REGISTER, 0x1234)
    machine.restart(GPU, (moved, *GPU_BARS[1:]))
    seen = load(old)
    status, new = driver.map()
    return {
        "old": seen,
        "kernel": driver.read(),
        "new": [status, load(new)],
        "generations": [generation, driver.generation()],
        "killed": driver.info()["maps_killed"],
        "moved": driver.info()["bars_moved"],
    }


def refused(driver: Driver, machine: Machine) -> dict[str, object]:
    """Mappings that are not made."""
    machine.do(Command.FAIL_MAP)
    raised = driver.map()[0]
    driver.allow(rule(offset=0x1F000, length=4096, rights=MANY["rights"]))
    found = {"raised": raised, "other page": driver.map(offset=0)[0], "past the end": driver.map(offset=16 << 20)[0]}
    made = [driver.map() for _ in range(65)]
    return found | {"many": [status for status, _ in made[63:]], "pages": machine.count(Count.USER_PAGES)}


def writing(driver: Driver, _machine: Machine) -> dict[str, object]:
    """A store into the page."""
    _, where = driver.map()
    try:
        ctypes.memset(where, 0, 4)
    except OSError:
        return {"store": "fault", "value": load(where)}
    return {"store": "done", "value": load(where)}


def taken_back(driver: Driver, machine: Machine) -> dict[str, object]:
    """Everything that ends a mapping before its time, one after the other."""
    rules = rule(**MANY)
    _, where = driver.map()
    driver.allow(rules)
    found = {"policy replaced": load(where)}
    _, where = driver.map()
    machine.do(Command.ENDING, 0xFFFFFFFF, ctypes.windll.kernel32.GetCurrentProcessId())
    found["process ends"] = load(where)
    _, where = driver.map()
    machine.do(Command.PNP, GPU, Minor.SURPRISE_REMOVAL)
    found |= {"pulled out": load(where), "wrong process": machine.count(Count.WRONG_PROCESS)}
    return found


with Driver() as driver, Machine() as machine:
    driver.allow(rule(**MANY))
    json.dump(globals()[sys.argv[1]](driver, machine), sys.stdout)
