"""The alert rules by promtool, and what they know about the code."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from barwatch_agent.spool import Limits
from barwatch_proto.telemetry import GAP_CAUSES


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus): the rules were not checked")
    return found


def run(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_the_configuration_and_the_rules(promtool: str, deploy: Path) -> None:
    run(promtool, "check", "config", deploy / "prometheus/prometheus.yaml")
    run(promtool, "check", "rules", "--lint=all", "--lint-fatal", deploy / "prometheus/rules.yaml")


def test_the_alerts_fire_and_keep_still_where_they_should(promtool: str, deploy: Path) -> None:
    run(promtool, "test", "rules", deploy / "prometheus/rules_test.yaml")


def test_every_alert_is_seen_firing_in_the_tests_of_the_rules(deploy: Path) -> None:
    """Each of these tests lists all alerts that fire, so an alert that is in one of them is quiet in the others."""
    rules = (deploy / "prometheus/rules.yaml").read_text(encoding="utf-8")
    tests = (deploy / "prometheus/rules_test.yaml").read_text(encoding="utf-8")
    alerts = set(re.findall(r"alert: (\w+)", rules))

    assert len(alerts) > 10
    assert alerts - set(re.findall(r'alertname="(\w+)"', tests)) == set()


def test_the_spool_that_is_filling_up_is_as_large_as_the_agents(deploy: Path) -> None:
    """Rules cannot ask an agent for its limit, so they name the default."""
    rules = (deploy / "prometheus/rules.yaml").read_text(encoding="utf-8")

    assert f"0.5 * {Limits().max_bytes}" in rules


def test_the_alert_on_gaps_says_what_to_do_about_every_cause(deploy: Path) -> None:
    """Those that it leaves out are ordinary: an agent that is stopped, a machine that sleeps."""
    rules = (deploy / "prometheus/rules.yaml").read_text(encoding="utf-8")

    assert {cause for cause in GAP_CAUSES if f" {cause}:" not in rules} == {"stopped", "asleep"}
