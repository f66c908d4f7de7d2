"""What the configuration manager is asked and answers, through C pointers as on Windows."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.agent.windows.fake_cfgmgr import FakeConfigManager
from tests.agent.windows.told_by_windows import devnodes, memory, string, uint32

from barwatch_agent.topology.linux import scan
from barwatch_agent.windows.calls import Libraries
from barwatch_agent.windows.cfgmgr import ConfigManager
from barwatch_agent.windows.facts import Devnode, Refusal
from barwatch_agent.windows.live import LiveSource
from barwatch_agent.windows.properties import KEYS

NODE = Devnode(
    "PCI\\VEN_10DE&DEV_2684&SUBSYS_00000000&REV_A1\\3&1&0&08",
    {"address": uint32(0x10000), "service": string("nvlddmkm")},
    [memory(0xF6000000, 16 << 20), memory(0x6000000000, 16 << 30, flags=0x84)],
    status=0x180200A,
    problem=0,
)


def live(fake, **libraries):
    made = Libraries(fake.library, None, None, **libraries)
    return LiveSource(made, lambda *_: Refusal(2), lambda: Refusal(0, "none"))


def test_a_device_is_read_as_it_is():
    fake = FakeConfigManager([NODE])

    assert live(fake).devices() == ([NODE], [])


def test_every_function_of_a_real_machine_comes_through(shared_host):
    found = scan(shared_host("server-switches"), 0)
    nodes = devnodes(found.topology, found.states)

    assert live(FakeConfigManager(nodes)).devices() == (nodes, [])


def test_every_handle_is_freed_and_none_is_used_after_that():
    fake = FakeConfigManager([NODE])
    live(fake).devices()

    assert fake.open == set()


def test_a_device_that_goes_away_meanwhile_does_not_stop_the_others():
    other = Devnode("PCI\\VEN_8086&DEV_1901\\1", status=0, problem=0, resources=())
    fake = FakeConfigManager([NODE, other])
    fake.gone.add(NODE.instance_id)

    assert live(fake).devices() == ([other], [f"{NODE.instance_id}: the device is gone"])


def test_a_device_that_comes_while_the_list_is_asked_for_is_in_it():
    other = Devnode("PCI\\VEN_8086&DEV_1901\\1", status=0, problem=0, resources=())
    fake = FakeConfigManager([NODE])
    fake.arriving = [other]

    assert live(fake).devices() == ([NODE, other], [])


def test_a_list_that_never_stops_growing_is_an_error_and_no_endless_loop():
    fake = FakeConfigManager([NODE])
    fake.arriving = [NODE] * 10

    with pytest.raises(OSError, match="CM_Get_Device_ID_List"):
        live(fake).names()
    assert fake.arriving


def test_one_device_is_asked_for_the_properties_that_are_wanted():
    found = live(FakeConfigManager([NODE])).device(NODE.instance_id, ["service"], with_resources=False)

    assert found == replace(NODE, properties={"service": string("nvlddmkm")}, resources=None)


def test_a_property_that_is_longer_than_any_is_a_problem_of_its_own():
    long = Devnode(NODE.instance_id, {"service": string("x" * 20_000), "address": uint32(1)}, (), 0, 0)
    ((found,), _) = live(FakeConfigManager([long])).devices()

    assert dict(found.properties) == {"address": uint32(1)}
    assert found.problems == ("service: CM_Get_DevNode_Property answers CONFIGRET 0x1a",)


def test_a_windows_without_a_call_says_so():
    manager = ConfigManager(SimpleNamespace())

    with pytest.raises(OSError, match="this Windows has no CM_Locate_DevNodeW"):
        manager.locate("PCI\\X")


def test_no_property_is_asked_for_twice():
    assert len(set(KEYS.values())) == len(KEYS)
