import re
from collections.abc import Callable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import text
from tests.collector.questions.fleet import LATER_NS, NOON_NS, SLOT, Fleet, example, machine

from barwatch_collector.metrics import FRESH_NS, register_store_metrics
from barwatch_collector.store.schema import HOUR_NS


@dataclass
class Scraper:
    """A registry with the fleet's metrics, at a time of ours."""

    fleet: Fleet
    now_ns: int = LATER_NS
    connected: set[str] = field(default_factory=set)
    registry: CollectorRegistry = field(default_factory=lambda: CollectorRegistry(auto_describe=True))

    def __post_init__(self) -> None:
        metrics = register_store_metrics(self.registry, self.fleet.engine, lambda: self.now_ns, lambda: self.connected)
        metrics.version = "1.2.3"

    def scrape(self) -> str:
        return generate_latest(self.registry).decode()


def test_the_fleet_is_exposed_as_agreed(fleet: Fleet, golden: Callable[[str, str], None]) -> None:
    example(fleet)
    exposed = Scraper(fleet, connected={"00000001-0000-4000-8000-000000000000", "a stranger"}).scrape()

    golden("metrics/collector_fleet.txt", re.sub(r"(database_bytes) [\d.e+]+", r"\1 SIZE", exposed))


def test_an_empty_store_exposes_zeros_and_no_topology(fleet: Fleet) -> None:
    exposed = Scraper(fleet).scrape()

    assert 'barwatch_hosts{state="silent"} 0.0' in exposed
    assert 'barwatch_episodes_open{access="user",outcome="all_ones"} 0.0' in exposed
    assert 'barwatch_gaps_total{cause="killed"} 0.0' in exposed
    assert "barwatch_topology_hosts{" not in exposed


def test_episodes_that_wait_for_a_verdict_are_told_and_classes_of_a_newer_version_are_not(fleet: Fleet) -> None:
    example(fleet)
    with fleet.engine.begin() as connection:
        connection.execute(text("UPDATE verdict SET failure = 'eaten_by_mice' WHERE host_id = 4"))
        connection.execute(text("UPDATE verdict SET table_version = NULL, failure = NULL WHERE host_id = 5"))
        connection.execute(text("UPDATE verdict SET table_version = 0 WHERE host_id = 6"))

    exposed = Scraper(fleet).scrape()

    assert "mice" not in exposed
    assert 'barwatch_episodes_open_by_failure{access="user",failure="upstream_asleep"} 1.0' in exposed
    assert "barwatch_collector_verdicts_waiting 2.0" in exposed


def test_a_topology_that_nobody_attempted_does_not_fail_and_is_not_well(fleet: Fleet) -> None:
    host = fleet.host("lab-1")
    fleet.series(host, fleet.snapshot(host, machine(), SLOT), SLOT, "user", denied=9)

    exposed = Scraper(fleet).scrape()

    assert f'barwatch_topology_hosts{{access="user",topology="{SLOT}"}} 0.0' in exposed
    assert "barwatch_topology_failing_hosts{" not in exposed


def test_what_failed_before_yesterday_and_is_well_since_does_not_fail(fleet: Fleet) -> None:
    host = fleet.host("lab-1")
    held = fleet.snapshot(host, machine(), SLOT)
    fleet.series(host, held, SLOT, "user", hours={-40: {"all_ones": 900}, -1: {"all_ones": 900, "ok": 50}})

    exposed = Scraper(fleet).scrape()

    assert f'barwatch_topology_failing_hosts{{access="user",topology="{SLOT}"}} 0.0' in exposed
    assert f'barwatch_topology_reads_total{{access="user",outcome="all_ones",topology="{SLOT}"}} 900.0' in exposed


def test_scrapes_in_quick_succession_cost_one_look_at_the_store(fleet: Fleet) -> None:
    scraper = Scraper(fleet)
    scraper.scrape()
    fleet.host("new")

    soon = scraper.scrape()
    scraper.now_ns += FRESH_NS
    later = scraper.scrape()

    assert 'barwatch_hosts{state="silent"} 0.0' in soon
    assert 'barwatch_hosts{state="silent"} 1.0' in later


def test_a_clock_that_is_set_back_does_not_freeze_the_metrics(fleet: Fleet) -> None:
    scraper = Scraper(fleet)
    scraper.scrape()
    fleet.host("new", seen_ns=NOON_NS)
    scraper.now_ns -= HOUR_NS

    assert 'barwatch_hosts{state="silent"} 1.0' in scraper.scrape()


def test_a_store_that_does_not_answer_is_said_and_nothing_is_made_up(fleet: Fleet) -> None:
    with fleet.engine.begin() as connection:
        connection.execute(text("ALTER TABLE gap RENAME TO hidden"))

    exposed = Scraper(fleet).scrape()

    assert "barwatch_collector_store_up 0.0" in exposed
    assert "barwatch_hosts" not in exposed
    assert 'barwatch_collector_build_info{version="1.2.3"} 1.0' in exposed
