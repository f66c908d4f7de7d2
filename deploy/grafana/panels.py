"""The look of our panels: three kinds, with every choice that they share made once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from grafana_foundation_sdk.builders import common as common_builder
from grafana_foundation_sdk.builders import dashboard as dashboard_builder
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
GOOD, NOTICE, BAD = "green", "orange", "red"

Panel = TypeVar("Panel", stat.Panel, timeseries.Panel, table.Panel)


@dataclass(frozen=True, slots=True)
class About:
    """What a panel says of itself, and its size on Grafana's grid of 24 columns."""

    title: str
    description: str
    unit: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    field: str  # the label, or "Value #A" for the value of query A
    title: str
    width: int | None = None  # pixels; None: what is left
    properties: Mapping[str, object] | None = None  # more of Grafana's field options, by their path


def number(about: About, expression: str, steps: Mapping[float | None, str]) -> stat.Panel:
    """One number now, with its course behind it; steps are colours from a value upwards, the first from None."""
    panel = (
        stat.Panel()
        .with_target(_query("A", expression, "").range())
        .thresholds(_thresholds(steps))
        .reduce_options(common_builder.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_mode(common.BigValueColorMode.VALUE)
        .graph_mode(common.BigValueGraphMode.AREA)
        .no_value("no data")
    )
    return _describe(panel, about)


def lines(about: About, queries: Mapping[str, str], colours: Mapping[str, str] | None = None) -> timeseries.Panel:
    """Curves over time; queries by the legend of what they return, colours by the name of a curve."""
    panel = (
        timeseries.Panel()
        .line_width(2)
        .fill_opacity(8)
        .show_points(common.VisibilityMode.NEVER)
        .min(0)
        .legend(_legend())
        .tooltip(
            common_builder.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
        )
        .no_value("no data")
    )
    for letter, (legend, expression) in zip("ABCDEF", queries.items(), strict=False):
        panel.with_target(_query(letter, expression, legend).range())
    for name, colour in (colours or {}).items():
        panel.override_by_name(name, [_option("color", {"mode": "fixed", "fixedColor": colour})])
    return _describe(panel, about)


def rows(about: About, queries: Sequence[str], columns: Sequence[Column], sort_by: str) -> table.Panel:
    """What the queries return now, one row per set of labels, one column per label or query, the largest first."""
    panel = (
        table.Panel()
        .with_transformation(dashboard.DataTransformerConfig("merge", options={}))
        .with_transformation(dashboard.DataTransformerConfig("organize", options=_arranged(columns)))
        .sort_by([common_builder.TableSortByFieldState().display_name(sort_by).desc(desc=True)])
        .no_value("no data")
    )
    for letter, expression in zip("ABCDEF", queries, strict=False):
        panel.with_target(_query(letter, expression, "").instant().format(PromQueryFormat.TABLE))
    for column in columns:
        options = {**({"custom.width": column.width} if column.width else {}), **(column.properties or {})}
        panel.override_by_name(column.title, [_option(path, value) for path, value in options.items()])
    return _describe(panel, about)


def _describe(panel: Panel, about: About) -> Panel:
    panel.title(about.title).description(about.description).datasource(SOURCE)
    panel.unit(about.unit).span(about.width).height(about.height)
    return panel


def _query(letter: str, expression: str, legend: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().ref_id(letter).expr(expression).legend_format(legend).datasource(SOURCE)


def _option(path: str, value: object) -> dashboard.DynamicConfigValue:
    return dashboard.DynamicConfigValue(path, value)


def _thresholds(steps: Mapping[float | None, str]) -> dashboard_builder.ThresholdsConfig:
    return (
        dashboard_builder.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([dashboard.Threshold(value, colour) for value, colour in steps.items()])
    )


def _legend() -> common_builder.VizLegendOptions:
    return (
        common_builder.VizLegendOptions()
        .display_mode(common.LegendDisplayMode.TABLE)
        .placement(common.LegendPlacement.BOTTOM)
        .show_legend(show_legend=True)
        .calcs(["lastNotNull", "max"])
    )


def _arranged(columns: Sequence[Column]) -> dict[str, object]:
    """Options of Grafana's organize transformation."""
    return {
        "excludeByName": {"Time": True},
        "indexByName": {column.field: place for place, column in enumerate(columns)},
        "renameByName": {column.field: column.title for column in columns},
    }
