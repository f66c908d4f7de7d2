from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import kernel
from barwatch_proto.words import State

RELEASE, TAINTED = kernel.SOURCES["kernel_version"], kernel.SOURCES["kernel_tainted"]


def test_the_release_is_told_whole(tree: Callable[..., Roots]) -> None:
    found, _ = kernel.probe(tree({RELEASE: "6.1.0-28-amd64\n"}))

    assert (found.state, found.value) == (State.VALUE, "6.1.0-28-amd64")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", "P"), ("4097", "PO"), ("12288", "OE"), ("4609", "PWO"), ("1048576", "bit20"), ("2097153", "P bit21")],
)
def test_taints_are_told_by_the_letters_of_an_oops(
    tree: Callable[..., Roots], text: str | bytes | None, value: str | None
) -> None:
    _, found = kernel.probe(tree({TAINTED: f"{text}\n"}))

    assert (found.state, found.value, found.raw) == (State.VALUE, value, text)


def test_an_untainted_kernel_is_off(tree: Callable[..., Roots]) -> None:
    _, found = kernel.probe(tree({TAINTED: "0\n"}))

    assert (found.state, found.value, found.raw) == (State.OFF, None, "0")


def test_without_procfs_there_is_neither(tree: Callable[..., Roots]) -> None:
    assert {setting.state for setting in kernel.probe(tree())} == {State.ABSENT}


@pytest.mark.parametrize("text", [None, "", "two words", "-1", "\xff"])
def test_rubbish_is_unreadable(tree: Callable[..., Roots], text: str | bytes | None) -> None:
    _, found = kernel.probe(tree({TAINTED: text}))

    assert (found.state, found.value) == (State.UNREADABLE, None)
    assert found.reason


def test_a_release_that_cannot_be_read_does_not_hide_the_taints(tree: Callable[..., Roots]) -> None:
    release, taints = kernel.probe(tree({RELEASE: None, TAINTED: "0"}))

    assert (release.state, taints.state) == (State.UNREADABLE, State.OFF)
