"""What a register read costs in a guest, as ratios in one run: ``python -m tests.driver.cost.run_in_guest``.

A guest without KVM answers a load in tens of nanoseconds and runs instructions ten times slower than a CPU does, so its
nanoseconds say more about QEMU than about the driver. With ``--instructions`` its clock counts instructions instead,
which are the same on every machine (each step of a repeated move counts, so copies look dearer than they are). On a
host, where a load takes a microsecond, build the module with ``BARWATCH_BENCH=1``, compile read_cost.c, and run it on a
function that a rule may be made for.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.driver.in_guest import built_module, put_in_place
from tests.lab.guest import Guest
from tests.lab.hosts import Host
from tests.lab.parts import built_parts

HERE = Path(__file__).parent
DRIVER = HERE.parents[2] / "driver"


class Counting(Guest):
    """A guest whose nanoseconds are instructions: QEMU's -icount."""

    def _command(self) -> list[str]:
        return [*super()._command(), "-icount", "shift=0,sleep=off"]


def main() -> None:
    """Builds, boots, measures, prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.driver.cost.run_in_guest", description=__doc__)
    parser.add_argument("--instructions", action="store_true", help="count instructions, not nanoseconds")
    counts = parser.parse_args().instructions
    with tempfile.TemporaryDirectory() as folder:
        costs = measured(Path(folder), Counting if counts else Guest)
    sys.stdout.write(told(costs, "instructions" if counts else "ns"))


def measured(folder: Path, kind: type[Guest] = Guest) -> Mapping[str, float]:
    """Nanoseconds of the guest per register, of each way to read."""
    parts = built_parts(folder)
    module = built_module(parts.kernel, DRIVER, folder / "module", "BARWATCH_BENCH=1")
    program = _program(folder)
    guest = kind(Host.load("desktop"), parts, folder)
    try:
        guest.wait_until_up()
        put_in_place(guest, "card")
        guest.run(f"rmmod barwatch 2>/dev/null; insmod {module}")
        return json.loads(guest.run(f"{program} {guest.address('card')}"))
    finally:
        guest.end()


def told(costs: Mapping[str, float], unit: str) -> str:
    """The costs and their ratios, one a line."""
    lines = [f"{name.replace('_', ' '):24} {cost:8.0f} {unit} a register" for name, cost in costs.items()]
    loop, batch, single = costs["plain_loop"], costs["batch_64"], costs["one_call_each"]
    return "\n".join(
        [
            *lines,
            f"one call each / batch of 64: {single / batch:.1f}   (the bar: at least 5)",
            f"batch of 64 - plain loop: {batch - loop:.0f} {unit} a register   (the bar, on a host: 0.2 loads + 50 ns)",
            "",
        ]
    )


def _program(folder: Path) -> Path:
    program = folder / "read_cost"
    flags = ("-O2", "-DBARWATCH_BENCH", f"-I{DRIVER / 'include'}")
    subprocess.run(["/usr/bin/gcc", *flags, HERE / "read_cost.c", "-o", program], check=True)
    return program


if __name__ == "__main__":
    main()
