"""How functions of a Windows machine stand now, and what must not be touched through a mapping."""

import errno
from dataclasses import replace

import pytest
from tests.agent.windows.told_by_windows import ToldSource, boolean, devnodes, power_data, uint32

from barwatch_agent.access.devnode_places import DevnodePlaces
from barwatch_agent.systems.windows import ConfigsThroughDriver, os_facts
from barwatch_agent.topology.linux import scan
from barwatch_agent.topology.windows import Latest, WindowsScanner
from barwatch_agent.topology.windows_now import Now
from barwatch_proto.pci import Address

GPU, ROOT_PORT = Address.parse("0000:09:00.0"), Address.parse("0000:00:1d.0")


@pytest.fixture
def machine(shared_host):
    """The laptop with its box: what Windows tells of it, as the latest look found it, and how it stands now."""
    found = scan(shared_host("laptop-thunderbolt-box"), 0)
    source, latest = ToldSource(devnodes(found.topology, found.states)), Latest()
    WindowsScanner(source, lambda *_: {}, lambda: 0, latest).scan()
    return source, latest


def change(source, latest, address, **changes):
    """Another answer for one function."""
    instance_id = latest.found[address].node.instance_id
    for index, node in enumerate(source.nodes):
        if node.instance_id == instance_id:
            properties = {**node.properties, **changes.pop("properties", {})}
            source.nodes[index] = replace(node, properties=properties, **changes)


def refused(source, latest):
    return DevnodePlaces(Now(source, latest)).refusals([GPU]).get(GPU)


def test_a_function_that_is_awake_may_be_touched(machine):
    assert refused(*machine) is None


def test_a_function_that_is_gone_is_not_touched(machine):
    source, latest = machine
    gone = latest.found[GPU].node.instance_id
    source.nodes = [node for node in source.nodes if node.instance_id != gone]

    assert refused(source, latest) == "the function is gone: Windows has none at 0000:09:00.0"


def test_nothing_is_read_behind_a_bridge_that_sleeps(machine):
    source, latest = machine
    change(source, latest, ROOT_PORT, properties={"power_data": power_data(4)})

    assert refused(source, latest) == "the bridge 0000:00:1d.0 upstream is in D3, and a read would find no link"


@pytest.mark.parametrize(
    ("support", "is_refused"),
    [
        (uint32(1 << 2 | 1 << 8), True),  # enabled, by default
        (uint32(1 << 1 | 1 << 9), False),  # disabled, by an INF
        (uint32(1 << 2 | 1 << 4), False),  # enabled, and the bridge cannot
        (uint32(1 << 3), True),  # says nothing of it
        (uint32(0), True),
        (boolean(is_true=False), True),  # what it is not
    ],
)
def test_a_function_in_d3_is_read_only_where_it_cannot_be_cold(machine, support, is_refused):
    source, latest = machine
    asleep = {"power_data": power_data(4), "d3cold_support": support}
    change(source, latest, GPU, properties=asleep)

    assert bool(refused(source, latest)) is is_refused


def test_a_function_that_did_not_start_is_not_touched(machine):
    source, latest = machine
    change(source, latest, GPU, problem=43)

    assert refused(source, latest) == "Windows has not started the function: problem code 43"


def test_evidence_has_what_windows_says_of_each_hop(machine):
    source, latest = machine
    source.corrected = f"{ROOT_PORT} 5\n".encode()
    port, gpu, nobody = os_facts(Now(source, latest), source, [ROOT_PORT, GPU, Address(0, 0xEE, 0, 0)])

    assert (port.power_state, port.driver, port.correctable_errors) == ("D0", "pci", 5)
    assert (gpu.correctable_errors, gpu.bars[0].start) == (0, 0xD0000000)
    assert nobody.is_gone


def test_without_a_driver_no_configuration_space_is_read(machine):
    _, latest = machine

    class NoDriver:
        def device(self):
            raise FileNotFoundError(errno.ENOENT, "none")

    assert ConfigsThroughDriver(NoDriver())(list(latest.found.values()), latest.places) == {}
