"""Attributes of a route: the Thunderbolt or USB4 domain that it passes through; absent where it passes none.

A topology does not say which domain a function is reached through: where a host has several that differ, it is not
known.
"""

from collections.abc import Callable, Sequence

from barwatch_collector.attributes.attribute import Form, Row, Value
from barwatch_collector.attributes.sources import route as told
from barwatch_collector.attributes.values import ABSENT, agreed, number, switch
from barwatch_collector.attributes.way import Way
from barwatch_proto.topology import ThunderboltDevice, ThunderboltDomain

AUTHORIZED = {0: "no", 1: "yes", 2: "key"}  # Linux Documentation/ABI/testing/sysfs-bus-thunderbolt


def _domain(way: Way, fact: Callable[[ThunderboltDomain], Value]) -> Value:
    return _agreed(way, [fact(domain) for domain in way.around.domains])


def _dma_protection(way: Way) -> Value:
    """Windows tells of no domain, and protects all external ports alike."""
    if way.around.system == "windows":
        return _agreed(way, [switch(way.around.guards_ports)])
    return _domain(way, lambda domain: switch(domain.has_iommu_dma_protection))


def _router(way: Way, fact: Callable[[ThunderboltDevice], Value]) -> Value:
    return _agreed(way, [fact(router) for router in way.around.routers])


def _host_router(way: Way, fact: Callable[[ThunderboltDevice], Value]) -> Value:
    return _agreed(way, [fact(router) for router in way.around.host_routers])


def _agreed(way: Way, facts: Sequence[Value]) -> Value:
    if way.is_tunnelled:
        return agreed(facts)
    return None if way.is_tunnelled is None else ABSENT


def _authorized(router: ThunderboltDevice) -> Value:
    return None if router.authorized is None else AUTHORIZED.get(router.authorized)


def _generation(way: Way) -> Value:
    return agreed(number(router.generation) for router in way.around.routers) if way.is_tunnelled else None


def _routers(way: Way) -> Value:
    return number(len(way.around.routers)) if way.is_tunnelled and way.around.routers else None


# fmt: off
TUNNEL: tuple[Row[Way], ...] = (
    Row("tunnel_security", Form.WORD, 0.7, "route_tunnelled",
        lambda way: _domain(way, lambda domain: domain.security),
        "Security level of the domain: none, user, secure, dponly, usbonly or nopcie.", told.DOMAIN),
    Row("tunnel_dma_protection", Form.SWITCH, 0.8, "route_tunnelled",
        _dma_protection,
        "The IOMMU guards the host against devices of the domain.", told.TUNNEL_GUARD),
    Row("tunnel_generation", Form.NUMBER, 0.5, "route_tunnelled", _generation,
        "Generation of the box or dock: 3 for Thunderbolt 3, 4 for USB4 and Thunderbolt 4.", told.BOX_NUMBER),
    Row("tunnel_authorized", Form.WORD, 0.5, "route_tunnelled", lambda way: _router(way, _authorized),
        "The box or dock is authorized: no, yes, or with a key.", told.BOX),
    Row("tunnel_authorized_at_boot", Form.SWITCH, 0.6, "tunnel_authorized",
        lambda way: _router(way, lambda router: switch(router.is_authorized_at_boot)),
        "The firmware had authorized the box or dock before the operating system began.", told.BOX),
    Row("tunnel_vendor", Form.WORD, 0.1, "route_tunnelled",
        lambda way: _router(way, lambda router: router.vendor_name),
        "Who made the box or dock.", told.BOX),
    Row("tunnel_device", Form.WORD, 0.1, "tunnel_vendor",
        lambda way: _router(way, lambda router: router.device_name),
        "What the box or dock calls itself.", told.BOX),
    Row("tunnel_nvm_version", Form.WORD, 0.2, "tunnel_device",
        lambda way: _router(way, lambda router: router.nvm_version),
        "Firmware version of the box or dock.", told.BOX),
    Row("tunnel_host_nvm_version", Form.WORD, 0.2, "route_tunnelled",
        lambda way: _host_router(way, lambda router: router.nvm_version),
        "Firmware version of the Thunderbolt or USB4 controller in the host.", told.HOST_ROUTER),
    Row("tunnel_routers", Form.NUMBER, 0.3, "route_tunnelled", _routers,
        "Boxes and docks that are plugged into the host, one after the other or side by side.", told.BOX_NUMBER),
)
# fmt: on
