"""What tests share: recorded hosts made into folders, golden files, and what all workers build once."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from barwatch_agent import recorded
from barwatch_agent.recorded import RecordedHost
from barwatch_agent.roots import Roots

HERE = Path(__file__).parent
# Nothing here is timed: a busy machine is no failure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
HOSTS = HERE / "hosts"
GOLDEN = HERE / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden; read the difference")


@cache
def recorded_host(name: str) -> RecordedHost:
    """One of tests/hosts; parsed once, since it never changes while tests run."""
    return recorded.load(HOSTS / f"{name}.toml")


@pytest.fixture(scope="session")
def for_all_workers(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[str], AbstractContextManager[Path]]:
    """A folder that this run's workers share, for one of them at a time; the first one finds that it has to make it."""
    own = tmp_path_factory.getbasetemp()
    run = own if worker_id == "master" else own.parent

    @contextmanager
    def folder(name: str) -> Iterator[Path]:
        with (run / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield run / name

    return folder


@pytest.fixture
def host(tmp_path: Path) -> Callable[[str], Roots]:
    """The roots of a machine in tests/hosts, unpacked below tmp_path: ``host("desktop-gpu-slot")``."""
    return lambda name: recorded_host(name).unpack(tmp_path / "hosts" / name)


@pytest.fixture(scope="session")
def shared_host(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Roots]:
    """As ``host``, but unpacked once for all tests: for tests that only read."""
    folder = tmp_path_factory.mktemp("hosts")
    return cache(lambda name: recorded_host(name).unpack(folder / name))


@pytest.fixture
def golden(pytestconfig: pytest.Config) -> Callable[[str, str], None]:
    """Compares a text with a file in tests/golden: ``golden("tree/desktop.txt", text)``."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if pytestconfig.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        if not file.exists():
            pytest.fail(f"{file.relative_to(HERE.parent)} is missing: pytest --update-golden makes it, then read it")
        assert text == file.read_bytes().decode(), f"{file.relative_to(HERE.parent)}: --update-golden rewrites it"

    return compare
