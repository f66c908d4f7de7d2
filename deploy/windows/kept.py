"""What is kept between builds: a folder of downloads that tests use too, one process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".barwatch" / "wine"


class BuildError(Exception):
    """The package cannot be built; says why, and what to do."""


@contextmanager
def alone(name: str) -> Iterator[Path]:
    """One process at a time; the folder where things are kept."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield CACHE
