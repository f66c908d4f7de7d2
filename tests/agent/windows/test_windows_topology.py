"""A machine has one topology, whichever system it runs: the same functions, keys, routes and fingerprints."""

from dataclasses import replace

import pytest
from tests.agent.windows.told_by_windows import ToldSource, boolean, devnodes, power_data, string, uint32

from barwatch_agent.topology.linux import asleep, scan
from barwatch_agent.topology.sysfs_config import read_config_space
from barwatch_agent.topology.windows import WindowsScanner
from barwatch_agent.windows.facts import Devnode
from barwatch_proto.fingerprint import topology_fingerprint
from barwatch_proto.pci import Address
from barwatch_proto.topology import Topology

HOSTS = ("desktop-gpu-slot", "desktop-other-slot", "laptop-thunderbolt-box", "laptop-no-thunderbolt", "server-switches")
# Virtual functions have no BAR registers, which would tell how wide their BARs are.
VIRTUAL = {"server-switches": ["0000:85:02.0", "0000:85:02.1"]}
CLASS = {"base_class": uint32(2), "sub_class": uint32(0), "prog_if": uint32(0)}
BRIDGE = {"base_class": uint32(6), "sub_class": uint32(4), "prog_if": uint32(0)}


def no_configs(_found, _places):
    return {}


def look(source, configs=no_configs):
    return WindowsScanner(source, configs, lambda: 7).scan()


@pytest.fixture
def both(shared_host):
    """The look at a recorded Linux machine, and the one at the same machine under Windows."""

    def scanned(name, *, with_configs=True):
        roots = shared_host(name)
        linux = scan(roots, 7)
        devices = roots.sys / "bus/pci/devices"

        def configs(found, _places):
            awake = [each.address for each in found if with_configs and asleep(roots, each.address) is None]
            return {address: read_config_space(str(devices / str(address) / "config"))[0] for address in awake}

        return linux, look(ToldSource(devnodes(linux.topology, linux.states)), configs)

    return scanned


def prints(found):
    return {str(route[-1].address): topology_fingerprint(route) for route in found.topology.routes()}


@pytest.mark.parametrize("name", HOSTS)
def test_keys_and_routes_are_those_that_linux_gives(both, name):
    linux, windows = both(name)

    assert [(f.address, f.parent, f.key) for f in windows.topology.functions] == [
        (f.address, f.parent, f.key) for f in linux.topology.functions
    ]


@pytest.mark.parametrize("name", HOSTS)
def test_fingerprints_are_those_that_linux_gives_where_the_driver_reads_configuration_space(both, name):
    linux, windows = both(name)
    ours, theirs = prints(windows), prints(linux)

    assert [each for each in theirs if ours[each] != theirs[each]] == VIRTUAL.get(name, [])


@pytest.mark.parametrize("name", HOSTS)
def test_without_a_driver_keys_and_port_types_are_the_same(both, name):
    linux, windows = both(name, with_configs=False)

    assert [(f.address, f.key, f.port_type) for f in windows.topology.functions] == [
        (f.address, f.key, f.port_type) for f in linux.topology.functions
    ]


def test_two_devices_at_one_address_are_one_function_and_a_problem():
    nodes = [
        Devnode(f"PCI\\VEN_8086&DEV_1901\\{each}", {"bus_number": uint32(0), "address": uint32(0)}) for each in "ab"
    ]
    found = look(ToldSource([replace(node, properties={**node.properties, **CLASS}) for node in nodes]))

    assert [str(function.address) for function in found.topology.functions] == ["0000:00:00.0"]
    assert found.topology.problems == ("PCI\\VEN_8086&DEV_1901\\b: left out: 0000:00:00.0 is another one's address",)


def test_a_function_without_an_address_is_left_out_and_said():
    found = look(ToldSource([Devnode("PCI\\VEN_8086&DEV_1901\\a", {"bus_number": uint32(0)})]))

    assert found.topology.problems == ("PCI\\VEN_8086&DEV_1901\\a: left out: Windows does not tell its address",)


def test_the_upper_bits_of_a_bus_number_are_the_domain():
    properties = {"bus_number": uint32(0x10A05), "address": uint32(0x1F0003), **CLASS}
    found = look(ToldSource([Devnode("PCI\\VEN_8086&DEV_1901\\a", properties)]))

    assert [str(function.address) for function in found.topology.functions] == ["010a:05:1f.3"]


