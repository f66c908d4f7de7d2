"""Prints how our configuration manager answers while what there is changes under it."""

import ctypes
import json
import sys
from collections.abc import Callable
from pathlib import Path

from machine_told import BRIDGE_ID, GPU_ID, NODES
from tests.agent.windows.devices.told import tell

from barwatch_agent.windows.calls import U8, U32, of_this_system
from barwatch_agent.windows.cfgmgr import ConfigManager, DevPropKey
from barwatch_agent.windows.facts import Devnode, Property
from barwatch_agent.windows.properties import KEYS

FOLDER = Path(sys.executable).parent
LIBRARY = of_this_system().cfgmgr32
MANAGER = ConfigManager(LIBRARY)


def answer(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except OSError as error:
        return error.strerror


def property_in(room: int, name: str) -> list[int]:
    """CONFIGRET, type and size of a property of the GPU, for a buffer of that many bytes."""
    kind, size, buffer = U32(), U32(room), (U8 * 4096)()
    key = DevPropKey.of(*KEYS[name])
    node = MANAGER.locate(GPU_ID)
    ask = LIBRARY.CM_Get_DevNode_PropertyW
    return [ask(node, ctypes.byref(key), ctypes.byref(kind), buffer, ctypes.byref(size), 0), kind.value, size.value]


tell(FOLDER, ())
said: dict[str, object] = {"none": MANAGER.present("PCI")}
tell(FOLDER, NODES)
gpu = MANAGER.locate(GPU_ID.lower())
said |= {
    "all": MANAGER.present("PCI"),
    "of another enumerator": MANAGER.present("PC"),
    "a list that is short": LIBRARY.CM_Get_Device_ID_ListW("PCI", (ctypes.c_uint16 * 8)(), 8, 0x101),
    "status": MANAGER.status(gpu),
    "a property": property_in(4, "bus_number"),
    "one that does not fit": property_in(3, "bus_number"),
    "one that it does not have": property_in(4, "serial_number"),
    "resources": [[each.kind, len(each.data)] for each in MANAGER.resources(gpu)],
}
tell(FOLDER, NODES[:1])
said["one is pulled"] = MANAGER.present("PCI")
said["what is gone"] = [answer(lambda: MANAGER.locate(GPU_ID)), answer(lambda: MANAGER.status(gpu))]
tell(FOLDER, [Devnode(GPU_ID, {"service": Property(0x12, b"")}), *NODES[:1]])
said["it is back"] = [MANAGER.locate(GPU_ID) == gpu, MANAGER.locate(BRIDGE_ID) != gpu]
said["empty"] = [property_in(0, "service"), MANAGER.resources(gpu)]
for name, text in {"half a line": "device X", "rubbish": "device\n", "no device": "resource 1 =00\n"}.items():
    (FOLDER / "devices.txt").write_text(text)
    said[name] = answer(lambda: MANAGER.present("PCI"))
(FOLDER / "devices.txt").unlink()
said["no file"] = [answer(lambda: MANAGER.present("PCI")), answer(lambda: MANAGER.status(gpu))]
json.dump(said, sys.stdout)
