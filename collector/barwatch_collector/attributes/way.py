"""What attributes of a route and a function are found from: the route, and what is around it on its host."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from barwatch_collector.attributes.values import any_of
from barwatch_proto.config_space.names import EXTENDED, STANDARD
from barwatch_proto.pci import BarKind, PortType, WindowKind
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.topology import Bar, Function, ThunderboltDevice, ThunderboltDomain, Window
from barwatch_proto.words import State

OWN_NAMES = frozenset({"thunderbolt", "usb4"})  # of extended capabilities that are told by what is in them
EXTENDED_NAMES = frozenset(EXTENDED.values()) - frozenset(STANDARD.values()) | OWN_NAMES
# Functions inside a root complex and conventional ones have no link.
LINKED = frozenset(
    {
        PortType.ENDPOINT,
        PortType.LEGACY_ENDPOINT,
        PortType.ROOT_PORT,
        PortType.UPSTREAM_PORT,
        PortType.DOWNSTREAM_PORT,
        PortType.PCIE_TO_PCI_BRIDGE,
        PortType.PCI_TO_PCIE_BRIDGE,
    }
)
# Since Linux 5.14 a function that can be taken away has a file that says so, and no other has; drivers/pci/probe.c,
# pci_set_removable.
TELLS_REMOVABLE = (5, 14)
# What an agent notes of a function of which only Windows tells, and not its registers.
NO_CONFIG = "config: configuration space was not read"
INFERRED_BARS = "BARs: numbers and widths are inferred"
RELEASE = re.compile(r"(\d{1,4})\.(\d{1,4})")

Slot = tuple[int, int, int]  # domain, bus, device
Windows = tuple[Window, ...] | None  # None: they could not be read


@dataclass(frozen=True, slots=True)
class Around:
    """What functions of one host have in common."""

    system: str  # "linux" or "windows"
    tells_removable: bool  # a function of which it is not said cannot be taken away
    guards_ports: bool | None  # an IOMMU guards the host against whatever is plugged in
    in_group: Counter[int | None]  # functions of each IOMMU group
    in_slot: Counter[Slot]  # functions of each device
    domains: tuple[ThunderboltDomain, ...]
    routers: tuple[ThunderboltDevice, ...]  # without the hosts' own
    host_routers: tuple[ThunderboltDevice, ...]


@dataclass(frozen=True)  # without slots: cached_property keeps its values in __dict__
class Way:
    """One function with the route to it; facts that several attributes need are found once."""

    hops: tuple[Function, ...]  # root port first, the function last
    around: Around

    @cached_property
    def function(self) -> Function:
        """Where the route ends."""
        return self.hops[-1]

    @cached_property
    def bridges(self) -> tuple[Function, ...]:
        """All above the function, root port first."""
        return self.hops[:-1]

    @cached_property
    def port(self) -> Function | None:
        """The bridge directly above; None on a root bus, and where the topology does not have it."""
        return self.hops[-2] if len(self.hops) > 1 else None

    @cached_property
    def is_whole(self) -> bool:
        """Whether it begins at a root bus: a topology may lack the bridges further up."""
        return self.hops[0].parent is None

    @cached_property
    def is_tunnelled(self) -> bool | None:
        """Whether a hop is reached through a tunnel."""
        return any_of(self.asked(lambda hop: hop.is_tunnelled))

    @cached_property
    def memory_bars(self) -> tuple[Bar, ...] | None:
        """The function's memory BARs in the order of their numbers; None when its BARs could not be read."""
        if is_unread(self.function, "resource"):
            return None
        return tuple(bar for bar in self.function.bars if bar.kind is not BarKind.IO)

    @cached_property
    def has_inferred_bars(self) -> bool:
        """Whether a BAR of 32 bits may be one of 64: the registers that tell were not read."""
        return is_unread(self.function, INFERRED_BARS)

    @cached_property
    def linked(self) -> tuple[Function, ...] | None:
        """The hops with a link; None where that cannot be told of all of them."""
        if not self.is_whole or any(hop.port_type is None for hop in self.hops):
            return None
        return tuple(hop for hop in self.hops if hop.port_type in LINKED)

    @cached_property
    def windows(self) -> Mapping[WindowKind, tuple[Windows, ...]]:
        """The open windows of each kind, for every bridge."""
        return {kind: tuple(open_windows(bridge, kind) for bridge in self.bridges) for kind in WindowKind}

    def asked(self, question: Callable[[Function], bool | None]) -> list[bool | None]:
        """The answer of every hop, and one more that is not known where the route is not whole."""
        return [*map(question, self.hops), *self._unseen]

    def asked_bridges(self, question: Callable[[Function], bool | None]) -> list[bool | None]:
        """The answer of every hop above the function."""
        return [*map(question, self.bridges), *self._unseen]

    @property
    def _unseen(self) -> tuple[None, ...]:
        return () if self.is_whole else (None,)


def around(snapshot: Snapshot) -> Around:
    """What the functions of this snapshot have in common."""
    topology = snapshot.topology
    return Around(
        system=snapshot.host.system,
        tells_removable=_tells_removable(snapshot),
        guards_ports=_guards_ports(snapshot),
        in_group=Counter(function.iommu_group for function in topology.functions),
        in_slot=Counter(slot(function) for function in topology.functions),
        domains=topology.thunderbolt_domains,
        routers=tuple(each for each in topology.thunderbolt_devices if not is_host_router(each)),
        host_routers=tuple(each for each in topology.thunderbolt_devices if is_host_router(each)),
    )


def slot(function: Function) -> Slot:
    """The place that all functions of one device share."""
    address = function.address
    return address.domain, address.bus, address.device


def is_unread(function: Function, name: str) -> bool:
    """Whether the agent noted that it could not read this of the function."""
    return any(problem.startswith(name) for problem in function.problems)


def open_windows(bridge: Function, kind: WindowKind) -> Windows:
    """The open windows of that kind; None when they could not be read. A bridge that has none has closed them."""
    is_read = bool(bridge.windows or bridge.capabilities)
    if not is_read or (bridge.problems and any(f"{kind.value} window" in problem for problem in bridge.problems)):
        return None
    return tuple(window for window in bridge.windows if window.kind is kind)


def was_read(function: Function) -> bool:
    """Whether what its capabilities do not say is not there, because they were read."""
    is_conventional = function.port_type is PortType.CONVENTIONAL and not is_unread(function, NO_CONFIG)
    return is_conventional or "express" in function.capabilities


def has_capability(function: Function, name: str) -> bool | None:
    """Whether it has the capability; a function whose extended ones cannot be seen may have it."""
    if name in function.capabilities:
        return True
    if not was_read(function):
        return None
    is_hidden = name in EXTENDED_NAMES and EXTENDED_NAMES.isdisjoint(function.capabilities)
    return None if is_hidden and function.port_type is not PortType.CONVENTIONAL else False


def is_host_router(router: ThunderboltDevice) -> bool:
    """Whether it is the one inside the host: its route string is 0."""
    return router.name.partition("-")[2] == "0"


def _guards_ports(snapshot: Snapshot) -> bool | None:
    setting = snapshot.setting("kernel_dma_protection")
    return {State.ON: True, State.OFF: False}.get(setting.state) if setting else None


def _tells_removable(snapshot: Snapshot) -> bool:
    kernel = snapshot.setting("kernel_version")
    found = RELEASE.match(kernel.value or "") if kernel and snapshot.host.system == "linux" else None
    return found is not None and (int(found[1]), int(found[2])) >= TELLS_REMOVABLE
