import errno
import os
from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings.answers import Answer, ask, at, entries, setting, unreadable
from barwatch_proto.words import State


def raising(number: int) -> Callable[[], Answer]:
    def read() -> Answer:
        raise OSError(number, os.strerror(number))

    return read


@pytest.mark.parametrize(
    ("number", "state", "reason"),
    [
        (errno.ENOENT, State.ABSENT, "no such setting"),
        (
            errno.EOPNOTSUPP,
            State.ABSENT,
            f"not supported: Operation not supported ({errno.errorcode[errno.EOPNOTSUPP]})",
        ),
        (errno.ENOSYS, State.ABSENT, "not supported: Function not implemented (ENOSYS)"),
        (errno.EACCES, State.UNREADABLE, "Permission denied (EACCES)"),
        (errno.EIO, State.UNREADABLE, "Input/output error (EIO)"),
        (errno.ENODEV, State.UNREADABLE, "No such device (ENODEV)"),
    ],
)
def test_not_found_not_supported_and_could_not_read_are_three_answers(number: int, state: State, reason: str) -> None:
    found = ask("name", "/source", "no such setting", raising(number))

    assert (found.state, found.reason, found.source) == (state, reason, "/source")


def test_what_is_shown_is_one_printable_line_of_at_most_200_characters() -> None:
    found = setting("name", "/source", Answer(State.VALUE, "a\n\tb\x00\x1b\udcff", "r" * 5000))

    assert found.value == "a b\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
    assert found.raw == "r" * 200


def test_a_long_reason_is_cut_too() -> None:
    assert len(setting("name", "/source", unreadable("x" * 5000)).reason) == 200


@pytest.mark.parametrize("top", ["sys", "proc", "etc", "dev"])
def test_the_path_that_people_read_leads_below_the_roots(tree: Callable[..., Roots], top: str) -> None:
    roots = tree()

    assert at(roots, f"/{top}/a/b") == getattr(roots, top) / "a" / "b"


def test_an_empty_folder_is_not_a_missing_one(tree: Callable[..., Roots]) -> None:
    roots = tree({"/sys/empty": None})

    assert entries(roots, "/sys/empty") == []
    assert entries(roots, "/sys/missing") is None
