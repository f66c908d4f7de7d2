"""The policy of the driver's next start, which Windows keeps in its registry: winreg is a dict, the driver Python.

tests/driver/windows/test_policy.py shows such bytes to the real driver.
"""

import errno
import json
import struct

import pytest
from click.testing import CliRunner, Result
from tests.agent.policy.fake_registry import PARAMETERS, SERVICE, FakeRegistry

from barwatch_agent.errors import ConfigError
from barwatch_agent.policy.command import policy
from barwatch_agent.policy.driver_here import on_windows

RULE = """
[[rule]]
summary = "GPU status"
vendor = 0x10de
bar = 0
offset = 0x0
length = 4
widths = [4]
rights = ["read", "shared"]
"""
OTHER = RULE.replace("0x10de", "0x1002")
PACKED = struct.pack("=I4H3I3Q2B6x", 1, 0x10DE, 0, 0, 0, 0, 0, 9, 0, 4, 0, 0, 4)
LOCKED = struct.pack("=6IQ", 32, 1, 1, 56, 0, 0, 0) + PACKED
OPEN = struct.pack("=6IQ", 32, 0, 1, 56, 0, 0, 0) + PACKED


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture
def run(driver, registry):
    """Runs a command on a Windows machine with that registry and that driver."""

    def run_(*arguments: object) -> Result:
        words = [str(each) for each in arguments]
        return CliRunner().invoke(policy, words, obj=lambda _: on_windows(driver, registry))

    return run_


def refusal(result: Result) -> str:
    assert isinstance(result.exception, ConfigError), result.output
    return str(result.exception)


def kept(registry):
    """What the driver would find."""
    return registry.keys.get(PARAMETERS, {}).get("Policy")


def test_what_the_driver_took_is_left_for_its_next_start_in_the_bytes_that_it_took(
    run, policy_file, registry, driver
) -> None:
    done = run("load", policy_file(RULE), "--at-start")

    assert kept(registry) == (OPEN, registry.REG_BINARY)
    assert driver.rules == [PACKED]
    digest = f"{driver.digest:016x}"
    assert done.stdout == (
        f"the driver has a policy of 1 rule, digest {digest}, loaded\n"
        f"at its next start: a policy of 1 rule, digest {digest}, not locked; the one that is in force\n"
    )


def test_what_was_locked_is_locked_at_the_next_start_too(run, policy_file, registry) -> None:
    run("load", policy_file(RULE), "--lock", "--at-start")

    assert kept(registry) == (LOCKED, registry.REG_BINARY)


def test_without_the_option_nothing_is_left_and_that_is_said(run, policy_file, registry) -> None:
    done = run("load", policy_file(RULE))

    assert kept(registry) is None
    assert done.stdout.splitlines()[-1] == "at its next start: no policy: nothing is kept for it"


def test_what_the_driver_refuses_is_not_left_and_what_was_left_stays(run, policy_file, registry, driver) -> None:
    run("load", policy_file(OTHER), "--at-start")
    before = kept(registry)
    driver.refuses = (0x408, 0)

    assert "the driver refuses rule 1" in refusal(run("load", policy_file(RULE), "--at-start"))
    assert kept(registry) == before


def test_beside_a_locked_policy_another_one_is_left_for_the_next_start_and_said_not_to_be_in_force(
    run, policy_file, registry
) -> None:
    run("load", policy_file(RULE), "--lock", "--at-start")
    done = run("load", policy_file(OTHER), "--lock", "--at-start")

    first, second = done.stdout.splitlines()
    assert first.startswith("not in force yet: ")
    assert "is locked; it stays until Windows is restarted" in first
    assert second.startswith("at its next start: a policy of 1 rule")
    assert kept(registry) not in {None, (LOCKED, registry.REG_BINARY)}


def test_without_being_left_for_later_another_policy_is_refused_while_one_is_locked(run, policy_file, registry) -> None:
    run("load", policy_file(RULE), "--lock", "--at-start")

    assert "is locked; it stays until Windows is restarted" in refusal(run("load", policy_file(OTHER), "--lock"))
    assert kept(registry) == (LOCKED, registry.REG_BINARY)


def test_the_locked_policy_itself_can_be_left_later(run, policy_file, registry) -> None:
    run("load", policy_file(RULE), "--lock")
    run("load", policy_file(RULE), "--lock", "--at-start")

    assert kept(registry) == (LOCKED, registry.REG_BINARY)


def test_a_file_that_is_wrong_is_not_left_where_no_driver_can_judge_it(run, policy_file, registry, driver) -> None:
    driver.opening_fails = errno.ENOENT

    assert "no such key" in refusal(run("load", policy_file(RULE + "mask = 1\n"), "--at-start"))
    assert kept(registry) is None


def test_before_the_driver_is_loaded_it_is_left_and_said_not_to_be_in_force(run, policy_file, registry, driver) -> None:
    driver.opening_fails = errno.ENOENT
    done = run("load", policy_file(RULE), "--lock", "--at-start")

    assert kept(registry) == (LOCKED, registry.REG_BINARY)
    assert done.exit_code == 0
    first, second = done.stdout.splitlines()
    assert first.startswith(r"not in force yet: the barwatch driver is not loaded: \\.\barwatch: ")
    assert second.startswith("at its next start: a policy of 1 rule, digest ")
    assert second.endswith(", locked")


def test_where_no_driver_is_installed_no_service_is_invented(run, policy_file, registry, driver) -> None:
    driver.opening_fails = errno.ENOENT
    registry.keys.clear()

    assert "the barwatch driver is not installed" in refusal(run("load", policy_file(RULE), "--at-start"))
    assert not registry.keys


