"""What the agent says of the driver: a setting in each state that it can be in."""

import errno
import os

import pytest
from tests.agent.driver_device import Silicon

from barwatch_agent.driver.abi import PolicyState
from barwatch_agent.driver.connection import Driver
from barwatch_proto.words import State


def opened(silicon, path):
    return Driver(path, lambda _: silicon.device())


def refusing(error, path):
    def opener(_):
        raise OSError(error, os.strerror(error))

    return Driver(path, opener)


@pytest.mark.parametrize(
    ("policy", "state", "told"),
    [
        (PolicyState.NONE, State.OFF, "none"),
        (PolicyState.LOADED, State.ON, "loaded, 16 rules, digest 0000000000decade"),
        (PolicyState.LOCKED, State.ON, "locked, 16 rules, digest 0000000000decade"),
    ],
)
def test_a_driver_without_a_policy_is_off(tmp_path, policy, state, told):
    driver = opened(Silicon(policy=policy), tmp_path)
    version, loaded = driver.settings()

    assert driver.status().state is state
    assert (version.name, version.value) == ("driver_version", "0.1.2")
    assert (loaded.name, loaded.value) == ("driver_policy", told)


def test_without_a_driver_the_access_is_absent_and_so_are_its_settings(tmp_path):
    driver = refusing(errno.ENOENT, tmp_path / "barwatch")

    assert driver.status().state is State.ABSENT
    assert "not installed" in driver.status().reason
    assert {setting.state for setting in driver.settings()} == {State.ABSENT}


def test_a_driver_that_this_user_may_not_open_is_unreadable_and_says_who_may(tmp_path):
    driver = refusing(errno.EACCES, tmp_path)

    assert driver.status().state is State.UNREADABLE
    assert "only root may, and the group" in driver.status().reason
    assert {setting.state for setting in driver.settings()} == {State.UNREADABLE}


def test_a_driver_of_another_contract_is_not_spoken_to(tmp_path):
    driver = opened(Silicon(abi=2), tmp_path)

    assert driver.status().state is State.UNREADABLE
    assert "speaks version 2" in driver.status().reason


def test_a_handle_that_failed_is_opened_again(tmp_path):
    silicon, opens = Silicon(), []
    driver = Driver(tmp_path, lambda _: opens.append(1) or silicon.device())
    driver.info()
    silicon.error = errno.EIO
    with pytest.raises(OSError, match="Input/output"):
        driver.info()
    silicon.error = 0

    assert driver.status().state is State.ON
    assert len(opens) == 2