def test_what_only_holds_an_interrupt_is_no_function():
    assert look(ToldSource([Devnode("PCI\\IRQHOLDER\\1")])).topology == Topology()


def test_parents_in_a_circle_end_the_route():
    properties = {"address": uint32(0), **BRIDGE}
    nodes = [
        Devnode(
            "PCI\\VEN_8086&DEV_1901\\a",
            {**properties, "bus_number": uint32(0), "parent": string("PCI\\VEN_8086&DEV_1901\\b")},
        ),
        Devnode(
            "PCI\\VEN_8086&DEV_1901\\b",
            {**properties, "bus_number": uint32(1), "parent": string("PCI\\VEN_8086&DEV_1901\\a")},
        ),
    ]

    assert len(look(ToldSource(nodes)).topology.functions) == 2


def test_a_function_that_sleeps_keeps_the_configuration_of_when_it_was_awake(shared_host):
    """A snapshot's name must not change each time that something falls asleep."""
    roots = shared_host("desktop-gpu-slot")
    linux = scan(roots, 0)
    spaces = {
        f.address: read_config_space(str(roots.sys / "bus/pci/devices" / str(f.address) / "config"))[0]
        for f in linux.topology.functions
    }
    answers = [spaces, {}, dict.fromkeys(spaces, b"\xff\xff\xff\xff")]
    scanner = WindowsScanner(ToldSource(devnodes(linux.topology)), lambda *_: answers.pop(0), lambda: 7)
    awake, asleep_now, silent = scanner.scan(), scanner.scan(), scanner.scan()

    assert awake.topology == asleep_now.topology == silent.topology
    assert {state.is_memory_decoding for state in asleep_now.states} == {None}


def test_windows_own_word_on_a_tunnel_comes_first(shared_host):
    found = scan(shared_host("laptop-thunderbolt-box"), 0).topology
    nodes = [
        replace(node, properties={**node.properties, "is_tunneled": boolean(is_true=False)}) for node in devnodes(found)
    ]

    assert {f.is_tunnelled for f in look(ToldSource(nodes)).topology.functions} == {False}


def test_what_hangs_below_a_usb4_port_is_tunnelled(shared_host):
    found = scan(shared_host("desktop-gpu-slot"), 0).topology
    gpu = next(f for f in found.functions if f.class_code >> 16 == 3)
    port = found.functions.index(found.by_address()[gpu.parent])
    nodes = devnodes(found)
    nodes[port] = replace(nodes[port], properties={**nodes[port].properties, "usb_dvsec_port_type": uint32(1)})
    told = look(ToldSource(nodes)).topology.by_address()

    assert (told[gpu.parent].is_tunnelled, told[gpu.address].is_tunnelled) == (False, True)


def test_d3_is_hot_where_configuration_space_answers():
    node = Devnode(
        "PCI\\VEN_8086&DEV_1901\\a",
        {"bus_number": uint32(0), "address": uint32(0), "power_data": power_data(4), **CLASS},
    )
    config = bytes.fromhex("86800119 06001000 00000002 00000000".replace(" ", "")) + bytes(240)
    unread, read = (
        look(ToldSource([node]), configs) for configs in (no_configs, lambda *_: {Address(0, 0, 0, 0): config})
    )

    assert [scanned.states[0].power_state for scanned in (unread, read)] == ["D3", "D3hot"]


def test_a_device_that_did_not_start_says_that_nothing_is_assigned_to_it():
    """Code 12: there were not enough resources. It has BARs all the same, and nobody knows where."""
    placed = {**CLASS, "bus_number": uint32(3), "address": uint32(0)}
    node = Devnode(r"PCI\VEN_10DE&DEV_2684\1", placed, (), status=0x1802400, problem=12)
    (stopped,) = look(ToldSource([node])).topology.functions
    (started,) = look(ToldSource([replace(node, status=0x180200A, problem=0)])).topology.functions

    assert "resource: none is assigned, since the device did not start: problem code 12" in stopped.problems
    assert not any(problem.startswith("resource") for problem in started.problems)
