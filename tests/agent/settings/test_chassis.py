from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import chassis
from barwatch_agent.settings.chassis import ENCLOSURE, PROFILE
from barwatch_agent.settings.virtual_machine import CLOCKS
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State


def probe(tree: Callable[..., Roots], **files: str | None) -> Setting:
    (found,) = chassis.probe(tree({globals()[name]: text for name, text in files.items()}))
    return found


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("3", "desktop"),
        ("7", "desktop"),
        ("13", "desktop"),
        ("35", "desktop"),
        ("9", "laptop"),
        ("10", "laptop"),
        ("31", "laptop"),
        ("138", "laptop"),
        ("30", "tablet"),
        ("17", "server"),
        ("23", "server"),
        ("1", "other"),
        ("12", "other"),
        ("99", "other"),
    ],
)
def test_the_number_of_the_enclosure_says_the_kind_and_is_kept(
    tree: Callable[..., Roots], number: str, value: str | None
) -> None:
    """138 is 10 with the lock bit."""
    found = probe(tree, ENCLOSURE=f"{number}\n")

    assert (found.state, found.value, found.raw, found.source) == (State.VALUE, value, number, ENCLOSURE)


def test_no_number_stands_for_two_kinds() -> None:
    numbers = [number for numbers in chassis.KINDS.values() for number in numbers]

    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("enclosure", ["1", "2", "", None])
def test_an_enclosure_that_says_nothing_leaves_it_to_the_power_profile(
    tree: Callable[..., Roots], enclosure: str | None
) -> None:
    found = probe(tree, ENCLOSURE=enclosure, PROFILE="2\n")

    assert (found.state, found.value, found.raw, found.source) == (State.VALUE, "laptop", "2", PROFILE)


@pytest.mark.parametrize("profile", ["0", "99", "", "rubbish", None])
def test_a_profile_that_says_nothing_leaves_the_enclosure_s_word(
    tree: Callable[..., Roots], profile: str | None
) -> None:
    found = probe(tree, ENCLOSURE="1", PROFILE=profile)

    assert (found.value, found.source) == ("other", ENCLOSURE)


def test_the_case_of_a_virtual_machine_is_made_up(tree: Callable[..., Roots]) -> None:
    found = probe(tree, ENCLOSURE="3", CLOCKS="kvm-clock tsc")

    assert (found.state, found.value, found.raw, found.source) == (State.VALUE, "virtual", "3", CLOCKS)


def test_a_machine_without_smbios_and_acpi_has_no_chassis(tree: Callable[..., Roots]) -> None:
    found = probe(tree)

    assert (found.state, found.reason) == (State.ABSENT, "no SMBIOS here")


@pytest.mark.parametrize("text", [None, "", "laptop", "-1"])
def test_a_type_that_is_no_number_is_unreadable(tree: Callable[..., Roots], text: str | bytes | None) -> None:
    found = probe(tree, ENCLOSURE=text)

    assert (found.state, found.value) == (State.UNREADABLE, None)
    assert found.reason
