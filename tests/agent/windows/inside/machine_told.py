"""What the configuration manager would tell of the simulated machine of the driver's tests.

Wine has a device tree, and no calls that tell of it: the parents, addresses and resources of its devices are told here
as tests/driver/windows/inside/machine.py plugs them in.
"""

from dataclasses import replace

from tests.agent.windows.fake_cfgmgr import FakeConfigManager
from tests.agent.windows.told_by_windows import memory, power_data, string, uint32

from barwatch_agent.windows.calls import Libraries, of_this_system
from barwatch_agent.windows.facts import Devnode

BRIDGE_ID = "PCI\\VEN_8086&DEV_1901&SUBSYS_00000000&REV_05\\3&11583659&0&08"
GPU_ID = "PCI\\VEN_10DE&DEV_2684&SUBSYS_40A91458&REV_A1\\4&2283F625&0&0008"
GIB, MIB = 1 << 30, 1 << 20


def function(instance_id, parent, numbers, resources):
    bus, device, class_code, device_type = numbers
    properties = {
        "bus_number": uint32(bus),
        "address": uint32(device << 16),
        "base_class": uint32(class_code >> 16),
        "sub_class": uint32(class_code >> 8 & 0xFF),
        "prog_if": uint32(class_code & 0xFF),
        "device_type": uint32(device_type),
        "parent": string(parent),
        "service": string("barwatch"),
        "power_data": power_data(1),
    }
    return Devnode(instance_id, properties, resources, status=0x180200A, problem=0)


NODES = (
    function(BRIDGE_ID, "ACPI\\PNP0A08\\0", (0, 1, 0x060400, 8), [memory(0xF6000000, 32 * MIB, 0x40)]),
    function(
        GPU_ID,
        BRIDGE_ID,
        (1, 0, 0x030000, 3),
        [
            memory(0xF6000000, 16 * MIB),
            memory(0x60_0000_0000, 16 * GIB, 0x84),
            memory(0x64_0000_0000, 32 * MIB, 0x84),
        ],
    ),
)


def libraries() -> Libraries:
    """Those of this system, the configuration manager replaced."""
    return replace(of_this_system(), cfgmgr32=FakeConfigManager(NODES).library)