def test_who_may_not_write_the_registry_is_told_so_and_what_is_in_force(run, policy_file, registry) -> None:
    registry.refuses = errno.EACCES
    text = refusal(run("load", policy_file(RULE), "--at-start"))

    assert text.startswith(
        r"in force, but not left for the next start: HKLM\SYSTEM\CurrentControlSet\Services\barwatch"
    )
    assert "only an administrator may" in text
    assert "\n" not in text


def test_what_a_person_who_is_no_administrator_may_do_is_said_in_words_of_windows(run, policy_file, driver) -> None:
    driver.opening_fails = errno.EACCES

    assert "only an administrator may, in a console" in refusal(run("load", policy_file(RULE)))
    assert "only an administrator may ask the driver, and the service barwatch-agent" in refusal(run("show"))


def test_show_tells_what_is_kept_beside_what_is_in_force(run, policy_file, driver) -> None:
    run("load", policy_file(RULE), "--at-start", "--lock")
    told, found = run("show").stdout, json.loads(run("show", "--json").stdout)

    digest = f"{driver.digest:016x}"
    assert f"at its next start: a policy of 1 rule, digest {digest}, locked; the one that is in force" in told
    assert found["at_start"] == {"rules": 1, "digest": digest, "is_locked": True, "is_in_force": True}


def test_show_tells_that_the_next_start_brings_another_one(run, policy_file) -> None:
    run("load", policy_file(OTHER), "--at-start")
    run("load", policy_file(RULE))

    assert ", not locked; not the one that is in force" in run("show").stdout
    assert json.loads(run("show", "--json").stdout)["at_start"]["is_in_force"] is False


def test_show_tells_what_is_kept_although_no_driver_is_loaded(run, policy_file, driver) -> None:
    driver.opening_fails = errno.ENOENT
    run("load", policy_file(RULE), "--at-start")
    told, found = run("show"), run("show", "--json")

    assert "is not loaded" in refusal(told)
    assert told.stdout.startswith("at its next start: a policy of 1 rule, digest ")
    assert "is not loaded" in json.loads(found.stdout)["reason"]
    assert json.loads(found.stdout)["at_start"]["is_in_force"] is None


WRONG = {  # a value of the registry, its type, and why it is no policy
    "rubbish": (b"rubbish", 3, "7 bytes are too few"),
    "cut short": (struct.pack("=6IQ", 32, 1, 2, 56, 0, 0, 0) + PACKED, 3, "88 bytes do not hold 2 rules"),
    "longer head": (struct.pack("=6IQ", 40, 1, 1, 56, 0, 0, 0) + PACKED, 3, "it is of another version"),
    "a string": ("policy.toml", 1, "is not REG_BINARY"),
    "longer rules": (struct.pack("=6IQ", 32, 1, 1, 64, 0, 0, 0) + PACKED + bytes(8), 3, "it is of another version"),
    "unknown flag": (struct.pack("=6IQ", 32, 2, 1, 56, 0, 0, 0) + PACKED, 3, "it is of another version"),
    "too many": (struct.pack("=6IQ", 32, 0, 257, 56, 0, 0, 0) + PACKED * 257, 3, "of which the driver takes 256"),
    "nothing": (None, 3, "0 bytes are too few"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_lies_in_the_registry_and_is_no_policy_is_told_with_the_reason(run, registry, name) -> None:
    value, kind, reason = WRONG[name]
    registry.keys[PARAMETERS] = {"Policy": (value, kind)}

    assert reason in run("show").stdout
    assert reason in json.loads(run("show", "--json").stdout)["at_start"]["reason"]


def test_a_registry_that_cannot_be_read_is_no_empty_one(run, registry) -> None:
    registry.refuses = errno.EACCES

    assert "at its next start: not known: HKLM" in run("show").stdout


def test_a_policy_without_rules_is_kept_as_one(run, policy_file, registry) -> None:
    """It is not the same as none: locked, it keeps every other one away."""
    run("load", policy_file("rule = []"), "--lock", "--at-start")

    assert kept(registry) == (struct.pack("=6IQ", 32, 1, 0, 56, 0, 0, 0), registry.REG_BINARY)
    assert "at its next start: a policy of 0 rules, digest cbf29ce484222325, locked; the one" in run("show").stdout


def test_forgetting_takes_the_value_away_and_leaves_what_is_in_force(run, policy_file, registry, driver) -> None:
    run("load", policy_file(RULE), "--at-start")
    registry.keys[PARAMETERS]["Other"] = ("stays", registry.REG_SZ)
    told = run("forget").stdout

    assert told == "forgotten; what is in force stays until the driver starts anew\n"
    assert registry.keys == {SERVICE: {}, PARAMETERS: {"Other": ("stays", registry.REG_SZ)}}
    assert driver.state == 1


def test_forgetting_twice_is_no_error_and_being_refused_is(run, registry) -> None:
    assert run("forget").stdout == "nothing was kept\n"
    registry.refuses = errno.EACCES

    assert "only an administrator may" in refusal(run("forget"))


def test_check_tells_what_the_next_start_brings(run, policy_file, shared_host) -> None:
    machine = ("--sysfs", shared_host("windows-laptop-thunderbolt-box").sys)
    file = policy_file(RULE)
    run("load", file, "--at-start")
    told, found = run("check", file, *machine).stdout, json.loads(run("check", file, "--json", *machine).stdout)

    assert "at its next start: a policy of 1 rule, digest " in told
    assert (found["at_start"]["is_in_force"], found["at_start"]["digest"]) == (True, found["digest"])
