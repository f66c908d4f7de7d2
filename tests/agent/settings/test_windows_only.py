from collections.abc import Callable

from barwatch_agent.roots import Roots
from barwatch_agent.settings import windows_only
from barwatch_proto.words import State


def test_what_only_windows_has_is_absent_here_and_says_so(tree: Callable[..., Roots]) -> None:
    found = windows_only.probe(tree())

    assert [setting.name for setting in found] == ["vbs", "hvci", "credential_guard"]
    assert {(setting.state, setting.reason) for setting in found} == {(State.ABSENT, "a feature of Windows")}
