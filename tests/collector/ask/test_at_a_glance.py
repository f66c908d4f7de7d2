"""Which topologies a person sees at a glance."""

import dataclasses

from barwatch_collector.ask.tables import rest_line, worth_a_look
from barwatch_collector.questions.statistics import wilson
from barwatch_collector.questions.topology_rows import TopologyByAccess
from barwatch_proto.telemetry import Counts
from barwatch_proto.words import Access


def row_of(topology: str) -> TopologyByAccess:
    return TopologyByAccess(
        topology=topology,
        route="root port 8086:1901",
        access=Access.USER,
        hosts=3,
        attempting_hosts=3,
        failing_hosts=0,
        rate=0.0,
        interval=wilson(0, 3),
        cells=3,
        failing_cells=0,
        attempts=10,
        failures=0,
        reads=Counts(ok=10),
        worst_register=None,
        open_episodes=0,
        no_attempts_because=None,
        main_failure=None,
    )


def test_on_a_terminal_many_healthy_topologies_are_told_by_their_number() -> None:
    names = [f"{number:016x}" for number in range(20)]
    healthy = [row_of(name) for name in names]
    failing = dataclasses.replace(healthy[15], failing_hosts=1)
    rows = [*healthy[:15], failing, *healthy[16:]]

    shown = worth_a_look(rows)

    assert failing in shown
    assert len(shown) == 8
    assert str(rest_line(rows, shown)) == "and 12 topologies more, none of which fails: --all lists them"
    assert rest_line(rows, rows) is None


def test_every_topology_that_fails_is_shown_however_many() -> None:
    rows = [dataclasses.replace(row_of(f"{number:016x}"), failing_hosts=1) for number in range(30)]

    assert worth_a_look(rows) == rows
