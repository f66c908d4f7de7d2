"""What is asked of the driver, and what its answers mean."""

import struct

import pytest
from tests.agent.driver_device import Silicon

from barwatch_agent.driver import abi
from barwatch_agent.driver.abi import Command, PolicyState, Status
from barwatch_agent.driver.device import DriverError
from barwatch_proto.pci import Address
from barwatch_proto.words import Outcome

CARD = Address(1, 0x41, 2, 3)


def test_an_address_is_packed_as_the_driver_unpacks_it():
    assert abi.pack_address(CARD) == struct.pack("<IBBBB", 1, 0x41, 2, 3, 0)


def test_the_driver_says_what_it_is():
    info = Silicon(policy=PolicyState.LOADED).device().info()

    assert (info.abi, info.version, info.policy, info.rules, info.digest) == (
        abi.ABI,
        "0.1.2",
        PolicyState.LOADED,
        16,
        0xDECADE,
    )


def test_registers_come_back_in_their_order_one_call_for_each_256():
    silicon = Silicon()
    for number in range(600):
        silicon.put(CARD, 0, number * 4, number)
    items = [abi.pack_read(CARD, 0, number * 4, 4) for number in range(600)]

    found = silicon.device().read(items)

    assert [(item.status, item.value) for item in found] == [(Status.OK, number) for number in range(600)]
    assert {item.duration_ns for item in found} == {90}
    assert silicon.calls == [Command.READ] * 3


def test_nothing_is_asked_for_nothing():
    silicon = Silicon()

    assert silicon.device().read([]) == []
    assert silicon.calls == []


@pytest.mark.parametrize(("asked", "given"), [(256, 256), (4096, 1024)])
def test_configuration_space_is_read_as_far_as_it_goes(asked, given):
    silicon = Silicon()
    content = bytes(number % 251 for number in range(1024))
    silicon.spaces[abi.pack_address(CARD), 2] = content

    assert silicon.device().config(CARD, 2, 0, asked) == content[:given]
    assert silicon.device().config(CARD, 2, 0x100, 8) == content[0x100:0x108]


def test_configuration_space_of_which_nothing_may_be_read_is_an_error_and_not_empty():
    silicon = Silicon()
    silicon.spaces[abi.pack_address(CARD), 0] = Status.UNREACHABLE_BRIDGE_ASLEEP

    with pytest.raises(DriverError, match="a bridge upstream is asleep"):
        silicon.device().config(CARD, 0, 0, 64)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (Status.DENIED_OWNER, Outcome.DENIED),
        (Status.UNREACHABLE_D3COLD, Outcome.UNREACHABLE),
        (Status.FAULT_MAPPING, Outcome.FAULT),
        (Status.WRONG_WIDTH, Outcome.UNREACHABLE),
        (0x2FF, Outcome.UNREACHABLE),
        (0x999, Outcome.FAULT),
    ],
)
def test_a_status_is_an_outcome_even_one_of_a_newer_driver(status, outcome):
    assert abi.outcome_of(status) is outcome


def test_every_status_has_words():
    assert set(abi.WORDS) == set(Status) - {Status.OK}
    assert abi.words_for(0x2FF) == "the driver's status 0x2ff, which this agent does not know"
