"""Snapshots, and the states that change between them."""

import dataclasses

from barwatch_agent.inventory import Inventory, StateChanges
from barwatch_agent.topology import Scan
from barwatch_proto.snapshot import HostFacts, Setting
from barwatch_proto.topology import FunctionState, Topology
from barwatch_proto.words import State

STATE = FunctionState("f", 1, power_state="D0", link_width=16, aer_correctable=0)


def test_a_state_is_told_once_and_again_when_it_changes():
    changes = StateChanges()
    degraded = dataclasses.replace(STATE, taken_at_ns=3, link_width=1)

    assert changes.since_last([STATE]) == [STATE]
    assert changes.since_last([dataclasses.replace(STATE, taken_at_ns=2)]) == []
    assert changes.since_last([degraded]) == [degraded]
    assert changes.since_last([dataclasses.replace(STATE, taken_at_ns=4)]) != []


def test_every_state_field_counts_but_its_time():
    for field in dataclasses.fields(FunctionState):
        changes = StateChanges()
        changes.since_last([STATE])
        other = dataclasses.replace(STATE, **{field.name: "other"})

        assert bool(changes.since_last([other])) is (field.name != "taken_at_ns"), field.name


def test_a_look_has_the_settings_of_the_platform_and_of_the_ways_in():
    class Scanner:
        def scan(self):
            return Scan(Topology(), (STATE,))

    snapshot = Inventory(
        Scanner(),
        settings=lambda: [Setting("iommu", State.ON, "s")],
        ways_in=lambda: [Setting("kernel_access", State.ABSENT, "s", reason="no driver")],
        facts=lambda: HostFacts("h", "linux"),
        now_ns=lambda: 5,
    ).look()

    assert [setting.name for setting in snapshot.settings] == ["iommu", "kernel_access"]
    assert (snapshot.taken_at_ns, snapshot.states) == (5, (STATE,))
