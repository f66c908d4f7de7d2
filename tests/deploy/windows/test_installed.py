"""A machine with the package, under Wine: what is on it, and what repairs it. One installation serves all tests."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.windows.machine import (
    EVENT_KEY,
    LAUNCHER,
    NOBODY,
    OURS,
    PATH_KEY,
    PATIENCE_S,
    SERVICE_KEY,
    Machine,
    clean,
    until,
)
from tests.driver.windows.wine import Wine

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(600)]
REPAIR = ("REINSTALL=ALL", "REINSTALLMODE=amus")


@pytest.fixture(scope="module")
def machine(wine: Wine, package: Path) -> Iterator[Machine]:
    with clean(wine, package) as machine:
        assert machine.install(package, f"COLLECTOR={NOBODY}") == 0
        yield machine


def test_an_installed_agent_can_be_called_and_runs_as_a_service(machine):
    image = machine.value(SERVICE_KEY, "ImagePath")
    assert r"\barwatch\python\python.exe" in image
    assert "-m barwatch_agent service --state " in image
    assert machine.value(SERVICE_KEY, "ObjectName") == r"NT SERVICE\barwatch-agent"
    assert machine.value(OURS, "Collector") == NOBODY
    assert machine.value(EVENT_KEY, "EventMessageFile").endswith(r"lib\win32\servicemanager.pyd")
    assert "C:\\Program Files\\barwatch\\" in machine.value(PATH_KEY, "PATH").split(";")
    assert not (machine.programs / "driver").exists()
    until(lambda: machine.service() == "RUNNING")
    assert machine.identity()
    assert machine.wine.run(LAUNCHER, "--version").stdout.startswith("barwatch-agent, version ")
    assert json.loads(machine.wine.run(LAUNCHER, "probe", "--json").stdout)["format"] == 1
    assert list(machine.programs.rglob("__pycache__")) == []


def test_the_launcher_hands_on_arguments_and_exit_codes_as_they_are(machine):
    done = machine.wine.run(LAUNCHER, "probe", "--config", 'no "such" fïle  日本.toml')

    assert done.returncode == 2
    assert "fïle  日本.toml" in done.stderr


def test_a_repair_brings_back_what_is_missing_and_keeps_the_collector(machine, package):
    identity, collector = machine.identity(), machine.value(OURS, "Collector")
    (machine.programs / "barwatch-agent.exe").unlink()

    assert machine.install(package, *REPAIR) == 0

    assert (machine.programs / "barwatch-agent.exe").exists()
    assert machine.value(OURS, "Collector") == collector
    assert machine.identity() == identity
    until(lambda: machine.service() == "RUNNING")


def test_a_repair_that_names_another_collector_has_the_service_go_there(machine, package):
    identity = machine.identity()

    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(PATIENCE_S)
        where = f"127.0.0.1:{other.getsockname()[1]}"
        assert machine.install(package, *REPAIR, f"COLLECTOR={where}") == 0
        other.accept()[0].close()

    assert machine.identity() == identity
