"""The panels that answer the question: how big the fleet is, which topologies fail, and what their reads come to.

Several collectors on one database export the same fleet, so whatever describes it is joined with ``max`` before it is
summed.
"""

from functools import partial

from grafana_foundation_sdk.builders import stat, table, timeseries
from panels import BAD, GOOD, NOTICE, About, Column, lines, number, rows

UID = "barwatch-which-topologies-fail"
CHOSEN = 'access=~"$access", topology=~"$topology"'
WITH_ROUTE = "* on (topology) group_left (route) topk by (topology) (1, barwatch_topology_info)"
HOSTS = "max(sum by (instance) (barwatch_hosts))"  # each collector knows all, and as connected only those it holds
CELL = "topology, access"
READ = "topology, access, outcome"
OUTCOME_COLOURS = {
    "ok": "green",
    "all_ones": "red",
    "mismatch": "orange",
    "fault": "dark-red",
    "denied": "purple",
    "unreachable": "blue",
}
SHARE_STEPS = [{"value": None, "color": GOOD}, {"value": 0.001, "color": NOTICE}, {"value": 0.5, "color": BAD}]


def fleet() -> list[stat.Panel]:
    """Four numbers across the top."""
    about = partial(About, unit="short", width=6, height=4)
    failing = _of("barwatch_topology_failing_hosts", "topology")
    return [
        number(
            about("Hosts", "Machines with an agent, connected or not."),
            HOSTS,
            {None: "text"},
        ),
        number(
            about("Silent hosts", "Hosts that are not heard of now. No data is not no failure."),
            f'{HOSTS} - sum(barwatch_hosts{{state="connected"}})',
            {None: GOOD, 1: NOTICE},
        ),
        number(
            about("Failing topologies", "Topologies in which at least one host fails through a chosen access."),
            f"sum({failing} > bool 0)",
            {None: GOOD, 1: BAD},
        ),
        number(
            about("Open episodes", "Unbroken runs of reads that are not ok, and that last."),
            'sum(max by (access, outcome) (barwatch_episodes_open{access=~"$access"}))',
            {None: GOOD, 1: NOTICE},
        ),
    ]


def ranking() -> table.Panel:
    """The table of topologies, the worst first."""
    failing, hosts = _of("barwatch_topology_failing_hosts", CELL), _of("barwatch_topology_hosts", CELL)
    description = (
        "One row for each topology and access; a click on a topology shows it alone. "
        "A share of few hosts says little: `barwatch topologies` has its interval."
    )
    return rows(
        About("Topologies", description, unit="short", width=24, height=11),
        [f"({failing} / {hosts}) {WITH_ROUTE}", f"{failing} {WITH_ROUTE}", f"{hosts} {WITH_ROUTE}"],
        [
            Column("topology", "Topology", 170, {"links": [_only_this_topology()]}),
            Column("route", "Route"),
            Column("access", "Access", 90),
            Column("Value #C", "Hosts", 80),
            Column("Value #B", "Failing hosts", 120),
            Column("Value #A", "Failing share", 260, _as_gauge()),
        ],
        sort_by="Failing share",
    )


def reads() -> list[timeseries.Panel]:
    """Failures and reads over time."""
    return [_failing_share(), _reads_by_outcome(), _denied_and_unreachable(), _open_episodes(), _why(), _gaps()]


def _failing_share() -> timeseries.Panel:
    share = f"{_of('barwatch_topology_failing_hosts', CELL)} / {_of('barwatch_topology_hosts', CELL)} > 0"
    about = About("Failing share of hosts", "Only topologies that fail are drawn.", "percentunit", width=12, height=9)
    return lines(about, {"{{topology}} {{access}}": share}).max(1)


def _reads_by_outcome() -> timeseries.Panel:
    about = About("Reads by outcome", "All reads of the chosen topologies.", "rps", width=12, height=9)
    return lines(about, {"{{outcome}}": f"sum by (outcome) ({_read_rate()})"}, OUTCOME_COLOURS)


def _denied_and_unreachable() -> timeseries.Panel:
    description = (
        "Reads that never touched a register: the operating system said no (lockdown, rights, policy), "
        "or touching it was unsafe or impossible. They say nothing about a topology."
    )
    rate = _read_rate(', outcome=~"denied|unreachable"')
    about = About("Denied and unreachable", description, "rps", width=12, height=9)
    return lines(about, {"{{outcome}} {{access}}": f"sum by (outcome, access) ({rate}) > 0"})


def _open_episodes() -> timeseries.Panel:
    about = About("Open episodes", "By access and by the outcome that opened them.", "short", width=12, height=9)
    expression = 'max by (outcome, access) (barwatch_episodes_open{access=~"$access"}) > 0'
    return lines(about, {"{{outcome}} {{access}}": expression})


def _why() -> timeseries.Panel:
    description = (
        "Open episodes by what their verdict says: the failure class that their evidence comes to. "
        "`barwatch episodes --open --reasons` tells why."
    )
    about = About("Why they last", description, "short", width=12, height=9)
    expression = 'max by (failure, access) (barwatch_episodes_open_by_failure{access=~"$access"}) > 0'
    return lines(about, {"{{failure}} {{access}}": expression})


def _gaps() -> timeseries.Panel:
    description = (
        "Running total of the times of which something is missing. A step up is a loss; "
        "`stopped` and `asleep` are ordinary."
    )
    about = About("Known gaps by cause", description, "short", width=12, height=9)
    return lines(about, {"{{cause}}": "max by (cause) (barwatch_gaps_total) > 0"})


def _of(metric: str, by: str) -> str:
    """A metric of the chosen topologies, each counted once however many collectors export it."""
    return f"max by ({by}) ({metric}{{{CHOSEN}}})"


def _read_rate(where: str = "") -> str:
    return f"max by ({READ}) (rate(barwatch_topology_reads_total{{{CHOSEN}{where}}}[$__rate_interval]))"


def _only_this_topology() -> dict[str, object]:
    query = "var-topology=${__value.raw}&${access:queryparam}&${datasource:queryparam}&${__url_time_range}"
    return {"title": "Show only this topology", "url": f"/d/{UID}?{query}", "targetBlank": False}


def _as_gauge() -> dict[str, object]:
    return {
        "unit": "percentunit",
        "min": 0,
        "max": 1,
        "decimals": 0,
        "color": {"mode": "thresholds"},
        "thresholds": {"mode": "absolute", "steps": SHARE_STEPS},
        "custom.cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
    }
