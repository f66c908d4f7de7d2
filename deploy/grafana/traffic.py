"""The panels that say whether an answer can be trusted: what collectors commit, and what agents still hold back."""

from functools import partial

from grafana_foundation_sdk.builders import dashboard as builder
from grafana_foundation_sdk.builders import timeseries
from panels import BAD, GOOD, NOTICE, About, lines

ABOUT = partial(About, width=8, height=8)
RESULT_COLOURS = {"committed": GOOD, "duplicate": "blue", "refused": BAD, "deferred": NOTICE}


def collectors() -> list[timeseries.Panel]:
    """The health of ingest, per collector."""
    return [
        _batches(),
        _commits(),
        lines(
            ABOUT("Agents connected", "Streams that are open now.", "short"),
            {"{{instance}}": "sum by (instance) (barwatch_collector_agents_connected)"},
        ),
        lines(
            ABOUT("Series updated", "Sets of counters written.", "wps"),
            {"{{instance}}": "sum by (instance) (rate(barwatch_collector_series_updates_total[$__rate_interval]))"},
        ),
        lines(
            ABOUT("Received", "Batches on the wire.", "Bps"),
            {"{{instance}}": "sum by (instance) (rate(barwatch_collector_bytes_total[$__rate_interval]))"},
        ),
        lines(
            ABOUT("Database", "Size on disk. It grows with change, not with time.", "bytes"),
            {"{{instance}}": "max by (instance) (barwatch_collector_database_bytes)"},
        ),
    ]


def agents() -> builder.Row:
    """The agents' own side, folded away: most agents are not scraped, and their collector knows the rest."""
    passes = "rate(barwatch_agent_pass_seconds_bucket[$__rate_interval])"
    panels = (
        lines(
            ABOUT("Waiting in the spool", "What no collector has acknowledged yet.", "bytes"),
            {"{{instance}}": "barwatch_agent_spool_bytes"},
        ),
        lines(
            ABOUT("Since the last acknowledgement", "A collector acknowledges what it has committed.", "s"),
            {"{{instance}}": "time() - barwatch_agent_last_acknowledged_timestamp_seconds"},
        ),
        lines(
            ABOUT("Time of a sampling pass (p99)", "All registers through all accesses, once.", "s"),
            {"{{instance}}": f"histogram_quantile(0.99, sum by (le, instance) ({passes}))"},
        ),
    )
    row = builder.Row("Agents that this Prometheus scrapes").collapsed(collapsed=True)
    for panel in panels:
        row.with_panel(panel)
    return row


def _batches() -> timeseries.Panel:
    description = (
        "committed is the normal one; duplicate follows a lost connection and changes nothing; "
        "refused is never sent again; deferred comes back later."
    )
    rate = "sum by (result) (rate(barwatch_collector_batches_total[$__rate_interval]))"
    return lines(ABOUT("Batches by result", description, "cps"), {"{{result}}": rate}, RESULT_COLOURS)


def _commits() -> timeseries.Panel:
    buckets = "sum by (le, instance) (rate(barwatch_collector_commit_seconds_bucket[$__rate_interval]))"
    return lines(
        ABOUT("Commit time", "From the first write until it is synced to disk; 250 ms is too long.", "s"),
        {
            "p99 {{instance}}": f"histogram_quantile(0.99, {buckets})",
            "p50 {{instance}}": f"histogram_quantile(0.5, {buckets})",
        },
    )
