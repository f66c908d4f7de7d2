"""Columns of accesses."""

import pytest
from tests.collector.attributes.made import state, value, way_in

from barwatch_proto.snapshot import Setting
from barwatch_proto.words import Access, State

SYSFS = "/sys/bus/pci/devices/*/resource*"


@pytest.mark.parametrize("access", Access)
def test_an_access_is_a_column(access: Access) -> None:
    assert way_in(access)["access"] == access.value


@pytest.mark.parametrize(
    ("setting", "means"),
    [
        (Setting("user_access", State.ON, "/dev/barwatch, MAP"), "driver"),
        (Setting("user_access", State.ON, SYSFS), "system"),
        (Setting("user_access", State.OFF, "/dev/barwatch, MAP"), "driver"),
        (value("user_access", "simulated", "simulation"), "simulated"),
        (value("user_access", "recorded", "a recorded host"), "recorded"),
        (state("user_access", State.ABSENT), "absent"),
        (state("user_access", State.UNREADABLE), None),
        (Setting("kernel_access", State.ON, "/dev/barwatch"), None),
    ],
)
def test_who_serves_an_access_is_told_by_where_it_goes(setting: Setting, means: str | None) -> None:
    assert way_in(Access.USER, setting)["access_means"] == means
