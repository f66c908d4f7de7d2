from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import aspm
from barwatch_proto.words import State

FILE = aspm.SOURCES["aspm_policy"]


def test_the_policy_in_brackets_is_in_force(tree: Callable[..., Roots]) -> None:
    (found,) = aspm.probe(tree({FILE: "default performance [powersave] powersupersave \n"}))

    assert (found.state, found.value, found.source) == (State.VALUE, "powersave", FILE)
    assert found.raw == "default performance [powersave] powersupersave"


def test_a_kernel_without_aspm_support_has_no_policy(tree: Callable[..., Roots]) -> None:
    (found,) = aspm.probe(tree())

    assert (found.state, found.reason) == (State.ABSENT, "this kernel has no ASPM support")


@pytest.mark.parametrize("text", [None, "", "default performance", "[default] [performance]", "[]"])
def test_no_single_choice_is_unreadable(tree: Callable[..., Roots], text: str | bytes | None) -> None:
    (found,) = aspm.probe(tree({FILE: text}))

    assert (found.state, found.value) == (State.UNREADABLE, None)
    assert found.reason
