"""Routes for people."""

from barwatch_collector.store.routes import in_words
from barwatch_proto.pci import Address, PortType
from barwatch_proto.topology import Function


def function(bus: int, class_code: int, port_type: PortType, **more: bool) -> Function:
    return Function(Address(0, bus, 0, 0), None, f"{bus}", 0x8086, bus, class_code, port_type=port_type, **more)


def test_a_route_in_words_tells_both_ends_and_the_tunnel() -> None:
    route = (
        function(1, 0x060400, PortType.ROOT_PORT),
        function(2, 0x060400, PortType.DOWNSTREAM_PORT, is_tunnelled=True),
        function(3, 0x010802, PortType.ENDPOINT),
    )

    assert in_words(route) == "root port 8086:0001 > 8086:0002 (tunnelled) > NVMe controller 8086:0003"
    assert in_words(route[:1]) == "root port 8086:0001"
