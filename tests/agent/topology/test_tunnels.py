"""The rule that says which functions are reached through a Thunderbolt or USB4 tunnel."""

from collections.abc import Mapping, Sequence

import pytest

from barwatch_agent.topology.tunnels import Hints, external_facing, tunnelled
from barwatch_proto.pci import Address, PortType
from barwatch_proto.topology import Function

ROOT_PORT = "0000:00:07.0"
BOX = "0000:03:00.0"  # a bridge in the box at the end of the cable
CARD = "0000:04:00.0"
HOST_INTERFACE = "0000:00:0d.2"


def function(address: str, parent: str | None = None, **facts: object) -> Function:
    usual: dict[str, object] = {"vendor": 0x8086, "device": 0x1234, "class_code": 0x030000}
    above = Address.parse(parent) if parent else None
    return Function(Address.parse(address), above, "", **{**usual, **facts})  # type: ignore[arg-type] facts are checked by use


def port(address: str, parent: str | None = None, **facts: object) -> Function:
    usual = {"class_code": 0x060400, "is_bridge": True, "port_type": PortType.ROOT_PORT}
    return function(address, parent, **{**usual, **facts})


def decide(
    functions: Sequence[Function], suppliers: Mapping[str, str] | None = None, *, has_domains: bool = False
) -> dict[str, bool | None]:
    known = {each.address: each for each in functions}

    def chain(each: Function) -> tuple[Address, ...]:
        above = chain(known[each.parent]) if each.parent in known else ()
        return (*above, each.address)

    links = {Address.parse(who): [Address.parse(whom)] for who, whom in (suppliers or {}).items()}
    found = tunnelled(functions, Hints(links, {each.address: chain(each) for each in functions}, has_domains))
    return {str(address): value for address, value in found.items()}


def laptop(*, removable: bool | None = None, **port_facts: object) -> list[Function]:
    """A host interface and a hot-plug root port, with a box and a card behind it."""
    return [
        port(ROOT_PORT, **{"is_hotplug_capable": True, **port_facts}),
        function(HOST_INTERFACE, class_code=0x0C0340),
        port(BOX, ROOT_PORT, port_type=PortType.UPSTREAM_PORT, is_removable=removable),
        function(CARD, BOX, vendor=0x10DE, is_removable=removable),
    ]


def test_a_host_without_a_host_interface_has_no_tunnels() -> None:
    found = decide([port(ROOT_PORT, is_hotplug_capable=True), function(CARD, ROOT_PORT)])

    assert found == {ROOT_PORT: False, CARD: False}


def test_an_ordinary_user_on_a_desktop_knows_that_there_are_no_tunnels() -> None:
    """Without capabilities, the absence of a host interface tells: its class is for everybody to see."""
    assert decide([port(ROOT_PORT, port_type=None), function(CARD, ROOT_PORT)])[CARD] is False


def test_a_function_behind_a_port_that_the_kernel_linked_to_the_host_interface_is_tunnelled() -> None:
    found = decide(laptop(), {ROOT_PORT: HOST_INTERFACE})

    assert found == {ROOT_PORT: False, HOST_INTERFACE: False, BOX: True, CARD: True}


def test_a_link_to_anything_but_a_host_interface_says_nothing() -> None:
    functions = [*laptop(), function("0000:00:14.0", class_code=0x0C0330)]

    assert decide(functions, {ROOT_PORT: "0000:00:14.0"})[CARD] is None
    assert decide(functions, {ROOT_PORT: "0000:00:1f.6"})[CARD] is None


def test_a_slot_beside_the_ports_of_a_linked_host_interface_is_no_tunnel() -> None:
    slot = port("0000:00:1d.0", is_hotplug_capable=True)
    functions = [*laptop(), slot, function("0000:55:00.0", "0000:00:1d.0")]

    assert decide(functions, {ROOT_PORT: HOST_INTERFACE})["0000:55:00.0"] is False


