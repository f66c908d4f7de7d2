"""Reads of a prefetchable BAR and of one that is shorter than a page: argv[1] is an ivshmem-plain."""

import json
import sys

from device import MAPPED, READ, Device, register, rule

IVSHMEM = {"vendor": 0x1AF4, "device": 0x1110}
address = sys.argv[1]
with Device.open(for_writing=True) as device:
    device.load_policy(
        [
            rule(**IVSHMEM, bar=0, length=4096, widths=4, rights=READ | MAPPED),
            rule(**IVSHMEM, bar=2, length=1 << 40, widths=15, rights=READ | MAPPED),
        ]
    )
    length = device.bars(address)[1][2].length
    words = [
        register(address, 2, 0x1F380, width=2),
        register(address, 2, 0x1F380),
        register(address, 2, 0x1F380, width=8),
        register(address, 2, length),
        register(address, 2, length - 4),
        register(address, 0, 0x100),
        register(address, 1, 0),
    ]
    status, bars = device.bars(address)
    mapped = device.map(address, 2, 0x1F384)
    answer = {
        "replies": [(reply.status, reply.value) for reply in device.read(words)],
        "bars": (status, [(bar.length, bar.flags) for bar in bars[:3]]),
        "mapped": (mapped.status, mapped.page_offset, device.mmap(mapped)[0x380:0x388].hex()),
        "short": device.map(address, 0, 0).status,
    }
print(json.dumps(answer))
