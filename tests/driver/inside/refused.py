"""What becomes of every command while the core believes that a function, or the bridge above it, is not to be touched.

argv: the address of the function and that of the bridge. What is believed is set by states/barwatch_states.c.
"""

import json
import sys
from pathlib import Path

from device import CONFIG, MAPPED, READ, SHARED, Device, config, register, rule

EDU = {"vendor": 0x1234, "device": 0x11E8}
BELIEVE = Path("/sys/module/barwatch_states/parameters/believe")
function, bridge = sys.argv[1:]
STATES = {  # who, what is believed, what was so before
    "disconnected": (function, "channel 3", "channel 1"),
    "recovering": (function, "channel 2", "channel 1"),
    "blocked": (function, "blocked 1", "blocked 0"),
    "D3cold": (function, "power 4", "power 0"),
    "suspending": (function, "runtime 3", "runtime 0"),
    "bridge disconnected": (bridge, "channel 3", "channel 1"),
    "bridge in D3hot": (bridge, "power 3", "power 0"),
    "bridge in D3cold": (bridge, "power 4", "power 0"),
    "bridge suspending": (bridge, "runtime 3", "runtime 0"),
    "bridge suspended": (bridge, "runtime 2", "runtime 0"),
}


def tried(device: Device) -> dict[str, int]:
    """The status of each command, and the value of the read."""
    [read] = device.read([register(function, 0, 0)])
    own, above = device.read_config([config(function, 0), config(function, 0, bridge=1)])
    return {
        "read": read.status,
        "value": read.value,
        "config": own.status,
        "config of the bridge": above.status,
        "bars": device.bars(function)[0],
        "map": device.map(function, 0, 0).status,
    }


answer = {}
with Device.open(for_writing=True) as admin:
    admin.load_policy([rule(**EDU, length=4096, widths=4, rights=READ | MAPPED | SHARED), rule(**EDU, rights=CONFIG)])
    for name, (who, begin, end) in STATES.items():
        BELIEVE.write_text(f"{who} {begin}")
        answer[name] = tried(admin)
        BELIEVE.write_text(f"{who} {end}")
    answer["nothing"] = tried(admin)
print(json.dumps(answer))
