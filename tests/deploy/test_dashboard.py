"""The dashboard: made by code, laid out for a screen, and about metrics that exist."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from tests.deploy.lab_fleet import LabFleet

from barwatch_agent.metrics import AgentMetrics

GRID = 24  # columns of Grafana's grid
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
QUERIES = ("prometheus/rules.yaml", "prometheus/rules_test.yaml", "grafana/which-topologies-fail.json")


def shown(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """Every panel that is not a row, those in folded rows too."""
    inner = [panel for row in dashboard["panels"] for panel in row.get("panels") or []]
    return [panel for panel in (*dashboard["panels"], *inner) if panel["type"] != "row"]


def exported(text: str) -> set[str]:
    """Names of all series of a /metrics page, those without a value yet too."""
    families = text_string_to_metric_families(text)
    return {family.name + suffix for family in families for suffix in SUFFIXES.get(family.type, ("",))}


def test_the_dashboard_is_what_its_code_makes(deploy: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.json"
    subprocess.run([sys.executable, deploy / "grafana/dashboards.py", made], check=True)

    committed = (deploy / "grafana/which-topologies-fail.json").read_text(encoding="utf-8")
    assert made.read_text(encoding="utf-8") == committed, "run: .venv/bin/python deploy/grafana/dashboards.py"


def test_every_metric_in_queries_is_one_that_the_code_exports(
    deploy: Path, lab_fleet: LabFleet, agent_metrics: AgentMetrics
) -> None:
    page = httpx.get(f"{lab_fleet.url}/metrics").text + generate_latest(agent_metrics.registry).decode()
    used = {name for file in QUERIES for name in re.findall(r"\bbarwatch_\w+", (deploy / file).read_text("utf-8"))}

    assert len(used) > 15
    assert used - exported(page) == set()


def test_a_metric_that_has_no_value_yet_is_exported_all_the_same() -> None:
    """An agent's counter of gaps by cause has no line before the first gap."""
    page = "# TYPE gaps counter\n# TYPE spool_bytes gauge\n# TYPE pass_seconds histogram\n"

    assert exported(page) >= {"gaps_total", "spool_bytes", "pass_seconds_bucket"}


def test_panels_fill_their_rows_and_do_not_overlap(dashboard: dict[str, Any]) -> None:
    cells = [
        (x, y)
        for panel in dashboard["panels"]
        for box in [panel["gridPos"]]
        for x in range(box["x"], box["x"] + box["w"])
        for y in range(box["y"], box["y"] + box["h"])
    ]

    assert len(cells) == len(set(cells))
    assert len(cells) == GRID * (max(y for _, y in cells) + 1)


def test_every_panel_can_be_told_from_the_others_and_explains_itself(dashboard: dict[str, Any]) -> None:
    panels = shown(dashboard)

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["title"], panel["type"]) for panel in panels}) == len(panels)
    assert [
        panel["title"] for panel in panels if not panel["description"] or not panel["fieldConfig"]["defaults"]["unit"]
    ] == []


def test_every_variable_that_a_query_uses_can_be_chosen(dashboard: dict[str, Any]) -> None:
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = {
        name
        for panel in shown(dashboard)
        for target in panel["targets"]
        for name in re.findall(r"\$\{?(\w+)", target["expr"] + target["datasource"]["uid"])
    }

    assert used - {"__rate_interval"} == variables
