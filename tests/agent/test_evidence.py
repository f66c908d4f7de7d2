"""Evidence of a route: raw, and without waking or hanging anything."""

import dataclasses
from functools import partial

import pytest
from tests.agent.driver_device import Silicon

from barwatch_agent.driver import abi
from barwatch_agent.driver.abi import Status
from barwatch_agent.driver.connection import Driver
from barwatch_agent.driver.linux import open_device
from barwatch_agent.evidence import LinuxWitness
from barwatch_agent.topology.linux import LinuxScanner, asleep


@pytest.fixture
def box(host):
    """A laptop's roots, the route to the card in its box, and a witness."""
    roots = host("laptop-thunderbolt-box")
    topology = LinuxScanner(roots, lambda: 1).scan().topology
    card = next(function for function in topology.functions if function.vendor == 0x10DE)
    return roots, topology.route(card), witness_of(roots)


def witness_of(roots, opener=open_device):
    return LinuxWitness(roots, partial(asleep, roots), Driver(roots.dev / "barwatch", opener))


def folder(roots, function):
    return (roots.sys / "bus/pci/devices" / str(function.address)).resolve()


def test_the_whole_route_is_taken_root_port_first(box):
    _, route, witness = box
    spaces = witness.look(route)

    assert [space.address for space in spaces] == [function.address for function in route]
    assert len(route) > 4
    assert [space.data[:2] for space in spaces] == [each.vendor.to_bytes(2, "little") for each in route]
    assert [space.driver for space in spaces] == [function.driver or "" for function in route]
    assert spaces[-1].bars == tuple(dataclasses.replace(bar, resizable_bytes=()) for bar in route[-1].bars)
    assert {space.is_gone for space in spaces} == {False}


def test_behind_a_sleeping_bridge_nothing_is_read_and_the_reason_is_kept(box):
    roots, route, witness = box
    (folder(roots, route[1]) / "power/runtime_status").write_text("suspended\n")
    awake, asleep_, *behind = witness.look(route)

    assert awake.data != b""
    assert {space.data for space in behind} == {b""}
    assert all("asleep" in space.problem for space in behind)
    assert asleep_.runtime_status == "suspended"


def test_a_function_that_does_not_tell_its_vendor_is_asked_nothing_else(box):
    roots, route, witness = box
    (folder(roots, route[-1]) / "config").write_bytes(b"\xff" * 4096)

    space = witness.look(route)[-1]

    assert space.data == b"\xff" * 4
    assert "does not answer" in space.problem


def test_neighbours_of_a_silent_function_are_asked_whether_they_answer(box):
    roots, route, witness = box
    (folder(roots, route[-1]) / "config").write_bytes(b"\xff" * 4096)
    audio = roots.sys / "bus/pci/devices" / f"{str(route[-1].address)[:-1]}1" / "config"
    alive = witness.look(route)[-1].do_siblings_answer
    audio.resolve().write_bytes(b"\xff" * 4096)
    dead = witness.look(route)[-1].do_siblings_answer

    assert (alive, dead) == (True, False)
    assert witness.look(route)[-2].do_siblings_answer is None


def test_a_function_that_is_gone_is_evidence_too(box):
    roots, route, witness = box
    folder(roots, route[-1]).rename(roots.sys / "gone")

    space = witness.look(route)[-1]

    assert space.data == b""
    assert "ENOENT" in space.problem
    assert space.is_gone
    assert (space.power_state, space.driver, space.bars) == (None, None, ())


def test_what_an_ordinary_user_cannot_see_is_said(box):
    roots, route, witness = box
    config = folder(roots, route[-1]) / "config"
    config.write_bytes(config.read_bytes()[:64])

    space = witness.look(route)[-1]

    assert len(space.data) == 64
    assert "64 of 256 bytes" in space.problem


def test_where_the_policy_grants_it_the_driver_is_asked_for_each_hop(box):
    roots, route, _ = box
    silicon, card = Silicon(), abi.pack_address(route[-1].address)
    for bridge in range(len(route)):
        silicon.spaces[card, bridge] = bytes([bridge]) * 256 + bytes(64)
    spaces = witness_of(roots, lambda _: silicon.device()).look(route)

    assert [space.data for space in spaces] == [
        bytes([bridge]) * 256 + bytes(64) for bridge in reversed(range(len(route)))
    ]
    assert {space.problem for space in spaces} == {None}


def test_what_the_driver_does_not_touch_is_not_read_by_another_way(box):
    roots, route, _ = box
    silicon, card = Silicon(), abi.pack_address(route[-1].address)
    silicon.spaces[card, 0] = Status.UNREACHABLE_LINK_DOWN
    silicon.spaces[card, 1] = b"\xff" * 256
    silent, unreachable = witness_of(roots, lambda _: silicon.device()).look(route)[-2:]

    assert (unreachable.data, unreachable.problem) == (b"", "a link upstream is down")
    assert silent.data == b"\xff" * 4
    assert "does not answer" in silent.problem


def test_what_no_rule_grants_is_read_from_sysfs(box):
    roots, route, witness = box
    with_driver = witness_of(roots, lambda _: Silicon().device())

    assert with_driver.look(route) == witness.look(route)
