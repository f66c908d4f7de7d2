"""barwatch-agent policy in real CPython for Windows, under Wine: what it makes and leaves, the real driver takes."""

import json

import pytest
from tests.agent.windows.conftest import INSIDE
from tests.conftest import HOSTS
from tests.driver.windows.fixtures import SERVICE_KEY, windows_path

from barwatch_agent.driver.abi import Status
from barwatch_agent.policy.schema import load_policy

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(600)]
PATIENCE_S = 200
PLAN = HOSTS / "founding/plan.toml"  # the GPU's register at 0x1f380
READABLE, DENIED = [Status.OK, 0x7666], [Status.DENIED_POLICY, 0]


@pytest.fixture
def policy(machine, windows_agent):  # noqa: ARG001 - must run
    """A command that succeeds: ``policy("show", "--json")`` is what it prints."""

    def run(*arguments):
        process = windows_agent(INSIDE / "agent.py", "policy", *arguments)
        text, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, text
        return text

    return run


@pytest.fixture
def registry(wine):
    """Holds no policy before and after."""
    gone = ("reg", "delete", rf"{SERVICE_KEY}\Parameters", "/f")
    wine.run(*gone)
    yield
    wine.run(*gone)


@pytest.fixture
def made(policy, tmp_path):
    """A policy that was made on this machine, as both systems see its file."""
    file = tmp_path / "policy.toml"
    policy("make", "--shared", "--plan", windows_path(PLAN), "--output", windows_path(file))
    return file, windows_path(file)


@pytest.fixture
def reads(windows_python):
    """What a read of the register comes to."""
    return lambda: json.loads(windows_python(INSIDE / "read_register.py").stdout)


def test_the_driver_takes_the_policy_that_was_made_of_its_machine(policy, made, registry, reads):  # noqa: ARG001 - is empty
    file, name = made
    before = reads()
    told = policy("load", name)
    shown, checked = json.loads(policy("show", "--json")), policy("check", name, "--plan", windows_path(PLAN))

    assert (before, reads()) == (DENIED, READABLE)
    assert "at its next start: no policy: nothing is kept for it" in told
    assert (shown["policy"], shown["digest"]) == ("loaded", f"{load_policy(file).digest:016x}")
    assert "It is in force, loaded." in checked
    assert "gpu.panel" in checked


def test_what_was_left_for_the_next_start_is_in_force_then_and_forgotten_on_request(
    policy,
    made,
    registry,  # noqa: ARG001 - is empty
    machine,
    reads,
):
    told = policy("load", made[1], "--lock", "--at-start")
    machine("load")  # anew; nobody asks for a policy
    after, shown = reads(), json.loads(policy("show", "--json"))
    forgotten = policy("forget")
    machine("load")

    assert ", locked; the one that is in force" in told
    assert after == READABLE
    assert shown["policy"] == "locked"
    assert shown["at_start"] == {
        "rules": shown["rules"],
        "digest": f"{load_policy(made[0]).digest:016x}",
        "is_locked": True,
        "is_in_force": True,
    }
    assert forgotten.startswith("forgotten; ")
    assert reads() == DENIED


def test_what_was_left_before_the_driver_is_loaded_waits_for_it(policy, made, registry, machine, reads):  # noqa: ARG001 - is empty
    machine("unload")
    told = policy("load", made[1], "--at-start")
    machine("load")

    assert told.startswith(r"not in force yet: the barwatch driver is not loaded: \\.\barwatch: ")
    assert reads() == READABLE
    assert json.loads(policy("show", "--json"))["policy"] == "loaded"
