"""The package installed, upgraded and removed, under Wine."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.windows.machine import NOBODY, OURS, Machine, clean, only_left, until
from tests.deploy.windows.msi_tables import by, only
from tests.driver.windows.wine import Wine

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def upgrade(newer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newer package, which tells the older one that it is being replaced: Windows does that by itself, Wine not.

    Wine runs ``msiexec /i OLDER REMOVE=x``, where x is what this column of the table holds.
    """
    folder = tmp_path_factory.mktemp("upgrade")
    package = Path(shutil.copy(only(newer), folder))
    exported = subprocess.run(["msiinfo", "export", package, "Upgrade"], capture_output=True, text=True, check=True)  # noqa: S607
    code = by(package, "Property", "Property")["ProductCode"]["Value"]
    text = exported.stdout.replace("\t513\t\t", f"\t513\tALL UPGRADINGPRODUCTCODE={code}\t")
    (folder / "Upgrade.idt").write_text(text, newline="")
    subprocess.run(["msibuild", package, "-i", folder / "Upgrade.idt"], check=True)  # noqa: S607
    return package


@pytest.fixture
def machine(wine: Wine, package: Path, upgrade: Path) -> Iterator[Machine]:
    with clean(wine, upgrade, package) as machine:
        yield machine


def test_without_a_collector_nothing_is_installed(machine, package):
    before = machine.traces()

    assert machine.install(package) != 0
    assert machine.traces() == before


def test_an_upgrade_keeps_identity_and_collector_and_there_is_no_way_back(machine, package, upgrade):
    machine.install(package, f"COLLECTOR={NOBODY}")
    identity = machine.identity()

    assert machine.install(upgrade) == 0
    assert machine.identity() == identity
    assert machine.value(OURS, "Collector") == NOBODY
    until(lambda: machine.service() == "RUNNING")

    assert machine.install(package, f"COLLECTOR={NOBODY}") != 0
    assert machine.identity() == identity


def test_removal_takes_the_state_along_unless_it_is_told_to_leave_it(machine, package):
    before = machine.traces()
    machine.install(package, f"COLLECTOR={NOBODY}")
    identity = machine.identity()

    assert machine.remove(package, "KEEPSTATE=1") == 0
    assert machine.identity() == identity
    assert machine.service() == ""

    machine.install(package, f"COLLECTOR={NOBODY}")
    assert machine.remove(package) == 0
    only_left(machine, before)


def test_with_the_driver_its_files_come_and_go(machine, package):
    """Also when it is asked for later."""
    machine.install(package, f"COLLECTOR={NOBODY}")
    assert machine.install(package, "ADDLOCAL=Driver") == 0
    assert {path.name for path in (machine.programs / "driver").iterdir()} == {"barwatch.inf", "barwatch.sys"}

    assert machine.remove(package) == 0
    assert not machine.programs.exists()
