"""The two machines of the first symptom, as topologies: what both sides of a simulated machine are made of.

``laptop.py`` makes the kernel's side, ``told_by_windows.devnodes`` what Windows tells. The GPU, and where its BARs are,
is that of tests/driver/windows/inside/machine.py. Source of ids: pci-ids.ucw.cz.
"""

from tests.driver.windows.inside.machine import GPU_BARS

from barwatch_proto.pci import Address, BarKind, PortType, WindowKind
from barwatch_proto.topology import Bar, Function, FunctionState, Topology, Window

BARS = tuple(
    Bar(bar.number, BarKind.MEMORY_64 if bar.flags & 4 else BarKind.MEMORY_32, bool(bar.flags & 8), bar.length, bar.bus)
    for bar in GPU_BARS
)
WINDOWS = (
    Window(WindowKind.MEMORY, 0xF600_0000, 0xF7FF_FFFF),
    Window(WindowKind.PREFETCHABLE, 0x60_0000_0000, 0x64_01FF_FFFF, is_64bit=True),
)


def host_bridge(device: int) -> Function:
    """What a root bus begins with. No driver of ours is on its stack."""
    return Function(
        address=Address(0, 0, 0, 0),
        parent=None,
        key="host bridge",
        vendor=0x8086,
        device=device,
        class_code=0x060000,
        revision=1,
        is_removable=False,
    )


def port(place: tuple[str, str | None], device: int, port_type: PortType, buses: tuple[int, int], **more) -> Function:
    """A bridge, at an address below a parent, with the first and the last bus below it."""
    address, parent = place
    has_slot = port_type is not PortType.UPSTREAM_PORT
    known = {"max_link_speed_gts": 8.0, "is_hotplug_capable": False if has_slot else None, "is_removable": False}
    return Function(
        address=Address.parse(address),
        parent=Address.parse(parent) if parent else None,
        key=address,
        vendor=0x8086,
        device=device,
        class_code=0x060400,
        revision=5,
        port_type=port_type,
        is_bridge=True,
        secondary_bus=buses[0],
        subordinate_bus=buses[1],
        windows=WINDOWS,
        driver="pcieport",
        **known | more,
    )


def gpu(address: str, parent: str, *, is_removable: bool) -> Function:
    """The GPU, below a parent."""
    return Function(
        address=Address.parse(address),
        parent=Address.parse(parent),
        key=address,
        vendor=0x10DE,
        device=0x2684,
        class_code=0x030000,
        revision=0xA1,
        subsystem_vendor=0x1458,
        subsystem_device=0x40A9,
        port_type=PortType.LEGACY_ENDPOINT,
        bars=BARS,
        max_link_speed_gts=16.0,
        max_link_width=16,
        is_removable=is_removable,
        driver="nvidia",
    )


TUNNEL = {"max_link_speed_gts": 2.5, "max_link_width": 4}  # what ports say of a link that Thunderbolt carries
BOX = {"max_link_width": 4, "is_removable": True}
LAPTOP = Topology(
    (
        host_bridge(0x9A14),
        port(("0000:00:07.0", None), 0x9A23, PortType.ROOT_PORT, (1, 0x2B), **TUNNEL, is_hotplug_capable=True),
        port(("0000:01:00.0", "0000:00:07.0"), 0x1578, PortType.UPSTREAM_PORT, (2, 0x2B), **BOX | TUNNEL),
        port(("0000:02:01.0", "0000:01:00.0"), 0x1578, PortType.DOWNSTREAM_PORT, (3, 3), **BOX),
        gpu("0000:03:00.0", "0000:02:01.0", is_removable=True),
    )
)
DESKTOP = Topology(
    (
        host_bridge(0x191F),
        port(("0000:00:01.0", None), 0x1901, PortType.ROOT_PORT, (1, 1), max_link_width=16),
        gpu("0000:01:00.0", "0000:00:01.0", is_removable=False),
    )
)


def states(machine: Topology) -> tuple[FunctionState, ...]:
    """How links run: ports as fast as they can, what is no port as fast as the port above it can."""
    known = machine.by_address()
    ends = ((each, each if each.is_bridge else known.get(each.parent)) for each in machine.functions)
    return tuple(
        FunctionState(each.key, 0, link_speed_gts=end.max_link_speed_gts, link_width=end.max_link_width)
        for each, end in ends
        if end
    )
