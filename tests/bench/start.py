"""From nothing to the first committed, queried answer: a collector on an empty folder, then an agent on this machine.

The order is that of ``make run``, which does the same and prints the answer; dependencies are installed already.
"""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.bench.row import Bar, Row, Sense, Setup
from tests.e2e.conftest import Lab, until

SYSFS = Path("/sys")
TIMES = 3
HOST = "bench"
FIRST_ANSWER = Bar(Sense.BELOW, 60)


def run(setup: Setup) -> Iterator[Row]:
    """The median of a few starts."""
    if not (SYSFS / "bus/pci/devices").is_dir():
        yield Row("first answer", None, "s", bar=FIRST_ANSWER, note="skipped: this machine has no PCI")
        return
    times = 1 if setup.is_quick else TIMES
    found = []
    for number in range(times):
        setup.say(f"start: {number + 1} of {times}")
        found.append(_start(setup.new_folder()))
    ready, answered = (median(samples) for samples in zip(*found, strict=True))
    yield Row("the collector says that it is ready", ready, "s")
    yield Row("first answer", answered, "s", bar=FIRST_ANSWER, note=f"median of {times}, on this machine's own /sys")


def _start(folder: Path) -> tuple[float, float]:
    """Seconds until the collector is ready, and until it answers with reads of the agent."""
    began = perf_counter()
    lab = Lab(folder)
    try:
        ready = perf_counter()
        agent = lab.start_agent(HOST, SYSFS, "--flush", 10, "--rescan", 60)
        until(lambda: lab.reads(HOST), lab.collector, agent)
        return ready - began, perf_counter() - began
    finally:
        lab.end()
