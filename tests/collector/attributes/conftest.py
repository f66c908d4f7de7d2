"""Recorded hosts as snapshots."""

from collections.abc import Callable
from functools import cache

import pytest
from tests.conftest import HOSTS

from barwatch_agent.build import build_machine
from barwatch_agent.clock import SystemClock
from barwatch_agent.config import Config
from barwatch_agent.roots import Roots
from barwatch_proto.snapshot import Snapshot


@pytest.fixture(scope="session")
def recorded_snapshot(shared_host: Callable[[str], Roots]) -> Callable[[str], Snapshot]:
    """One of tests/hosts as the agent of its own system would tell it."""

    @cache
    def look(name: str) -> Snapshot:
        machine = build_machine(Config(sysfs=str(shared_host(name).sys), hostname=name), SystemClock())
        found = machine.inventory.look()
        for reader in machine.readers:
            reader.close()
        return found

    return look


@pytest.fixture(scope="session")
def recorded_snapshots(recorded_snapshot: Callable[[str], Snapshot]) -> tuple[Snapshot, ...]:
    """All of tests/hosts."""
    return tuple(recorded_snapshot(path.stem) for path in sorted(HOSTS.glob("*.toml")))
