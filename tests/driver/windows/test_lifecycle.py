"""The driver as it is shipped, as a service under Wine: loaded, asked, stopped, loaded again."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.driver.windows.fixtures import INSIDE
from tests.driver.windows.wine import Wine

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(300)]


@pytest.fixture
def service(wine: Wine, objects: Path) -> Iterator[Callable[[str], int]]:
    """`sc start barwatch` and the like; the service is gone afterwards."""
    shutil.copy(objects / "barwatch.sys", wine.drivers / "barwatch.sys")
    wine.run("sc", "delete", "barwatch")
    path = r"C:\windows\system32\drivers\barwatch.sys"
    wine.run("sc", "create", "barwatch", "type=", "kernel", "start=", "demand", "binPath=", path)
    yield lambda verb: wine.run("sc", verb, "barwatch").returncode
    wine.run("sc", "stop", "barwatch")
    wine.run("sc", "delete", "barwatch")


@pytest.fixture
def asked(windows_python: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    def ask() -> dict[str, Any]:
        done = windows_python(INSIDE / "asked.py")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return ask


def test_the_driver_is_loaded_answers_and_goes(
    service: Callable[[str], int], asked: Callable[[], dict[str, Any]]
) -> None:
    """Without a function: what it is, what it may do, and that nobody is there; by the agent's own calls."""
    assert asked() == {"error": 2}  # ENOENT
    for _ in range(3):
        assert service("start") == 0
        said = asked()
        assert service("stop") == 0

        assert said["info"] == [1, "0.1.0", 0, 0, 0]
        assert said["limits"] == [4096, 256, 256, 64, 64]
        assert said["features"] == 3  # 8 bytes in one access, MAP; no WRITE
        assert said["functions"] == 0
        assert said["read"] == [0x101, 0]  # no policy
    assert asked() == {"error": 2}
    assert service("stop") != 0
