"""Reads the founding register through the driver, with whatever policy is in force; prints status and value."""

import json
import sys

from driver import Driver

with Driver(for_writing=False) as driver:
    json.dump(driver.read(), sys.stdout)
