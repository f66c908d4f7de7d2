"""What a register read costs in a guest, as ratios in one run: ``python -m tests.driver.cost.run_in_guest``.

A guest without KVM answers a load in tens of nanoseconds and runs instructions ten times slower than a CPU does, so the
ratio to the plain loop says more about QEMU than about the driver; on a host, where a load takes a microsecond, build
the module with ``BARWATCH_BENCH=1``, compile read_cost.c, and run it on a function that a rule may be made for.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
from tests.lab.guest import Guest
from tests.lab.hosts import Host
from tests.lab.parts import build_parts

HERE = Path(__file__).parent
DRIVER = HERE.parents[2] / "driver"
CLOCK = ("tsc=reliable", "clocksource=tsc")  # a clock that does not leave the guest


def main() -> None:
    """Builds, boots, measures, prints."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = build_parts(folder)
        module = _module(folder, parts.kernel.build)
        program = _program(folder)
        host = msgspec.structs.replace(Host.load("desktop"), kernel_options=CLOCK)
        guest = Guest(host, parts, folder)
        try:
            guest.wait_until_up()
            card = guest.address("card")
            guest.run(f"echo 1 >/sys/bus/pci/devices/{card}/enable; rmmod barwatch 2>/dev/null; insmod {module}")
            sys.stdout.write(told(json.loads(guest.run(f"{program} {card}"))))
        finally:
            guest.end()


def told(costs: Mapping[str, float]) -> str:
    """The costs and their ratios, one a line."""
    lines = [f"{name.replace('_', ' '):24} {cost:8.0f} ns a register" for name, cost in costs.items()]
    loop, batch, single = costs["plain_loop"], costs["batch_64"], costs["one_call_each"]
    return "\n".join(
        [
            *lines,
            f"one call each / batch of 64: {single / batch:.1f}   (the bar: at least 5)",
            f"batch of 64 - plain loop: {batch - loop:.0f} ns a register   (the bar, on a host: 0.2 loads + 50 ns)",
            "",
        ]
    )


def _module(folder: Path, kernel: Path) -> Path:
    copy = shutil.copytree(DRIVER, folder / "driver")
    command = ["make", "-s", "-C", copy / "linux", f"KDIR={kernel}", "BARWATCH_BENCH=1"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return copy / "linux/barwatch.ko"


def _program(folder: Path) -> Path:
    program = folder / "read_cost"
    flags = ("-O2", "-DBARWATCH_BENCH", f"-I{DRIVER / 'include'}")
    subprocess.run(["gcc", *flags, HERE / "read_cost.c", "-o", program], check=True)
    return program


if __name__ == "__main__":
    main()
