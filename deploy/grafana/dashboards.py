"""Writes the dashboard *Which topologies fail*: ``python deploy/grafana/dashboards.py [FILE]``."""

import json
import sys
from pathlib import Path

import topologies
import traffic
from grafana_foundation_sdk.builders import dashboard as builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard
from panels import SOURCE

OUTPUT = Path(__file__).with_name("which-topologies-fail.json")


def main() -> None:
    """Write the dashboard to the file that is named, or to its place in this folder."""
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    output.write_text(json.dumps(built(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def built() -> dashboard.Dashboard:
    """The dashboard, its panels numbered from 1 in reading order."""
    made = _frame()
    for panel in (*topologies.fleet(), topologies.ranking(), *topologies.reads()):
        made.with_panel(panel)
    made.with_row(builder.Row("Is the data arriving?"))
    for panel in traffic.collectors():
        made.with_panel(panel)
    made.with_row(traffic.agents())
    result = made.build()
    _number(result.panels or [])
    return result


def _number(panels: list[dashboard.Panel | dashboard.RowPanel], first: int = 1) -> int:
    """Gives every panel an id of its own, rows and what is folded into them too; the next free one."""
    for panel in panels:
        panel.id_val = first
        first += 1
        if isinstance(panel, dashboard.RowPanel):
            first = _number(list(panel.panels), first)
    return first


def _frame() -> builder.Dashboard:
    made = (
        builder.Dashboard("Which topologies fail")
        .uid(topologies.UID)
        .description("Which PCIe topologies answer wrong, through which access, on how many hosts, since when.")
        .tags(["barwatch"])
        .time("now-24h", "now")
        .refresh("1m")
        .timezone("browser")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .readonly()
    )
    for variable in (
        _datasource(),
        _choice("access", "Access"),
        _choice("topology", "Topology", '{access=~"$access"}'),
    ):
        made.with_variable(variable)
    made.link(_link("The same as JSON", "http://127.0.0.1:7480/api/v1/topologies", "With the interval of every share"))
    return made.link(_link("Alerts", "http://127.0.0.1:9090/alerts", "What fires now, and what to do about it"))


def _link(title: str, url: str, tooltip: str) -> builder.DashboardLink:
    return (
        builder.DashboardLink(title)
        .type(dashboard.DashboardLinkType.LINK)
        .url(url)
        .tooltip(tooltip)
        .icon("external link")
        .target_blank(target_blank=True)
    )


def _datasource() -> builder.DatasourceVariable:
    return builder.DatasourceVariable("datasource").label("Prometheus").type("prometheus")


def _choice(label: str, title: str, where: str = "") -> builder.QueryVariable:
    """A variable that offers the values of a label of the topologies, all of them by default."""
    return (
        builder.QueryVariable(label)
        .label(title)
        .query(f"label_values(barwatch_topology_hosts{where}, {label})")
        .datasource(SOURCE)
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .current(dashboard.VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


if __name__ == "__main__":
    main()
