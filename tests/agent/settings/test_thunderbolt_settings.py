from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import thunderbolt
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State


def settings(tree: Callable[..., Roots], attribute: str, texts: list[str | None]) -> dict[str, Setting]:
    """What the probe finds in domains whose attribute holds those texts."""
    files = {f"{thunderbolt.DEVICES}/domain{n}/{attribute}": text for n, text in enumerate(texts)}
    return {setting.name: setting for setting in thunderbolt.probe(tree(files))}


@pytest.mark.parametrize(
    ("texts", "state"),
    [
        (["1"], State.ON),
        (["1", "1"], State.ON),
        (["0"], State.OFF),
        (["1", "0"], State.OFF),
        (["1", ""], State.UNREADABLE),
        (["2"], State.UNREADABLE),
        (["1", None], State.UNREADABLE),
        ([None, "0"], State.OFF),
    ],
)
def test_protection_holds_when_every_domain_has_it_and_one_without_is_enough_to_break_it(
    tree: Callable[..., Roots], texts: list[str | None], state: State
) -> None:
    found = settings(tree, "iommu_dma_protection", texts)["kernel_dma_protection"]

    assert found.state is state
    assert bool(found.reason) is (state is State.UNREADABLE)


def test_the_bits_of_the_domains_stay_with_the_answer(tree: Callable[..., Roots]) -> None:
    found = settings(tree, "iommu_dma_protection", ["1\n", "0\n"])["kernel_dma_protection"]

    assert found.raw == "domain0=1 domain1=0"


def test_a_machine_without_thunderbolt_is_not_an_unprotected_one(tree: Callable[..., Roots]) -> None:
    protection, security = thunderbolt.probe(tree())

    assert (protection.state, protection.reason) == (State.ABSENT, "no Thunderbolt or USB4 domain")
    assert (security.state, security.reason) == (State.ABSENT, "no Thunderbolt or USB4 domain")


def test_a_bus_with_devices_and_without_domains_has_no_answer(tree: Callable[..., Roots]) -> None:
    found, _ = thunderbolt.probe(tree({f"{thunderbolt.DEVICES}/0-0/security": "user"}))

    assert found.state is State.ABSENT


def test_a_kernel_before_5_0_does_not_tell_of_protection(tree: Callable[..., Roots]) -> None:
    found = settings(tree, "security", ["user"])["kernel_dma_protection"]

    assert found.state is State.ABSENT
    assert "Linux 5.0" in found.reason


@pytest.mark.parametrize(
    ("texts", "value"), [(["user\n"], "user"), (["none", "none"], "none"), (["user", "dponly"], "dponly,user")]
)
def test_security_levels_are_joined_where_domains_differ(
    tree: Callable[..., Roots], texts: list[str | None], value: str | None
) -> None:
    found = settings(tree, "security", texts)["thunderbolt_security"]

    assert (found.state, found.value) == (State.VALUE, value)


def test_a_level_that_cannot_be_read_does_not_hide_the_others(tree: Callable[..., Roots]) -> None:
    assert settings(tree, "security", ["secure", None])["thunderbolt_security"].value == "secure"


@pytest.mark.parametrize("text", [None, "", "two words", "\xff\x1b[31m"])
def test_a_level_that_is_no_word_is_unreadable(tree: Callable[..., Roots], text: str | bytes | None) -> None:
    found = settings(tree, "security", [text])["thunderbolt_security"]

    assert (found.state, found.value) == (State.UNREADABLE, None)


def test_a_bus_that_cannot_be_listed_is_unreadable(tree: Callable[..., Roots]) -> None:
    states = {setting.state for setting in thunderbolt.probe(tree({thunderbolt.DEVICES: "a file"}))}

    assert states == {State.UNREADABLE}
