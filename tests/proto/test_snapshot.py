"""A snapshot is named by what it says of the configuration."""

import dataclasses

from barwatch_proto.pci import Address
from barwatch_proto.snapshot import HostFacts, Setting, Snapshot
from barwatch_proto.topology import Function, FunctionState, Topology
from barwatch_proto.words import State

FUNCTION = Function(Address(0, 0, 0, 0), None, "k", 0x8086, 0x0D57, 0x060000)
ONE = Snapshot(1, HostFacts("h", "linux"), Topology((FUNCTION,)), (Setting("iommu", State.ON, "s"),))


def test_time_and_states_do_not_change_the_name():
    later = dataclasses.replace(ONE, id="", taken_at_ns=2, states=(FunctionState("k", 2, power_state="D3hot"),))

    assert later.id == ONE.id
    assert len(ONE.id) == 32


def test_a_setting_a_function_or_a_host_name_that_changes_does():
    others = (
        dataclasses.replace(ONE, id="", settings=(Setting("iommu", State.OFF, "s"),)),
        dataclasses.replace(ONE, id="", topology=Topology((dataclasses.replace(FUNCTION, driver="x"),))),
        dataclasses.replace(ONE, id="", host=HostFacts("g", "linux")),
    )

    assert len({ONE.id, *(other.id for other in others)}) == 4


def test_a_setting_is_found_by_name_and_what_nobody_looked_for_is_none():
    assert ONE.setting("iommu").state is State.ON
    assert ONE.setting("hvci") is None


def test_a_name_that_came_along_is_kept_whatever_this_version_would_compute():
    assert dataclasses.replace(ONE, id="f" * 32, settings=()).id == "f" * 32
