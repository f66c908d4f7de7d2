"""The founding register by both ways in; prints what each saw."""

import json
import sys

from driver import MANY, Driver, load, rule

with Driver() as driver:
    driver.allow(rule(**MANY))
    _, where = driver.map()
    json.dump({"kernel": driver.read(), "user": load(where)}, sys.stdout)
