"""The fixtures that all tests share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from barwatch_agent.roots import Roots


def test_a_missing_golden_file_fails_and_says_how_to_make_it(
    golden: Callable[[str, str], None], pytestconfig: pytest.Config
) -> None:
    if pytestconfig.getoption("--update-golden"):
        pytest.skip("with --update-golden it would be made")

    with pytest.raises(pytest.fail.Exception, match=r"no-such-file\.txt is missing: pytest --update-golden makes it"):
        golden("no-such-file.txt", "text")


def test_a_host_is_unpacked_anew_for_each_test(host: Callable[[str], Roots], tmp_path: Path) -> None:
    assert host("this-vm").sys == tmp_path / "hosts/this-vm/sys"


def test_a_shared_host_is_unpacked_once(shared_host: Callable[[str], Roots]) -> None:
    assert shared_host("this-vm") is shared_host("this-vm")
