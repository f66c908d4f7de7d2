"""Reads of edu registers at the address argv[1]: without a policy, with one, and with one that is locked."""

import json
import sys

from device import CONFIG, READ, Device, config, register, rule

EDU = {"vendor": 0x1234, "device": 0x11E8}
address = sys.argv[1]
identification = register(address, 0, 0)
readable = rule(**EDU, offset=0, length=0x10, widths=4, rights=READ)
odd = [
    register(address, 0, 4),
    register(address, 0, 0x10),  # beyond the rule
    register(address, 0, 0, width=2),  # a width that the rule does not have
    register(address, 1, 0),  # another BAR
    register(address, 6, 0),
    register(address, 0, 2),
    register(address, 0, 0, width=3),
    register(address, 0, 0, reserved=1),
    register("0000:00:00.0", 0, 0),  # the host bridge
    register("0000:7f:1f.7", 0, 0),
    identification,
]

answer = {}
with Device.open(for_writing=True) as admin, Device.open() as device:
    answer["without"] = [(reply.status, reply.value) for reply in device.read([identification])]
    answer["loaded"] = admin.load_policy([readable, rule(**EDU, rights=CONFIG)])
    answer["replies"] = [(reply.status, reply.value) for reply in device.read([identification, *odd])]
    answer["took_ns"] = [reply.duration_ns for reply in device.read([identification] * 256)]
    answer["config"] = [
        (reply.status, reply.value, reply.address)
        for reply in device.read_config(
            [
                config(address, 0),
                config(address, 0, bridge=1),
                config(address, 0, bridge=2),
                config(address, 4094, width=2),
            ]
        )
    ]
    answer["bars"] = (
        device.bars(address)[0],
        [(bar.start, bar.length, bar.register) for bar in device.bars(address)[1]],
    )
    answer["wrong"] = admin.load_policy([readable, rule(**EDU, offset=0, length=0, widths=4, rights=READ)])
    answer["still"] = device.read([identification])[0].value
    answer["locked"] = admin.load_policy([readable], lock=True)
    try:
        admin.load_policy([])
    except OSError as error:
        answer["relocked"] = error.errno
    answer["info"] = device.info()
print(json.dumps(answer))
