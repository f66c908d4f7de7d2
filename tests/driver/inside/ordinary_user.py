"""What somebody who is not root can do, with each mode that the device may have."""

import json
import os
import sys

from device import READ, Device, register, rule

NOBODY = 65534
address = sys.argv[1]


def tried(admin: Device) -> list[int]:
    """Reading by a handle to read, by one to write, and a policy by a handle that leaked: values or errno."""
    results = []
    for for_writing in (False, True):
        try:
            with Device.open(for_writing=for_writing) as device:
                results.append(device.read([register(address, 0, 0)])[0].value)
        except OSError as error:
            results.append(error.errno)
    try:
        results.append(admin.load_policy([])[0])
    except OSError as error:
        results.append(error.errno)
    return results


def tried_by_nobody(admin: Device) -> list[int]:
    """The same in a process without any right."""
    results, answers = os.pipe()
    if os.fork() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        os.write(answers, json.dumps(tried(admin)).encode())
        os._exit(0)
    os.close(answers)
    with os.fdopen(results) as stream:
        found = json.load(stream)
    os.wait()
    return found


with Device.open(for_writing=True) as admin:
    admin.load_policy([rule(vendor=0x1234, device=0x11E8, length=4, widths=4, rights=READ)])
    os.chown("/dev/barwatch", 0, NOBODY)
    answer = {}
    for mode in (0o600, 0o640, 0o666):
        os.chmod("/dev/barwatch", mode)  # noqa: PTH101 - one call
        answer[f"{mode:o}"] = tried_by_nobody(admin)
    os.chmod("/dev/barwatch", 0o600)  # noqa: PTH101 - one call
print(json.dumps(answer))
