"""Attributes of a route: its links at their best, what saves power on them, and how errors are held back."""

from barwatch_collector.attributes.attribute import Form, Row, Value
from barwatch_collector.attributes.sources import route as told
from barwatch_collector.attributes.values import ABSENT, all_of, any_of, number, share, smallest, switch
from barwatch_collector.attributes.way import LINKED, Way, has_capability
from barwatch_proto.pci import PortType
from barwatch_proto.topology import Function

TURNING = frozenset({PortType.ROOT_PORT, PortType.DOWNSTREAM_PORT})  # ports that could send a request down again
DISABLED = "disabled"


def _max_speed(way: Way) -> float | None:
    return None if way.linked is None else smallest([hop.max_link_speed_gts for hop in way.linked])


def _max_width(way: Way) -> float | None:
    return None if way.linked is None else smallest([hop.max_link_width for hop in way.linked])


def _limits_link(way: Way) -> Value:
    function = way.function
    if function.port_type is not None and (function.port_type not in LINKED or (way.is_whole and not way.bridges)):
        return ABSENT
    speed, width = _max_speed(way), _max_width(way)
    own_speed, own_width = function.max_link_speed_gts, function.max_link_width
    if speed is None or width is None or own_speed is None or own_width is None:
        return None
    return switch(own_speed > speed or own_width > width)


def _aspm(way: Way, state: str) -> Value:
    if way.linked is None:
        return None
    return switch(any_of(None if hop.aspm is None else state in hop.aspm.split("+") for hop in way.linked))


def _l1_substate(way: Way, state: str) -> Value:
    if way.linked is None:
        return None
    return switch(any_of(_has_substate(hop, state) for hop in way.linked))


def _has_substate(hop: Function, state: str) -> bool | None:
    if hop.l1_substates is None:
        return _unless_incapable(hop, "l1_substates")
    return any(name.endswith(state) for name in hop.l1_substates.split("+"))


def _unless_incapable(hop: Function, capability: str) -> bool | None:
    """No where it cannot do it at all; where it could, whether it does is not known."""
    return False if has_capability(hop, capability) is False else None


def _payloads(way: Way) -> list[int | None] | None:
    if not way.is_whole or any(hop.port_type is None for hop in way.hops):
        return None
    return [hop.max_payload_bytes for hop in way.hops if hop.port_type is not PortType.CONVENTIONAL]


def _max_payload(way: Way) -> Value:
    return number(smallest(_payloads(way) or ()))


def _payload_differs(way: Way) -> Value:
    payloads = _payloads(way)
    if payloads is None or None in payloads:
        return None
    return switch(len(set(payloads)) > 1)


def _acs(way: Way) -> Value:
    if not way.is_whole or any(bridge.port_type is None for bridge in way.bridges):
        return None
    return share([_has_acs(bridge) for bridge in way.bridges if bridge.port_type in TURNING])


def _has_acs(bridge: Function) -> bool | None:
    return _unless_incapable(bridge, "acs") if bridge.acs is None else bridge.acs != DISABLED


def _port_acs(way: Way) -> Value:
    if way.port is None:
        return ABSENT if way.is_whole else None
    is_incapable = way.port.acs is None and has_capability(way.port, "acs") is False
    return ABSENT if is_incapable else way.port.acs


def _dpc(way: Way) -> Value:
    return switch(any_of(way.asked_bridges(_has_dpc)))


def _has_dpc(bridge: Function) -> bool | None:
    return _unless_incapable(bridge, "dpc") if bridge.has_dpc_enabled is None else bridge.has_dpc_enabled


def _d3cold(way: Way) -> Value:
    return switch(all_of(way.asked(lambda hop: hop.is_d3cold_allowed)))


# fmt: off
LINKS: tuple[Row[Way], ...] = (
    Row("route_max_link_speed_gts", Form.NUMBER, 0.4, None, lambda way: number(_max_speed(way)),
        "Speed of the slowest link on the route at its best, in GT/s.", told.LINK_AT_BEST),
    Row("route_max_link_width", Form.NUMBER, 0.4, None, lambda way: number(_max_width(way)),
        "Lanes of the narrowest link on the route at its best.", told.LINK_AT_BEST),
    Row("route_limits_link", Form.SWITCH, 0.4, None, _limits_link,
        "Some hop above is slower or narrower at its best than the function; absent for a function without a link.",
        told.LINK_AT_BEST),
    Row("route_aspm_l0s", Form.SWITCH, 0.4, None, lambda way: _aspm(way, "l0s"),
        "Some link on the route may go to L0s by itself.", told.ASPM),
    Row("route_aspm_l1", Form.SWITCH, 0.6, None, lambda way: _aspm(way, "l1"),
        "Some link on the route may go to L1 by itself.", told.ASPM),
    Row("route_l1_1_substate", Form.SWITCH, 0.5, "route_aspm_l1", lambda way: _l1_substate(way, "l1.1"),
        "Some link on the route may go to the L1.1 substate.", told.L1_SUBSTATES),
    Row("route_l1_2_substate", Form.SWITCH, 0.7, "route_aspm_l1", lambda way: _l1_substate(way, "l1.2"),
        "Some link on the route may go to the L1.2 substate.", told.L1_SUBSTATES),
    Row("route_d3cold_allowed", Form.SWITCH, 0.6, None, _d3cold,
        "Every hop may be put into D3cold.", told.D3COLD),
    Row("route_max_payload_bytes", Form.NUMBER, 0.3, None, _max_payload,
        "The smallest Max Payload Size that is programmed on the route.", told.PAYLOAD),
    Row("route_max_payload_differs", Form.SWITCH, 0.5, None, _payload_differs,
        "Hops of the route are programmed to different Max Payload Sizes.", told.PAYLOAD),
    Row("route_acs", Form.WORD, 0.3, None, _acs,
        "How many root and downstream ports on the route have some Access Control Service enabled: all, some, none.",
        told.ACS),
    Row("port_acs", Form.WORD, 0.3, "route_acs", _port_acs,
        "Access Control Services that the bridge directly above has enabled; absent when it has none.", told.ACS),
    Row("route_dpc", Form.SWITCH, 0.5, None, _dpc,
        "Some port above the function takes its link down at an error: Downstream Port Containment.", told.DPC),
)
# fmt: on
