from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import tpm
from barwatch_proto.words import State

FILE = tpm.SOURCES["tpm"]


@pytest.mark.parametrize(("text", "value"), [("2\n", "2.0"), ("1\n", "1.2"), ("3\n", "3")])
def test_the_major_version_names_the_family(
    tree: Callable[..., Roots], text: str | bytes | None, value: str | None
) -> None:
    (found,) = tpm.probe(tree({FILE: text}))

    assert (found.state, found.value, found.raw) == (State.VALUE, value, text.strip())


@pytest.mark.parametrize("files", [{}, {tpm.CHIPS: None}])
def test_no_chip_is_absent(tree: Callable[..., Roots], files: dict[str, str | bytes | None]) -> None:
    (found,) = tpm.probe(tree(files))

    assert (found.state, found.reason) == (State.ABSENT, "no TPM")


def test_a_chip_whose_version_the_kernel_does_not_tell_is_not_a_machine_without_one(tree: Callable[..., Roots]) -> None:
    (found,) = tpm.probe(tree({f"{tpm.CHIPS}/tpm0": None}))

    assert found.state is State.UNREADABLE
    assert "Linux 5.6" in found.reason


@pytest.mark.parametrize("text", [None, "", "two", "2.0", "-1", "٢"])
def test_a_version_that_is_no_number_is_unreadable(tree: Callable[..., Roots], text: str | bytes | None) -> None:
    (found,) = tpm.probe(tree({FILE: text}))

    assert (found.state, found.value) == (State.UNREADABLE, None)
    assert found.reason
