"""What a policy grants, what is wrong with one, and when it can be replaced; prints what each came to."""

import json
import sys

from driver import MANY, Driver, rule
from machine import NO_SLOT, Command, Machine

from barwatch_agent.driver.abi import Right
from barwatch_agent.driver.device import RuleError


def refusal(driver: Driver, *rules: bytes, lock: bool = False) -> list[int] | int:
    """Status and rule, or the Win32 error."""
    try:
        driver.allow(*rules, lock=lock)
    except RuleError as error:
        return [error.status, error.number]
    except OSError as error:
        return error.errno
    return 0


def granted(driver: Driver) -> dict[str, object]:
    driver.allow(rule(offset=0x1F380, length=4, widths=4), rule(rights=Right.CONFIG, length=0, widths=0))
    found = {
        "listed": driver.read(),
        "other width": driver.read(width=2)[0],
        "next register": driver.read(offset=0x1F384)[0],
        "other bar": driver.read(bar=1, offset=0)[0],
        "map": driver.map()[0],
        "config": driver.config((0, 0, 2)),
    }
    driver.allow(rule(device=0x2685))
    found["other device"] = driver.read()[0]
    return found


def wrong(driver: Driver) -> dict[str, object]:
    driver.allow(rule(**MANY))
    before = driver.info()["policy_digest"]
    found: dict[str, object] = {
        "write": refusal(driver, rule(**MANY), rule(rights=Right.WRITE)),
        "nobody": refusal(driver, rule(match=0, vendor=0, device=0)),
    }
    return found | {"stays": driver.info()["policy_digest"] == before and driver.read()[0] == 0}


def locked(driver: Driver) -> dict[str, object]:
    first = refusal(driver, rule(**MANY), lock=True)
    with Driver(for_writing=False) as reader:
        found = {"locked": first, "again": refusal(driver), "read only": refusal(reader), "reads": reader.read()}
    return found | {"state": driver.info()["policy_state"]}


def ordinary(driver: Driver) -> dict[str, object]:
    """A handle that is open for writing, in a process that is no administrator's."""
    driver.allow(rule(**MANY))
    with Machine() as machine:
        machine.do(Command.ORDINARY, NO_SLOT, 1)
        found = {"policy": refusal(driver, rule(**MANY)), "read": driver.read()}
        machine.do(Command.ORDINARY, NO_SLOT, 0)
    return found


def state(driver: Driver) -> dict[str, object]:
    return {"state": driver.info()["policy_state"], "rules": driver.info()["policy_rules"], "read": driver.read()}


with Driver() as driver:
    json.dump(globals()[sys.argv[1]](driver), sys.stdout)
