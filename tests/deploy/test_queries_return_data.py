"""Every query of the dashboard and the rules, run by a real Prometheus that scrapes a fleet with failures in it."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.deploy.lab_fleet import LabFleet
from tests.deploy.lab_prometheus import LabPrometheus, Samples, until

from barwatch_agent.metrics import AgentMetrics

pytestmark = pytest.mark.xdist_group("lab")

DASHBOARD = Path(__file__).parents[2] / "deploy/grafana/which-topologies-fail.json"
WITHIN_S = 20  # two scrapes, a second apart, and what two busy cores add to that
# What Grafana would put in the place of its variables, with everything chosen.
VARIABLES = {"$access": ".*", "$topology": ".*", "$__rate_interval": "10s"}
SELECTOR = re.compile(r"\b(?:barwatch_\w+|up)\b(?:\{[^}]*\})?")
IS_FIRING_IN_THE_LAB = {"BarwatchTopologyStartedFailing", "BarwatchTopologyFailsOnMostHosts", "BarwatchHostsSilent"}


def panels(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All panels, those in folded rows too."""
    for panel in found:
        yield panel
        yield from panels(panel.get("panels") or [])


def queries() -> Iterator[Any]:
    """Every query with the labels that its panel shows, named after the panel."""
    for panel in panels(json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]):
        columns = {name for name in renamed(panel) if not name.startswith("Value #")}
        for target in panel.get("targets", []):
            labels = columns.union(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            yield pytest.param(target["expr"], labels, id=f"{panel['title']} {target['refId']}")


def renamed(panel: dict[str, Any]) -> Iterator[str]:
    """What a table calls by another name: the labels and values in its columns."""
    for transformation in panel.get("transformations", []):
        yield from transformation["options"].get("renameByName", {})


def answer(prometheus: LabPrometheus, lab_fleet: LabFleet, agent: AgentMetrics, expression: str) -> Samples:
    """What the query returns once all its numbers are numbers, while the fleet goes on; empty: nothing in time."""

    def numbers() -> Samples:
        lab_fleet.advance()
        agent.pass_seconds.observe(0.003)
        samples = prometheus.query(expression)
        return [] if any(math.isnan(float(sample["value"][1])) for sample in samples) else samples

    found: Samples = until(numbers, WITHIN_S)
    return found


@pytest.mark.parametrize(("expression", "labels"), list(queries()))
def test_a_panel_shows_data(
    expression: str, labels: set[str], prometheus: LabPrometheus, lab_fleet: LabFleet, agent_metrics: AgentMetrics
) -> None:
    """On a fleet with failures, a query that returns nothing, or not the labels that are shown, has a wrong name."""
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)

    assert "$" not in expression
    samples = answer(prometheus, lab_fleet, agent_metrics, expression)
    assert samples
    assert [sample for sample in samples if not labels <= set(sample["metric"])] == []


def test_every_rule_finds_the_series_it_speaks_of(
    prometheus: LabPrometheus, lab_fleet: LabFleet, agent_metrics: AgentMetrics
) -> None:
    """A rule is quiet when all is well, and as quiet when it names a series that nobody exports."""
    selectors = {selector for rule in prometheus.rules() for selector in SELECTOR.findall(rule["query"])}
    missing = [each for each in sorted(selectors) if not answer(prometheus, lab_fleet, agent_metrics, each)]

    assert len(selectors) > 15
    assert missing == []


def test_every_rule_can_be_evaluated(
    prometheus: LabPrometheus, lab_fleet: LabFleet, agent_metrics: AgentMetrics
) -> None:
    """Joins that match too much only fail on real series."""
    assert answer(prometheus, lab_fleet, agent_metrics, "barwatch_topology_failing_hosts > 0")
    assert until(lambda: all(rule["health"] != "unknown" for rule in prometheus.rules()), WITHIN_S)

    assert [(rule["name"], rule.get("lastError")) for rule in prometheus.rules() if rule["health"] != "ok"] == []


def test_the_fleet_with_two_failing_topologies_and_a_silent_host_is_about_to_be_reported(
    prometheus: LabPrometheus, lab_fleet: LabFleet, agent_metrics: AgentMetrics
) -> None:
    """From real metrics to the words that a person reads."""
    assert answer(prometheus, lab_fleet, agent_metrics, "barwatch_topology_failing_hosts > 0")
    until(lambda: len(_active(prometheus)) >= len(IS_FIRING_IN_THE_LAB), WITHIN_S)

    active = _active(prometheus)
    assert set(active) >= IS_FIRING_IN_THE_LAB
    assert len(active["BarwatchTopologyStartedFailing"]) == 2
    [boxed] = active["BarwatchTopologyFailsOnMostHosts"]
    assert "fails on 100% of its hosts (user)" in boxed["annotations"]["summary"]
    assert "10de:0001 (tunnelled)" in boxed["annotations"]["description"]
    assert "<error" not in json.dumps(active)


def test_every_alert_says_how_urgent_it_is_and_what_to_do(prometheus: LabPrometheus) -> None:
    """An alert that only says that something is wrong costs the one who is woken by it."""
    for rule in prometheus.rules():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}, rule["name"]
        assert rule["duration"] > 0, rule["name"]
        assert rule["annotations"]["summary"], rule["name"]
        assert len(rule["annotations"]["description"]) > 80, rule["name"]


def _active(prometheus: LabPrometheus) -> dict[str, Samples]:
    """Alerts that are pending or firing, by rule."""
    return {rule["name"]: rule["alerts"] for rule in prometheus.rules() if rule["alerts"]}
