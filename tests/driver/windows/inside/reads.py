"""Reads of every width, of every BAR, and of what is nowhere; prints what each came to."""

import json
import sys

from driver import MANY, Address, Driver, rule

with Driver() as driver:
    before = driver.read()
    driver.allow(
        rule(**MANY),
        rule(**MANY | {"bar": 1, "length": 16 << 30}),
        rule(**MANY | {"bar": 2}),
        rule(**MANY | {"bar": 5}),
    )
    json.dump(
        {
            "without a policy": before,
            "widths": [driver.read(width=width) for width in (1, 2, 4, 8)],
            "misaligned": driver.read(offset=0x1F381, width=2),
            "last bytes": driver.read(offset=(16 << 20) - 4),
            "past the end": driver.read(offset=(16 << 20) - 4, width=8),
            "far past the end": driver.read(bar=1, offset=(16 << 30) - 4),
            "upper half": driver.read(bar=2, offset=0),
            "ports": driver.read(bar=5, offset=0),
            "no such bar": driver.read(bar=6, offset=0),
            "nobody there": driver.read(address=Address(0, 9, 0, 0)),
            "other segment": driver.read(address=Address(1, 1, 0, 0)),
            "not in the policy": driver.read(address=Address(0, 0, 1, 0), offset=0),
            "info": driver.info(),
        },
        sys.stdout,
    )
