"""Load, open, read, map, remove the function, unload, and all again: argv is the address, the module, how often.

Prints what the kernel holds on to afterwards, and how many seconds it took.
"""

import ctypes
import json
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from device import CONFIG, GONE, MAPPED, OK, READ, Device, register, rule

EDU = {"vendor": 0x1234, "device": 0x11E8}
RULES = [rule(**EDU, length=4096, widths=4, rights=READ | MAPPED), rule(**EDU, rights=CONFIG)]
LIBC = ctypes.CDLL(None, use_errno=True)
FINIT_MODULE, DELETE_MODULE = 313, 176  # arch/x86/entry/syscalls/syscall_64.tbl
address, cycles = sys.argv[1], int(sys.argv[3])
function = Path("/sys/bus/pci/devices", address)
module = os.open(sys.argv[2], os.O_RDONLY)


def system_call(*arguments: object) -> None:
    """A system call that must succeed."""
    if LIBC.syscall(*arguments):
        raise OSError(ctypes.get_errno(), f"system call {arguments[0]}")


def cycle() -> None:
    """The whole life of the module, and of the function under a mapping."""
    system_call(FINIT_MODULE, module, b"", 0)
    with Device.open(for_writing=True) as device:
        device.load_policy(RULES, lock=True)
        page = device.mmap(device.map(address, 0, 0))
        value = page[:4]
        [read] = device.read([register(address, 0, 0)])
        if read.status != OK or value != read.value.to_bytes(4, "little"):
            raise RuntimeError(read)
        (function / "remove").write_text("1")
        [read] = device.read([register(address, 0, 0)])
        if read.status != GONE:
            raise RuntimeError(read)
        page.close()
    system_call(DELETE_MODULE, b"barwatch", os.O_NONBLOCK)
    Path("/sys/bus/pci/rescan").write_text("1")
    (function / "enable").write_text("1")


def held() -> dict[str, int]:
    """Objects in each unreclaimable slab, and areas that the kernel has mapped.

    A file that is closed leaves objects that count until its slab is shrunk, so all files are closed at the end.
    """
    Path("/proc/sys/vm/drop_caches").write_text("3")
    with ExitStack() as files:
        for shrink in [
            files.enter_context(file.open("w")) for file in Path("/sys/kernel/slab").glob("kmalloc-*/shrink")
        ]:
            shrink.write("1")
            shrink.flush()
        lines = [line.split() for line in Path("/proc/slabinfo").read_text().splitlines()[2:]]
        areas = Path("/proc/vmallocinfo").read_text().count("\n")
    counts = {line[0]: int(line[1]) for line in lines if line[0].startswith("kmalloc-")}
    return {name: count for name, count in counts.items() if "rcl" not in name} | {"areas": areas}


began = time.monotonic()
for _ in range(cycles):
    cycle()
print(json.dumps({"seconds": time.monotonic() - began, "held": held()}))
