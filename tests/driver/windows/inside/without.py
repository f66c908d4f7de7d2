"""The driver where Windows did not give it all that it asked for; prints what it does all the same."""

import json
import sys

from driver import MANY, Driver, rule
from machine import NO_SLOT, Command, Count, Machine


def reload(machine: Machine, command: Command, *values: int) -> None:
    """The driver and the GPU anew, once the machine was told to refuse something."""
    machine.pull_out()
    machine.do(Command.UNLOAD)
    machine.do(command, NO_SLOT, *values)
    machine.do(Command.LOAD)
    machine.plug_in()


def notification(machine: Machine) -> dict[str, object]:
    """Nobody would say that a process ends."""
    reload(machine, Command.FAIL_NOTIFY)
    with Driver() as driver:
        driver.allow(rule(**MANY))
        try:
            error = driver.map()[0]
        except OSError as refusal:
            error = refusal.errno
        return {"features": driver.info()["features"], "map": error, "read": driver.read()}


def control(machine: Machine) -> dict[str, object]:
    """Another driver has a device of the same name."""
    reload(machine, Command.TAKE_NAME, 1)
    try:
        with Driver():
            error = 0
    except OSError as refusal:
        error = refusal.errno
    found = {"error": error, "started": machine.count(Count.PDOS), "asked": machine.count(Count.INTERFACES)}
    reload(machine, Command.TAKE_NAME, 0)
    with Driver() as driver:
        driver.allow(rule(**MANY))
        return found | {"afterwards": driver.read()}


with Machine() as machine:
    json.dump(globals()[sys.argv[1]](machine), sys.stdout)
