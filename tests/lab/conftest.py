"""Guests for the tests of the lab: one boot for each host and worker, with its own collector."""

from collections.abc import Iterator

import pytest
from tests.lab.centre import Collector
from tests.lab.guest import Guest
from tests.lab.hosts import Host
from tests.lab.parts import Parts, built_parts, missing_packages
from tests.lab.stage import Stage


def pytest_configure():
    pytest.register_assert_rewrite("tests.lab.scenarios")  # what they judge wrong is told as that of a test


@pytest.fixture(scope="session")
def parts(for_all_workers) -> Parts:
    """Built by the first worker that needs them; skips where a Debian package is missing."""
    if missing := missing_packages():
        pytest.skip(f"the lab needs Debian packages; as root: apt-get install {' '.join(missing)}")
    with for_all_workers("lab-parts") as folder:
        return built_parts(folder)


@pytest.fixture(scope="module")
def stage(request, parts, tmp_path_factory) -> Iterator[Stage]:
    """The host whose name is the parameter, booted, its agent's first reads at the collector."""
    folder = tmp_path_factory.mktemp(request.param)
    collector = Collector(folder)
    try:
        guest = Guest(Host.load(request.param), parts, folder)
        try:
            guest.wait_until_up()
            stage = Stage(guest, collector)
            stage.start_agent()
            stage.wait_until_read()
            yield stage
        finally:
            guest.end()
    finally:
        collector.end()
