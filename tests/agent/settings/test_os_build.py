from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import os_build
from barwatch_proto.words import State

FILE = os_build.SOURCES["os_build"]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"', "Debian GNU/Linux 12 (bookworm)"),
        ("PRETTY_NAME='Arch Linux'", "Arch Linux"),
        ("PRETTY_NAME=Alpine", "Alpine"),
        ('PRETTY_NAME="old"\nPRETTY_NAME="a \\"quoted\\" one"', 'a "quoted" one'),
    ],
)
def test_the_pretty_name_is_unquoted(tree: Callable[..., Roots], line: str, value: str | None) -> None:
    (found,) = os_build.probe(tree({FILE: f'NAME="x"\n{line}\nID=x\n'}))

    assert (found.state, found.value, found.raw) == (State.VALUE, value, line.splitlines()[-1])


@pytest.mark.parametrize("text", ["", "NAME=x", "PRETTY_NAME=", 'PRETTY_NAME=""', "# PRETTY_NAME=x"])
def test_a_system_without_a_pretty_name_has_none(tree: Callable[..., Roots], text: str | bytes | None) -> None:
    (found,) = os_build.probe(tree({FILE: text}))

    assert (found.state, found.value) == (State.ABSENT, None)
    assert "PRETTY_NAME" in found.reason


def test_no_os_release_is_absent(tree: Callable[..., Roots]) -> None:
    (found,) = os_build.probe(tree())

    assert (found.state, found.reason) == (State.ABSENT, "no os-release here")


@pytest.mark.parametrize("text", [None, 'PRETTY_NAME="open', "PRETTY_NAME=\\"])
def test_what_cannot_be_read_or_unquoted_is_unreadable(tree: Callable[..., Roots], text: str | bytes | None) -> None:
    (found,) = os_build.probe(tree({FILE: text}))

    assert (found.state, found.value) == (State.UNREADABLE, None)
    assert found.reason
