"""The systemd units: systemd understands them, and they are as closed as they say."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

# Overall exposure as `systemd-analyze security` counts it, from 0 to 10. The agent reads hardware as root.
MOST_EXPOSED = {"barwatch-agent.service": 2.5, "barwatch-collector.service": 1.3, "barwatch-policy.service": 1.3}
COMMANDS = ("barwatch-agent", "barwatch-collector")
LISTENING = ("barwatch-agent.service", "barwatch-collector.service")


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed (Debian: apt-get install systemd): the units were not checked")
    return found


@pytest.fixture
def installed(deploy: Path, tmp_path: Path) -> Path:
    """The units and the drop-in in a folder of their own, with commands that exist."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for command in COMMANDS:
        (commands / command).symlink_to("/bin/true")
    for unit in MOST_EXPOSED:
        text = (deploy / "systemd" / unit).read_text(encoding="utf-8")
        (tmp_path / unit).write_text(text.replace("/opt/barwatch/bin", str(commands)), encoding="utf-8")
    drop_ins = tmp_path / "barwatch-collector.service.d"
    drop_ins.mkdir()
    shutil.copy(deploy / "systemd/collector-postgresql.conf", drop_ins)
    return tmp_path


@pytest.mark.parametrize("unit", MOST_EXPOSED)
def test_systemd_has_nothing_to_say_about_a_unit(analyze: str, installed: Path, unit: str) -> None:
    """A misspelt option is a warning and no error: systemd ignores it, and what it should close stays open."""
    done = subprocess.run(
        [analyze, "verify", "--man=no", installed / unit], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("unit", MOST_EXPOSED)
def test_a_unit_does_not_open_up_unnoticed(analyze: str, installed: Path, unit: str) -> None:
    command = [analyze, "security", "--offline=true", "--no-pager", str(installed / unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)

    assert exposure is not None
    assert float(exposure[1]) <= MOST_EXPOSED[unit], done.stdout


@pytest.mark.parametrize("unit", LISTENING)
def test_a_unit_listens_on_loopback_by_default(deploy: Path, unit: str) -> None:
    """There is no mutual TLS yet."""
    text = (deploy / "systemd" / unit).read_text(encoding="utf-8")
    addresses = re.findall(r"^Environment=\w+=(\S+):\d+$", text, re.MULTILINE)

    assert addresses
    assert set(addresses) == {"127.0.0.1"}


def test_the_agent_may_look_at_all_of_configuration_space_and_do_no_more(deploy: Path) -> None:
    """Bytes from 64 on are for CAP_SYS_ADMIN alone (drivers/pci/pci-sysfs.c, pci_read_config)."""
    text = (deploy / "systemd/barwatch-agent.service").read_text(encoding="utf-8")

    assert re.findall(r"^CapabilityBoundingSet=(.*)$", text, re.MULTILINE) == ["CAP_SYS_ADMIN"]
    assert "AmbientCapabilities" not in text
    assert re.search(r"^PrivateUsers=", text, re.MULTILINE) is None
    assert "SystemCallFilter=~@privileged" in text
