"""What only special builds can do, at the address argv[1] of an edu: WRITE, and BENCH."""

import errno
import json
import os
import sys

import device as layouts
from device import READ, SHARED, WRITTEN, Device, packed_address, register, rule

EDU = {"vendor": 0x1234, "device": 0x11E8}
address = sys.argv[1]
LIVENESS = 4  # docs/specs/edu.rst of QEMU: holds the complement of what was written


def write(device: Device, offset: int, value: int, mask: int, width: int = 4) -> tuple[int, ...]:
    """Status, what was read before, what was read after; the errno alone where the call failed."""
    size = layouts.WRITE_STRUCT.size
    request = layouts.WRITE_STRUCT.pack(size, 0, packed_address(address), offset, 0, width, 0, 0, value, mask, 0, 0)
    try:
        reply = layouts.WRITE_STRUCT.unpack(device.call(layouts.WRITE, request))
    except OSError as error:
        return (error.errno or 0,)
    return reply[7], *reply[-2:]


with Device.open(for_writing=True) as admin, Device.open() as reader:
    narrow = {**EDU, "offset": LIVENESS, "length": 4, "widths": 4, "rights": WRITTEN | SHARED}
    admin.load_policy(
        [
            rule(**EDU, length=0x10, widths=4, rights=READ),
            rule(**narrow, write_mask=0xFF),
            rule(**narrow, write_mask=0xFF00),
        ]
    )
    answer = {
        "written": write(admin, LIVENESS, 0xFFFFFFFF, 0xF0),
        "by the other rule": write(admin, LIVENESS, 0, 0x0F00),
        "bits of two rules": write(admin, LIVENESS, 0, 0xFFFF),
        "bits of no rule": write(admin, LIVENESS, 0, 1 << 31),
        "no bits": write(admin, LIVENESS, 0, 0),
        "register of no rule": write(admin, 0, 0, 1),
        "to read only": write(reader, LIVENESS, 0, 1) == (errno.EBADF,),
        "bench": admin.bench([register(address, 0, 0)] * 64, 10),
        "bench of two BARs": admin.bench([register(address, 0, 0), register(address, 1, 0)], 1)[0],
    }
    os.setresuid(65534, 65534, 65534)
    answer["by nobody"] = write(admin, LIVENESS, 0, 1) == (errno.EPERM,)
print(json.dumps(answer))
