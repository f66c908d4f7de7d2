"""Where each function of a dump hangs: below the bridge whose bus numbers hold its bus, or on a root bus."""

from collections.abc import Mapping
from dataclasses import dataclass

from barwatch_agent.lspci.described import Described
from barwatch_proto.config_space import overview
from barwatch_proto.pci import Address, PortType

HOST_BRIDGE = 0x0600
ON_A_ROOT_BUS = {PortType.ROOT_PORT, PortType.ROOT_COMPLEX_ENDPOINT, PortType.ROOT_COMPLEX_EVENT_COLLECTOR}
MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Route:
    """The way to one function."""

    chain: tuple[Address, ...]  # bridges, and at last the function itself
    is_whole: bool  # the chain begins on a root bus


def routes(functions: Mapping[Address, Described]) -> dict[Address, Route]:
    """The route of each function, as far as the dump has its bridges."""
    buses = {address: found for address, function in functions.items() if (found := _buses(function)) is not None}
    roots = {(each.domain, each.bus) for each, function in functions.items() if _is_on_a_root_bus(each, function)}
    return {address: _route(address, buses, roots) for address in functions}


def _route(address: Address, buses: Mapping[Address, tuple[int, int]], roots: set[tuple[int, int]]) -> Route:
    chain = [address]
    while (chain[0].domain, chain[0].bus) not in roots and len(chain) < MAX_DEPTH:
        bridge = _bridge_above(chain[0], buses)
        if bridge is None:
            return Route(tuple(chain), is_whole=False)
        chain.insert(0, bridge)
    return Route(tuple(chain), is_whole=True)


def _bridge_above(address: Address, buses: Mapping[Address, tuple[int, int]]) -> Address | None:
    """The bridge with the narrowest range of buses that holds this one; it stands on a bus before it."""
    holding = [
        (last - first, bridge)
        for bridge, (first, last) in buses.items()
        if bridge.domain == address.domain and bridge.bus < first <= address.bus <= last
    ]
    return min(holding)[1] if holding else None


def _buses(function: Described) -> tuple[int, int] | None:
    """Secondary and subordinate bus of a bridge; zeros are those of one that nobody has set up."""
    header = overview(function.config).header if function.config else None
    told = header.buses if header else None
    if told is not None and told.secondary and told.subordinate:
        return told.secondary, told.subordinate
    return function.buses


def _is_on_a_root_bus(address: Address, function: Described) -> bool:
    """Only what is there says so: bus 0, a host bridge, or what PCI Express has inside of the root complex."""
    view = overview(function.config)
    class_code = view.header.class_code if view.header else function.class_code
    is_host_bridge = class_code is not None and class_code >> 8 == HOST_BRIDGE
    return address.bus == 0 or is_host_bridge or (view.express is not None and view.express.port_type in ON_A_ROOT_BUS)
