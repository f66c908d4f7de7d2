"""Recorded hosts as snapshots."""

from collections.abc import Callable
from functools import cache

import pytest
from tests.conftest import HOSTS

from barwatch_agent.roots import Roots
from barwatch_agent.settings import read_settings
from barwatch_agent.settings.host import host_facts
from barwatch_agent.topology.linux import scan
from barwatch_proto.snapshot import Snapshot


@pytest.fixture(scope="session")
def recorded_snapshot(shared_host: Callable[[str], Roots]) -> Callable[[str], Snapshot]:
    """One of tests/hosts as its agent would tell it."""

    @cache
    def look(name: str) -> Snapshot:
        roots = shared_host(name)
        return Snapshot(0, host_facts(roots, name), scan(roots, 0).topology, read_settings(roots))

    return look


@pytest.fixture(scope="session")
def recorded_snapshots(recorded_snapshot: Callable[[str], Snapshot]) -> tuple[Snapshot, ...]:
    """All of tests/hosts."""
    return tuple(recorded_snapshot(path.stem) for path in sorted(HOSTS.glob("*.toml")))
