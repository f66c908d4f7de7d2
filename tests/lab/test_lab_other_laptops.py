"""Two laptops of another make: one that answers, one whose kernel is locked down."""

import pytest
from tests.lab.centre import LabError

pytestmark = [
    pytest.mark.xdist_group("lab-other-laptops"),
    pytest.mark.timeout(400),  # the boot
]


@pytest.mark.parametrize("stage", ["laptop-plain"], indirect=True)
def test_a_card_inside_a_laptop_answers(stage):
    assert stage.reads()["card.identification", "user"]["ok"]
    assert not stage.guest.complaints()


@pytest.mark.parametrize("stage", ["laptop-plain"], indirect=True)
def test_a_warning_of_the_guests_kernel_does_not_go_unnoticed(stage):
    stage.guest.run("echo 'WARNING: CPU: 0 PID: 1: written by a test' >/dev/kmsg")

    with pytest.raises(LabError, match=r"complained:\n.*written by a test"), stage.played():
        stage.guest.run("echo 'WARNING: CPU: 0 PID: 1: written by a test, too' >/dev/kmsg")
    assert not stage.guest.complaints()


@pytest.mark.parametrize("stage", ["laptop-locked"], indirect=True)
def test_a_locked_down_kernel_denies_every_mapping_and_that_is_no_failure(stage):
    settings = {setting["name"]: setting for setting in stage.told()["settings"]}
    episode = stage.expect_episode("card.identification", "denied")
    rows = [row for row in stage.collector.ask("topologies")["rows"] if row["access"] == "user"]

    assert settings["lockdown"]["value"] == "integrity"
    assert "EPERM" in episode["reason"]
    assert stage.reads()["config.ids", "config"]["ok"]
    assert all(row["failing_hosts"] == 0 for row in rows)
    assert not stage.guest.complaints()
