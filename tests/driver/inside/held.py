"""Tries to unload the module while a page is mapped whose handle was closed; prints what rmmod says."""

import json
import subprocess
import sys

from device import MAPPED, Device, rule

with Device.open(for_writing=True) as device:
    device.load_policy([rule(vendor=0x1234, device=0x11E8, offset=0, length=4096, widths=4, rights=MAPPED)])
    page = device.mmap(device.map(sys.argv[1], 0, 0))
said = subprocess.run(["/sbin/rmmod", "barwatch"], capture_output=True, text=True, check=False).stderr
print(json.dumps([said, page[:4].hex()]))
