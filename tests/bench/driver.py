"""What a register read costs through the driver, in a guest: batches, against one call each and a plain kernel loop.

Nanoseconds of a guest without KVM say more about QEMU than about the driver; ratios between calls hold. What the driver
adds to a load is told in instructions, which are the same on every machine.
"""

from collections.abc import Iterator

from tests.bench.row import Bar, Peer, Row, Sense, Setup
from tests.driver.cost.run_in_guest import Counting, measured
from tests.lab.parts import missing_packages

SIZES = (1, 8, 64, 256)
NOTE = "guest without KVM"


def run(setup: Setup) -> Iterator[Row]:
    """One boot for the time, one for the instructions."""
    if missing := missing_packages():
        yield Row("READ", None, "ns", note=f"not measured: needs Debian packages {' '.join(missing)}")
        return
    setup.say("driver: building the module, booting a guest")
    costs = measured(setup.new_folder())
    single, loop = costs["one_call_each"], costs["plain_loop"]
    for size in SIZES:
        yield Row(
            f"READ, batch of {size}, a register", costs[f"batch_{size}"], "ns", Peer("plain loop", loop), note=NOTE
        )
    yield Row("one call each / batch of 64", single / costs["batch_64"], "x", bar=Bar(Sense.AT_LEAST, 5), note=NOTE)
    setup.say("driver: counting instructions in a guest")
    counted = measured(setup.new_folder(), Counting)
    added = counted["batch_64"] - counted["plain_loop"]
    yield Row("READ, batch of 64, added to a load", added, "instructions", note="bar on a host: 0.2 loads + 50 ns")
