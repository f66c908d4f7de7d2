"""Recorded hosts as texts, and machines whose registers change."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.agent.recorded.played import Change, Key, machine_of
from tests.conftest import recorded_host

from barwatch_agent.build import Machine
from barwatch_agent.reads import Reply
from barwatch_agent.recorded import dump
from barwatch_agent.roots import Roots


@pytest.fixture
def host_text() -> Callable[[str], str]:
    """One of tests/hosts as its text."""
    return lambda name: dump(recorded_host(name))


@pytest.fixture
def changing(clock, tmp_path: Path) -> Iterator[Callable[[Roots, Mapping[Key, int | Reply], Change], Machine]]:
    """A machine with simulated registers, closed when the test is over."""
    machines: list[Machine] = []

    def make(roots: Roots, registers: Mapping[Key, int | Reply], change: Change) -> Machine:
        machines.append(machine_of(roots, tmp_path, clock, registers, change))
        return machines[-1]

    yield make
    for machine in machines:
        for reader in machine.readers:
            reader.close()
