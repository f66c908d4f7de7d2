"""The policy, under Wine on a simulated machine: see fixtures.py."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.driver.windows.fixtures import SERVICE_KEY
from tests.driver.windows.wine import Wine

from barwatch_agent.driver import abi
from barwatch_agent.driver.abi import Matching, Right, Status

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(300)]
RULE = abi.RULE.pack(
    Matching.VENDOR | Matching.DEVICE, 0x10DE, 0x2684, 0, 0, 0, 0, Right.READ | Right.SHARED, 0x1F380, 4, 0, 0, 4
)


def test_a_policy_grants_what_it_lists_and_nothing_beside_it(inside: Callable[..., Any]) -> None:
    said = inside("policies", "granted")

    denied = ("other width", "next register", "other bar", "map", "other device")
    assert said["listed"] == [Status.OK, 0x7666]
    assert {name: said[name] for name in denied} == dict.fromkeys(denied, Status.DENIED_POLICY)
    assert said["config"] == [[Status.OK, 0x10DE]]


def test_a_policy_with_a_wrong_rule_changes_nothing(inside: Callable[..., Any]) -> None:
    """The plain build has no right to write."""
    said = inside("policies", "wrong")

    assert said == {"write": [Status.WRONG_RIGHTS, 1], "nobody": [Status.WRONG_MATCH, 0], "stays": True}


def test_a_locked_policy_stays(inside: Callable[..., Any]) -> None:
    """Not even a handle for writing helps; one for reading never did."""
    said = inside("policies", "locked")

    assert said == {"locked": 0, "again": 5, "read only": 5, "reads": [Status.OK, 0x7666], "state": 2}


def test_a_handle_for_writing_is_not_enough_without_an_administrator(inside: Callable[..., Any]) -> None:
    assert inside("policies", "ordinary") == {"policy": 5, "read": [Status.OK, 0x7666]}


IN_REGISTRY = {  # bytes of the value: state of the policy, rules, what a read comes to
    "locked": (abi.POLICY.pack(32, 1, 1, 56, 0, 0, 0) + RULE, 2, 1, [Status.OK, 0x7666]),
    "open": (abi.POLICY.pack(32, 0, 1, 56, 0, 0, 0) + RULE, 1, 1, [Status.OK, 0x7666]),
    "cut short": (abi.POLICY.pack(32, 1, 2, 56, 0, 0, 0) + RULE, 0, 0, [Status.DENIED_POLICY, 0]),
    "another version": (abi.POLICY.pack(40, 1, 1, 56, 0, 0, 0) + RULE, 0, 0, [Status.DENIED_POLICY, 0]),
    "a wrong rule": (abi.POLICY.pack(32, 1, 1, 56, 0, 0, 0) + bytes(56), 0, 0, [Status.DENIED_POLICY, 0]),
    "rubbish": (b"rubbish", 0, 0, [Status.DENIED_POLICY, 0]),
}


@pytest.mark.parametrize("name", IN_REGISTRY)
def test_a_policy_in_the_registry_is_in_force_when_the_driver_is_loaded(
    name: str, machine_services: Wine, inside: Callable[..., Any]
) -> None:
    """The bytes of a POLICY request; whatever is wrong with them, nothing is readable."""
    value, state, rules, read = IN_REGISTRY[name]
    key = rf"{SERVICE_KEY}\Parameters"
    machine_services.run("reg", "add", key, "/v", "Policy", "/t", "REG_BINARY", "/d", value.hex(), "/f")
    try:
        said = inside("policies", "state")
    finally:
        machine_services.run("reg", "delete", key, "/f")

    assert said == {"state": state, "rules": rules, "read": read}
