"""Attributes of a route: what it is made of, and whether it leaves the machine."""

from functools import partial
from itertools import pairwise

from barwatch_collector.attributes.attribute import Form, Row, Value
from barwatch_collector.attributes.sources import route as told
from barwatch_collector.attributes.values import ABSENT, any_of, number, switch
from barwatch_collector.attributes.way import INFERRED_BARS, Way, has_capability, is_unread, was_read
from barwatch_proto.fingerprint import topology_fingerprint
from barwatch_proto.pci import PortType
from barwatch_proto.topology import Function

CONTROLLERS = ("thunderbolt", "usb4")  # names of capabilities
SERVICE = "service"  # what Windows calls the driver
CONVENTIONAL = frozenset({PortType.PCIE_TO_PCI_BRIDGE, PortType.CONVENTIONAL})


def _removable(way: Way) -> Value:
    return switch(any_of(way.asked(lambda hop: _unless_told(way, hop.is_removable))))


def _external_facing(way: Way) -> Value:
    answers = [_leads_out(way, bridge, below) for bridge, below in pairwise(way.hops)]
    return switch(any_of(answers if way.is_whole else [*answers, None]))


def _leads_out(way: Way, bridge: Function, below: Function) -> bool | None:
    """A port is known to lead out by what hangs below it: that it can be taken away, and the port cannot."""
    is_told = bridge.is_external_facing is not None or below.is_removable is None
    return _unless_told(way, bridge.is_external_facing) if is_told else False


def _unless_told(way: Way, answer: bool | None) -> bool | None:  # noqa: FBT001 a fact, not an option
    """No where this Linux says of everything that can be taken away that it can."""
    return False if answer is None and way.around.tells_removable else answer


def _hotplug(way: Way) -> Value:
    return switch(any_of(way.asked_bridges(_has_hotplug_slot)))


def _has_hotplug_slot(hop: Function) -> bool | None:
    is_without_slot = hop.is_hotplug_capable is None and was_read(hop)
    return False if is_without_slot else hop.is_hotplug_capable


def _controller(way: Way) -> Value:
    has = {name: any_of(way.asked(partial(has_capability, name=name))) for name in CONTROLLERS}
    if None in has.values():
        return None
    return "+".join(name for name in CONTROLLERS if has[name]) or ABSENT


def _tunnelled_hops(way: Way) -> Value:
    answers = way.asked(lambda hop: hop.is_tunnelled)
    return None if None in answers else number(sum(map(bool, answers)))


def _depth(way: Way) -> Value:
    return number(len(way.bridges)) if way.is_whole else None


def _switches(way: Way) -> Value:
    answers = way.asked(lambda hop: None if hop.port_type is None else hop.port_type is PortType.UPSTREAM_PORT)
    return None if None in answers else number(sum(map(bool, answers)))


def _conventional(way: Way) -> Value:
    """A bridge to conventional PCI, or one between conventional buses."""
    return switch(any_of(way.asked_bridges(_is_conventional)))


def _is_conventional(hop: Function) -> bool | None:
    return None if hop.port_type is None else hop.port_type in CONVENTIONAL


def _port_types(way: Way) -> Value:
    types = [hop.port_type.value for hop in way.hops if hop.port_type]
    return "/".join(types) if way.is_whole and len(types) == len(way.hops) else None


def _topology(way: Way) -> Value:
    """With other BARs than there are it would name another topology."""
    is_known = way.is_whole and not any(map(_is_half_known, way.hops))
    return topology_fingerprint(way.hops) if is_known else None


def _is_half_known(hop: Function) -> bool:
    return is_unread(hop, "resource") or is_unread(hop, INFERRED_BARS)


def _bridge_ids(way: Way) -> Value:
    if not way.is_whole:
        return None
    return "+".join(sorted({bridge.ids for bridge in way.bridges})) or ABSENT


def _root_port_ids(way: Way) -> Value:
    if not way.is_whole:
        return None
    return way.bridges[0].ids if way.bridges else ABSENT


def _port_ids(way: Way) -> Value:
    if way.port is None:
        return ABSENT if way.is_whole else None
    return way.port.ids


def _port_driver(way: Way) -> Value:
    if way.port is None:
        return ABSENT if way.is_whole else None
    return bound_driver(way.port)


def bound_driver(function: Function) -> Value:
    """The driver that is bound, or that none is."""
    is_told = not is_unread(function, "driver") and not is_unread(function, SERVICE)
    return function.driver or (ABSENT if is_told else None)


def _driverless(way: Way) -> Value:
    drivers = (bound_driver(bridge) for bridge in way.bridges)
    answers = [None if driver is None else driver == ABSENT for driver in drivers]
    return switch(any_of(answers if way.is_whole else [*answers, None]))


# fmt: off
SHAPE: tuple[Row[Way], ...] = (
    Row("route_tunnelled", Form.SWITCH, 1.0, "route_removable", lambda way: switch(way.is_tunnelled),
        "Some hop of the route is reached through a Thunderbolt or USB4 tunnel.", told.TUNNELLED),
    Row("route_tunnelled_hops", Form.NUMBER, 0.5, "route_tunnelled", _tunnelled_hops,
        "Hops of the route that are reached through a tunnel, the function included.", told.TUNNELLED),
    Row("route_tunnel_controller", Form.WORD, 0.5, None, _controller,
        "Some hop belongs to a controller of its own for Thunderbolt or USB4; absent: none, or inside the processor.",
        told.CONTROLLER),
    Row("route_removable", Form.SWITCH, 0.6, "route_hotplug", _removable,
        "The operating system says of some hop that people can take it away.", told.REMOVABLE),
    Row("route_external_facing", Form.SWITCH, 0.6, "route_removable", _external_facing,
        "The firmware says of some port above the function that it leads out of the machine.", told.FACING),
    Row("route_hotplug", Form.SWITCH, 0.5, None, _hotplug,
        "Some port above the function has a slot that is hot-plug capable.", told.SLOT),
    Row("route_conventional", Form.SWITCH, 0.3, None, _conventional,
        "Some bridge above the function leads to a conventional PCI bus.", told.PORT_TYPE),
    Row("route_depth", Form.NUMBER, 0.4, None, _depth,
        "Bridges above the function.", told.PLACE),
    Row("route_switches", Form.NUMBER, 0.4, "route_depth", _switches,
        "Switches on the route, counted by their upstream ports.", told.PORT_TYPE),
    Row("route_port_types", Form.WORD, 0.3, "route_depth", _port_types,
        "Port types of all hops, root port first.", told.PORT_TYPE),
    Row("route_topology", Form.WORD, 0.1, "route_port_types", _topology,
        "Topology fingerprint: port types, ids, tunnel hops and BAR layout of all hops.", told.SHAPE),
    Row("route_bridge_ids", Form.WORD, 0.2, None, _bridge_ids,
        "Vendor and device of every bridge above the function, each once, sorted; absent on a root bus.", told.PLACE),
    Row("root_port_ids", Form.WORD, 0.3, None, _root_port_ids,
        "Vendor and device of the first bridge of the route; absent on a root bus.", told.PLACE),
    Row("port_ids", Form.WORD, 0.3, None, _port_ids,
        "Vendor and device of the bridge directly above the function; absent on a root bus.", told.PLACE),
    Row("port_driver", Form.WORD, 0.3, None, _port_driver,
        "The driver bound to the bridge directly above; absent when none is, and on a root bus.", told.DRIVER),
    Row("route_driverless_bridge", Form.SWITCH, 0.3, None, _driverless,
        "Some bridge above the function has no driver: nobody handles its errors and its power.", told.DRIVER),
)
# fmt: on
