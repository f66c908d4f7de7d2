"""Makes the simulated machine one of founding.py, the driver loaded: ``laptop.py laptop``, ``laptop.py desktop``.

On the laptop a user mapping of the GPU reads all ones. ``laptop.py allow`` loads a policy that lets everything be
read, ``laptop.py pull`` takes away what is removable, as when the cable is pulled.
"""

import sys
from collections.abc import Iterator

from founding import DESKTOP, LAPTOP, states
from tests.agent.windows.told_by_windows import SPEEDS
from tests.driver.windows.inside.driver import MANY, Driver, rule
from tests.driver.windows.inside.machine import GPU_BARS, PAGE, REGISTER, Command, Machine, Minor, View

from barwatch_agent.driver.abi import Matching, Right
from barwatch_proto.pci import PortType
from barwatch_proto.topology import Function, FunctionState, Topology, Window

MACHINES = {"laptop": LAPTOP, "desktop": DESKTOP}
EXPRESS = 0x40  # where the PCI Express Capability is, the only one
PORT_TYPES = {  # PCIe Base Spec 6.0, 7.5.3.2
    PortType.LEGACY_ENDPOINT: 1,
    PortType.ROOT_PORT: 4,
    PortType.UPSTREAM_PORT: 5,
    PortType.DOWNSTREAM_PORT: 6,
}
WITH_SLOT = {PortType.ROOT_PORT, PortType.DOWNSTREAM_PORT}
MIB = 20  # bits


def header(function: Function) -> Iterator[tuple[int, int]]:
    """Dwords of configuration space: PCIe Base Spec 6.0, 7.5.1."""
    yield 0x00, function.device << 16 | function.vendor
    yield 0x04, 0x0010_0006  # a list of capabilities; memory and bus mastering are on
    yield 0x08, function.class_code << 8 | function.revision
    yield 0x0C, 0x0001_0000 if function.is_bridge else 0
    yield 0x34, EXPRESS
    if function.is_bridge:
        yield 0x18, function.subordinate_bus << 16 | function.secondary_bus << 8 | function.address.bus
        memory, prefetchable = function.windows
        yield 0x20, edges(memory)
        yield 0x24, edges(prefetchable) | 0x0001_0001
        yield 0x28, prefetchable.start >> 32
        yield 0x2C, prefetchable.end >> 32
    else:
        yield 0x2C, function.subsystem_device << 16 | function.subsystem_vendor


def edges(window: Window) -> int:
    """First and last MiB of a window, as bridges write them."""
    return (window.end >> MIB << 4 & 0xFFF0) << 16 | window.start >> MIB << 4 & 0xFFF0


def express(function: Function, link: FunctionState) -> Iterator[tuple[int, int]]:
    """The PCI Express Capability: 7.5.3. A port with a slot says whether its link is active."""
    has_slot = function.port_type in WITH_SLOT
    speed = SPEEDS[function.max_link_speed_gts]
    yield 0x00, (2 | PORT_TYPES[function.port_type] << 4 | has_slot << 8) << 16 | 0x10
    yield 0x04, 0x0000_0001
    yield 0x08, 0x0000_2000
    yield 0x0C, speed | function.max_link_width << 4 | has_slot << 20
    yield 0x10, (SPEEDS[link.link_speed_gts] | link.link_width << 4 | has_slot << 13) << 16
    yield 0x14, 0x0000_0060 if function.is_hotplug_capable else 0
    yield 0x18, 0x0040_0000 if has_slot else 0
    yield 0x2C, (1 << speed) - 1 << 1


def slots(topology: Topology) -> list[Function]:
    """The functions with the driver on their stacks, in the order of their slots, bridges before what is below."""
    return [function for function in topology.functions if function.port_type is not None]


def plug_in(machine: Machine, topology: Topology) -> None:
    """All of it, as Windows starts it from the root; other drivers are above ours."""
    links = {state.key: state for state in states(topology)}
    for slot, function in enumerate(slots(topology)):
        machine.add(slot, function.address.bus, function.address.device, owned=True)
        capability = ((EXPRESS + at, value) for at, value in express(function, links[function.key]))
        machine.config(slot, *header(function), *capability)
        machine.start(slot, () if function.is_bridge else GPU_BARS)


def load(name: str) -> None:
    """One of the machines, the driver without a policy."""
    with Machine() as machine:
        machine.load_driver()
        plug_in(machine, MACHINES[name])
        machine.hold_values()
        if name == "laptop":
            for page in (0, REGISTER // PAGE):
                machine.fill(GPU_BARS[0].cpu + page * PAGE, 0xFF, View.USER)


def pull() -> None:
    """The cable of the laptop's box."""
    with Machine() as machine:
        for slot, function in reversed(list(enumerate(slots(LAPTOP)))):
            if function.is_removable:
                machine.do(Command.PNP, slot, Minor.SURPRISE_REMOVAL)
                machine.do(Command.PNP, slot, Minor.REMOVE)


def allow() -> None:
    """Reads and mappings of the GPU, configuration space of everything."""
    bridges = {"match": Matching.VENDOR, "vendor": 0x8086, "rights": Right.CONFIG, "length": 0, "widths": 0}
    with Driver() as driver:
        driver.allow(rule(**MANY), rule(**bridges | {"device": 0}))


if __name__ == "__main__":
    {"allow": allow, "pull": pull}.get(sys.argv[1], lambda: load(sys.argv[1]))()
