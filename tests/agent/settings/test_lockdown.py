from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import lockdown
from barwatch_proto.words import State

FILE = lockdown.SOURCES["lockdown"]


@pytest.mark.parametrize(
    ("text", "state", "value"),
    [
        ("[none] integrity confidentiality\n", State.OFF, None),
        ("none [integrity] confidentiality\n", State.ON, "integrity"),
        ("none integrity [confidentiality]\n", State.ON, "confidentiality"),
    ],
)
def test_the_level_in_brackets_is_in_force(
    tree: Callable[..., Roots], text: str | bytes | None, state: State, value: str | None
) -> None:
    (found,) = lockdown.probe(tree({FILE: text}))

    assert (found.state, found.value, found.raw, found.source) == (state, value, text.strip(), FILE)


def test_a_kernel_without_lockdown_is_not_a_kernel_with_lockdown_off(tree: Callable[..., Roots]) -> None:
    (found,) = lockdown.probe(tree({"/sys/kernel/security/lsm": "capability,yama"}))

    assert (found.state, found.reason) == (State.ABSENT, "this kernel has no lockdown")


def test_a_kernel_without_securityfs_has_no_lockdown(tree: Callable[..., Roots]) -> None:
    (found,) = lockdown.probe(tree({"/sys/kernel": None}))

    assert found.state is State.ABSENT


def test_an_unmounted_securityfs_is_not_a_kernel_without_lockdown(tree: Callable[..., Roots]) -> None:
    (found,) = lockdown.probe(tree({"/sys/kernel/security": None}))

    assert found.state is State.UNREADABLE
    assert "not mounted" in found.reason


@pytest.mark.parametrize("text", ["", "none integrity", "[none] [integrity]", "\xff\xfe\x00[", "[a b]"])
def test_a_text_without_one_level_in_brackets_is_unreadable(
    tree: Callable[..., Roots], text: str | bytes | None
) -> None:
    (found,) = lockdown.probe(tree({FILE: text}))

    assert (found.state, found.value) == (State.UNREADABLE, None)
    assert "brackets" in found.reason


def test_a_file_that_cannot_be_read_is_unreadable(tree: Callable[..., Roots]) -> None:
    (found,) = lockdown.probe(tree({FILE: None}))

    assert (found.state, found.reason) == (State.UNREADABLE, "Is a directory (EISDIR)")
