"""The agent in real CPython for Windows, under Wine: alone, and on the simulated machine of the driver's tests."""

import json
import subprocess
import sys

import pytest
from tests.agent.windows.conftest import INSIDE
from tests.conftest import HOSTS
from tests.driver.windows.fixtures import windows_path
from tests.e2e.conftest import Lab, until

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(600)]
PATIENCE_S = 90
PLAN = HOSTS / "founding/plan.toml"
GPU, REGISTER = "0000:01:00.0", "gpu.panel"


def said(process):
    """All that a program printed, once it has ended by itself."""
    text, _ = process.communicate(timeout=PATIENCE_S)
    return process.returncode, text


def test_a_windows_without_pci_is_told_honestly(windows_agent):
    """Wine has neither devices nor most of the calls about the platform: each setting says why, none is made up."""
    code, text = said(windows_agent("-m", "barwatch_agent", "probe", "--json"))
    told = {each["name"]: each for each in json.loads(text)["settings"]}

    assert code == 0
    assert told["secure_boot"]["state"] == told["kernel_dma_protection"]["state"] == "unreadable"
    assert "no such class" in told["vbs"]["reason"]
    assert told["tpm"]["state"] == "absent"
    assert told["os_build"]["value"].startswith("Windows 10.0.")
    assert told["kernel_access"]["reason"] == r"the barwatch driver is not installed: \\.\barwatch does not exist"


def test_an_access_violation_ends_the_mapping_process_and_not_the_agent(windows_python):
    done = windows_python(INSIDE / "violation.py")

    assert json.loads(done.stdout) == ["access violation", 2], done.stderr


@pytest.fixture
def founding(machine, windows_python):
    """The GPU, readable and mapped; all ones in the view of processes alone."""
    done = windows_python(INSIDE / "allow.py")
    assert done.returncode == 0, done.stdout + done.stderr
    machine("fill", "user", "0xff")


def test_a_look_at_the_founding_machine_gives_the_verdict(founding, windows_agent):  # noqa: ARG001 - is there
    code, text = said(windows_agent(INSIDE / "agent.py", "probe", "--plan", windows_path(PLAN)))

    assert "user_mapping_only" in text, text
    assert code == 1


def test_a_record_of_it_is_the_same_machine_on_linux(founding, windows_agent, tmp_path):  # noqa: ARG001 - is there
    file = tmp_path / "founding.toml"
    recorded = windows_agent(
        INSIDE / "agent.py", "record", windows_path(file), "--seconds", "1", "--plan", windows_path(PLAN)
    )
    code, text = said(recorded)
    assert code == 0, text
    replayed = subprocess.run(
        [sys.executable, "-m", "barwatch_agent", "replay", file], capture_output=True, text=True, check=False
    )

    assert "user_mapping_only" in replayed.stdout, replayed.stderr
    assert GPU in replayed.stdout


@pytest.fixture
def lab(tmp_path):
    folder = tmp_path / "lab"
    folder.mkdir()
    lab = Lab(folder)
    yield lab
    lab.end()


def test_a_running_agent_tells_a_collector_on_linux(founding, windows_agent, lab, tmp_path):  # noqa: ARG001 - is there
    options = ("--collector", lab.grpc, "--state", windows_path(tmp_path / "state"), "--hostname", "winbox")
    hasty = ("--metrics", "off", "--flush", "0.2", "--plan", windows_path(PLAN))
    agent = windows_agent(INSIDE / "agent.py", "run", *options, *hasty)
    try:
        until(lambda: lab.reads("winbox").get((GPU, REGISTER, "user"), {}).get("all_ones"), lab.collector)
        reads = lab.reads("winbox")
        host = lab.host("winbox")
    finally:
        agent.terminate()
        agent.communicate(timeout=PATIENCE_S)

    assert reads[GPU, REGISTER, "kernel"]["ok"] > 0
    assert "all_ones" not in {name for name, count in reads[GPU, REGISTER, "kernel"].items() if count}
    assert "Windows 10.0" in str(host)
