"""Small trees of /sys, /proc and /etc for the probes."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from barwatch_agent.roots import Roots


def _plant(above: Path, files: Mapping[str, str | bytes | None]) -> Roots:
    for path, content in files.items():
        place = above / path.lstrip("/")
        if content is None:
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
    return Roots.beside(above / "sys")


@pytest.fixture(scope="session")
def plant() -> Callable[[Path, Mapping[str, str | bytes | None]], Roots]:
    """Puts files into a folder, and returns the roots in it; see `tree`."""
    return _plant


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Roots]:
    """``tree({"/sys/kernel/security/lockdown": "[none]"})``: below a path there is a text, bytes, or a folder (None).

    A folder in place of a file makes every read of it fail, for root too.
    """
    return lambda files=None: _plant(tmp_path, files or {})