@pytest.mark.parametrize("device", [0x8A1D, 0x9A29, 0x9A31])
def test_integrated_ports_older_than_the_firmware_property_are_known_by_their_ids(device: int) -> None:
    assert decide(laptop(device=device))[CARD] is True


def test_the_same_device_id_of_another_vendor_is_another_port() -> None:
    assert decide(laptop(device=0x9A29, vendor=0x1022))[CARD] is None


@pytest.mark.parametrize(("removable", "expected"), [(True, True), (None, None), (False, None)])
def test_where_a_port_is_unknown_removable_decides(removable: bool | None, expected: bool | None) -> None:  # noqa: FBT001 a table of cases
    assert decide(laptop(removable=removable))[CARD] is expected


def test_removable_says_nothing_on_a_host_without_thunderbolt() -> None:
    functions = [port(ROOT_PORT, is_hotplug_capable=True), function(CARD, ROOT_PORT, is_removable=True)]

    assert decide(functions)[CARD] is False
    assert decide(functions, has_domains=True)[CARD] is True


def test_a_port_without_hot_plug_leads_into_no_tunnel() -> None:
    assert decide(laptop(is_hotplug_capable=False))[CARD] is False
    assert decide(laptop(is_hotplug_capable=None))[CARD] is False


def test_a_port_whose_configuration_space_was_not_read_is_unknown() -> None:
    assert decide(laptop(port_type=None, is_hotplug_capable=None))[CARD] is None


def test_a_function_whose_bridge_is_gone_cannot_be_told() -> None:
    orphan = function(CARD, BOX)
    chain = (Address.parse(BOX), orphan.address)

    assert tunnelled([orphan], Hints({}, {orphan.address: chain}, has_domains=False)) == {orphan.address: None}


def discrete_controller(capability: str = "thunderbolt") -> list[Function]:
    """A Thunderbolt card or chip: a switch with host interface, USB controller and two ports to the outside."""
    upstream, inner, outer = "0000:02:00.0", "0000:03:00.0", "0000:03:01.0"
    own = {"capabilities": ("express", capability)}
    downstream = {**own, "port_type": PortType.DOWNSTREAM_PORT}
    return [
        port("0000:00:1c.0", is_hotplug_capable=True),
        port(upstream, "0000:00:1c.0", port_type=PortType.UPSTREAM_PORT, **own),
        port(inner, upstream, **downstream, is_hotplug_capable=False),
        port(outer, upstream, **downstream, is_hotplug_capable=True),
        function("0000:04:00.0", inner, class_code=0x088000, **own),
        port("0000:05:00.0", outer, port_type=PortType.UPSTREAM_PORT, is_removable=True),
        function("0000:06:00.0", "0000:05:00.0", is_removable=True),
    ]


@pytest.mark.parametrize("capability", ["thunderbolt", "usb4"])
def test_behind_a_discrete_controller_only_what_hangs_at_its_hot_plug_ports_is_tunnelled(capability: str) -> None:
    found = decide(discrete_controller(capability))

    assert [address for address, is_tunnelled in found.items() if is_tunnelled] == ["0000:05:00.0", "0000:06:00.0"]
    assert found["0000:04:00.0"] is False


def test_a_controller_that_its_driver_names_counts_as_a_host_interface() -> None:
    functions = [port(ROOT_PORT, is_hotplug_capable=True), function(CARD, ROOT_PORT)]

    assert decide([*functions, function("0000:07:00.0", class_code=0x088000, driver="thunderbolt")])[CARD] is None
    assert decide([*functions, function("0000:07:00.0", class_code=0x088000)])[CARD] is False


def test_the_port_above_what_is_removable_leads_out_of_the_chassis() -> None:
    assert external_facing(laptop(removable=True)) == {Address.parse(ROOT_PORT)}
    assert external_facing(laptop(removable=False)) == frozenset()
    assert external_facing([function(CARD, BOX, is_removable=True)]) == frozenset()
