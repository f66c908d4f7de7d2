"""Names that stay when addresses move."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwatch_proto.fingerprint import function_key, topology_fingerprint
from barwatch_proto.pci import Address, BarKind, PortType
from barwatch_proto.topology import Bar, Function, Topology

PORT = Function(
    Address(0, 0, 1, 0),
    None,
    "port",
    0x8086,
    0x1901,
    0x060400,
    port_type=PortType.ROOT_PORT,
    is_tunnelled=False,
    is_bridge=True,
)
GPU = Function(
    Address(0, 1, 0, 0),
    PORT.address,
    "gpu",
    0x10DE,
    0x1B80,
    0x030000,
    port_type=PortType.LEGACY_ENDPOINT,
    is_tunnelled=False,
    bars=(Bar(0, BarKind.MEMORY_32, is_prefetchable=False, length_bytes=1 << 24, start=0xF6000000),),
)


def changed(**changes):
    return dataclasses.replace(GPU, **changes)


@given(st.integers(1, 255), st.integers(0, 2**40))
def test_addresses_of_functions_and_bars_do_not_count(bus, start):
    moved_port = dataclasses.replace(PORT, secondary_bus=bus)
    moved = changed(address=Address(0, bus, 0, 0), bars=(dataclasses.replace(GPU.bars[0], start=start),))

    assert topology_fingerprint((moved_port, moved)) == topology_fingerprint((PORT, GPU))


@pytest.mark.parametrize(
    "other",
    [
        changed(device=0x1B81),
        changed(class_code=0x030200),
        changed(is_tunnelled=True),
        changed(is_tunnelled=None),
        changed(port_type=PortType.ENDPOINT),
        changed(bars=()),
        changed(bars=(dataclasses.replace(GPU.bars[0], length_bytes=1 << 25),)),
        changed(bars=(dataclasses.replace(GPU.bars[0], is_prefetchable=True),)),
        changed(bars=(dataclasses.replace(GPU.bars[0], kind=BarKind.MEMORY_64),)),
    ],
    ids=["device", "class", "tunnelled", "tunnel unknown", "port type", "no BAR", "size", "prefetchable", "64 bit"],
)
def test_everything_that_makes_a_topology_counts(other):
    assert topology_fingerprint((PORT, other)) != topology_fingerprint((PORT, GPU))


@pytest.mark.parametrize(
    "same",
    [
        changed(driver="nouveau"),
        changed(revision=3),
        changed(key="elsewhere"),
        changed(aspm="l1"),
        changed(iommu_group=7),
    ],
    ids=["driver", "revision", "key", "aspm", "iommu group"],
)
def test_what_may_vary_within_a_topology_does_not_count(same):
    assert topology_fingerprint((PORT, same)) == topology_fingerprint((PORT, GPU))


def test_one_more_bridge_on_the_way_is_another_topology():
    assert topology_fingerprint((PORT, PORT, GPU)) != topology_fingerprint((PORT, GPU))


def test_a_serial_number_names_a_function_wherever_it_is_plugged_in():
    ids = (0x10DE, 0x1B80, None, None)

    assert function_key(ids, 7, 0, ("01.0", "00.0")) == function_key(ids, 7, 0, ("1c.4", "00.0", "00.0"))
    assert function_key(ids, 7, 0, ()) != function_key(ids, 8, 0, ())
    assert function_key(ids, 7, 0, ()) != function_key(ids, 7, 1, ())


def test_without_a_serial_number_the_place_names_it():
    ids = (0x144D, 0xA808, None, None)

    assert function_key(ids, None, 0, ("1d.0", "00.0")) != function_key(ids, None, 0, ("1d.4", "00.0"))


def test_a_route_goes_from_the_root_port_to_the_function():
    topology = Topology((PORT, GPU))

    assert topology.route(GPU) == (PORT, GPU)
    assert topology.route(PORT) == (PORT,)


def test_a_route_through_parents_that_form_a_loop_ends():
    above = dataclasses.replace(PORT, parent=GPU.address)

    assert topology_fingerprint(Topology((above, GPU)).route(GPU))
    assert len(Topology((above, GPU)).route(GPU)) == 2


def test_all_routes_at_once_are_the_routes_one_by_one():
    topology = Topology((PORT, GPU))

    assert list(topology.routes()) == [topology.route(function) for function in topology.functions]


def test_a_route_is_cut_where_no_hierarchy_can_be_as_deep():
    chain = tuple(
        dataclasses.replace(PORT, address=Address(0, bus, 0, 0), parent=Address(0, bus - 1, 0, 0) if bus else None)
        for bus in range(200)
    )

    assert max(map(len, Topology(chain).routes())) == 64
