"""Two laptops of another make: one whose agent is an ordinary user, one whose kernel is locked down."""

import pytest
from tests.lab import ordinary, verdicts
from tests.lab.centre import LabError
from tests.lab.scenarios import SCENARIOS

PLAIN, LOCKED = "laptop-plain", "laptop-locked"
pytestmark = [
    pytest.mark.xdist_group("lab-other-laptops"),
    pytest.mark.timeout(400),  # the boot
]


@pytest.mark.parametrize("stage", [PLAIN], indirect=True)
def test_an_agent_that_is_no_root_reads_by_every_access_what_a_locked_policy_grants(stage):
    settings = {setting["name"]: setting for setting in stage.told()["settings"]}
    reads = stage.reads()

    assert stage.guest.run("stat -c %u /run/agent/spool.sqlite").strip() == str(ordinary.USER)  # as it made it
    assert settings["driver_policy"]["value"].startswith("locked")
    for access in ("user", "kernel"):
        assert reads["card.identification", access]["ok"]
    assert not stage.guest.complaints()


@pytest.mark.parametrize("stage", [PLAIN], indirect=True)
@pytest.mark.parametrize("scenario", SCENARIOS[PLAIN], ids=lambda scenario: scenario.__name__)
def test_a_failure_inside_a_laptop_is_known_and_ends(stage, scenario):
    with stage.played():
        scenario(stage)
    verdicts.expect(stage, scenario)


@pytest.mark.parametrize("stage", [PLAIN], indirect=True)
def test_a_warning_of_the_guests_kernel_does_not_go_unnoticed(stage):
    stage.guest.run("echo 'WARNING: CPU: 0 PID: 1: written by a test' >/dev/kmsg")

    with pytest.raises(LabError, match=r"complained:\n.*written by a test"), stage.played():
        stage.guest.run("echo 'WARNING: CPU: 0 PID: 1: written by a test, too' >/dev/kmsg")
    assert not stage.guest.complaints()


@pytest.mark.parametrize("stage", [LOCKED], indirect=True)
def test_a_locked_down_kernel_denies_every_access_to_a_bar_and_that_is_no_failure(stage):
    settings = {setting["name"]: setting for setting in stage.told()["settings"]}
    user, kernel = stage.expect_episodes("card.identification", "denied")
    rows = [row for row in stage.collector.ask("topologies")["rows"] if row["access"] in {"user", "kernel"}]

    assert settings["lockdown"]["value"] == "integrity"
    assert "EPERM" in user["reason"]
    assert kernel["reason"] == "the kernel is locked down"
    assert stage.reads()["config.ids", "config"]["ok"]
    assert rows
    assert all(row["failing_hosts"] == 0 for row in rows)
    assert not stage.guest.complaints()
