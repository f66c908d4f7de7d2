"""As many mappings and handles as there may be, and one more."""

import json
import os
import sys

from device import MAPPED, READ, Device, register, rule

EDU = {"vendor": 0x1234, "device": 0x11E8}
address = sys.argv[1]
answer = {}
with Device.open(for_writing=True) as device:
    pages = rule(**EDU, offset=0, length=1 << 20, widths=15, rights=READ | MAPPED)
    device.load_policy([pages])
    answer["maps"] = [device.map(address, 0, 4096 * number).status for number in range(65)]
    device.load_policy([pages])  # kills them all
    answer["after"] = device.map(address, 0, 0).status
    replies = device.read([register(address, 0, 4096 * number) for number in range(256)])
    answer["pages"] = sorted({reply.status for reply in replies})
    handles = []
    try:
        while len(handles) < 100:
            handles.append(os.open("/dev/barwatch", os.O_RDONLY))
    except OSError as error:
        answer["errno"] = error.errno
    answer["handles"] = len(handles)
    for handle in handles:
        os.close(handle)
    answer["info"] = device.info()
print(json.dumps(answer))
