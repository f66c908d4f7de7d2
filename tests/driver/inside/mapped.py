"""The first page of BAR 0 of the function at argv[1], mapped: what a load from it gives before and after argv[2].

argv[2] is a command of the shell; the loads are done in children, since one that faults ends its process.
"""

import json
import mmap
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

from device import MAPPED, READ, SHARED, Device, Mapped, register, rule

address, command = sys.argv[1], sys.argv[2]
FOLDER = Path("/sys/bus/pci/devices", address)
IDS = {name: int((FOLDER / name).read_text(), 16) for name in ("vendor", "device")}
RULES = [
    rule(**IDS, offset=0, length=0x10, widths=4, rights=READ | SHARED),
    rule(**IDS, offset=0, length=4096, widths=4, rights=MAPPED | SHARED),
]


def refusal(
    handle: Device, where: Mapped, *, length: int = 4096, flags: int = mmap.MAP_SHARED, prot: int
) -> int | None:
    """The errno of mmap."""
    try:
        mmap.mmap(handle.fd, length, flags, prot, offset=where.where).close()
    except OSError as error:
        return error.errno
    return None


class Child:
    """A process that maps the page and loads from it whenever it is told."""

    def __init__(self, where: Mapped, handle: Device) -> None:
        orders, self._orders = os.pipe()
        self._answers, answers = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._orders)  # the end of the parent is the end of the child
            page = handle.mmap(where)
            while os.read(orders, 1):
                os.write(answers, page[:4])
            os._exit(0)
        os.close(answers)

    def load(self) -> str:
        """The value, or the signal that ended the process."""
        os.write(self._orders, b"!")
        value = os.read(self._answers, 4)
        if value:
            return f"{struct.unpack('<I', value)[0]:#010x}"
        return signal.Signals(os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]) * -1).name


answer = {}
with Device.open(for_writing=True) as admin, Device.open() as device:
    admin.load_policy(RULES)
    mapped = device.map(address, 0, 0)
    answer["status"] = mapped.status
    answer["beyond"] = device.map(address, 0, 4096).status
    answer["refusals"] = [
        refusal(admin, mapped, prot=mmap.PROT_READ),  # another handle's
        refusal(device, mapped, prot=mmap.PROT_READ | mmap.PROT_WRITE),
        refusal(admin, admin.map(address, 0, 0), prot=mmap.PROT_READ | mmap.PROT_WRITE),
        refusal(device, mapped, prot=mmap.PROT_READ | mmap.PROT_EXEC),
        refusal(device, mapped, prot=mmap.PROT_READ, length=8192),
        refusal(device, mapped, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE),
    ]
    child = Child(mapped, device)
    answer["before"] = child.load()
    if command == "policy":
        admin.load_policy(RULES)
    else:
        subprocess.run(command, shell=True, check=True)  # noqa: S602 - a command of the test's
    reply = device.read([register(address, 0, 0)])[0]
    answer["kernel"] = (reply.status, reply.value)
    answer["generation_is_new"] = reply.generation != mapped.generation
    answer["after"] = child.load()
    answer["mmap_again"] = refusal(device, mapped, prot=mmap.PROT_READ)
    again = device.map(address, 0, 0)
    answer["map_again"] = again.status
    if again.status == 0:
        answer["afresh"] = Child(again, device).load()
    answer["info"] = device.info()
print(json.dumps(answer))
