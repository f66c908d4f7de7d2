"""WRITE, under Wine: see fixtures.py."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.driver.windows.fixtures import HERE, INSIDE, NOTHING_LEFT, make
from tests.driver.windows.wine import Wine

from barwatch_agent.driver.abi import Status

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(300)]


@pytest.fixture
def write_build(machine_services: Wine, writing_objects: Path, tested_driver: Path, tmp_path: Path) -> Iterator[None]:
    """The driver that the machine loads can write; afterwards it is the plain one again."""
    make(HERE / "machine", f"BUILD={tmp_path}", f"OBJECTS={writing_objects}")
    shutil.copy(tmp_path / "barwatch.sys", machine_services.drivers)
    yield
    shutil.copy(tested_driver / "barwatch.sys", machine_services.drivers)


def test_a_plain_build_cannot_write(inside: Callable[..., Any]) -> None:
    """It takes no policy with the right to, has no such command, and never mapped a page to write."""
    assert inside("writes", "plain") == {"policy": Status.WRONG_RIGHTS, "write": [1]}  # ERROR_INVALID_FUNCTION


@pytest.mark.usefixtures("write_build")
def test_a_write_changes_the_bits_that_a_rule_grants(windows_python: Callable[..., Any]) -> None:
    done = windows_python(INSIDE / "machine.py", "run", "writes", "granted")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    said = answer["said"]

    assert said["granted"] == [Status.OK, 0x7666, 0x7612]
    assert said["read"] == [Status.OK, 0x7612]
    assert said["other bits"] == [Status.WRONG_MASK, 0, 0]
    assert said["other register"] == [Status.DENIED_POLICY, 0, 0]
    assert said["read only"] == [5]  # ERROR_ACCESS_DENIED
    assert answer["left"].pop("WRITABLE") > 0
    assert answer["left"] == {name: count for name, count in NOTHING_LEFT.items() if name != "WRITABLE"}
