"""The founding case as a fleet: what real agents recorded of real failures in guests, replayed into a real collector.

Laptops, IOMMU and one BIOS vendor are mostly where a box is. What fails is the user access to a card in a box whose BAR
moved, on laptops and desktops alike; tests/lab/fleet has the fleet.
"""

import threading

import pytest
from tests.lab.centre import Collector, until
from tests.lab.fleet.__main__ import RECORDINGS
from tests.lab.fleet.members import members

from barwatch_agent.clock import SystemClock
from barwatch_agent.recorded import load
from barwatch_agent.recorded.replaying import Pace, stream, unpacked

pytestmark = [
    pytest.mark.xdist_group("e2e-fleet"),
    pytest.mark.timeout(300),  # the first test waits for the replays, each for the collector's disk
]

FLEET = {member.name: member for member in members()}
BOXED = {name for name, member in FLEET.items() if member.has_box}
DEAF = {name for name, member in FLEET.items() if member.line.fault == "deaf"}
MAPPED_ANEW = {name for name, member in FLEET.items() if member.line.user_mapping == "driver"}
TWO_SWITCHES = {name for name, member in FLEET.items() if member.line.card_in == "two switches"}
CARD, BRIDGES_OF_A_BOX = "1af4:1110", 5  # a root port and two switches, of two ports each
BY_BAR = ("user", "kernel")  # accesses


@pytest.fixture(scope="module")
def collector(tmp_path_factory):
    """A collector that knows the fleet, all of its episodes judged."""
    folder = tmp_path_factory.mktemp("fleet")
    collector = Collector(folder)
    try:
        told = [replay(name, collector.grpc, folder / name) for name in FLEET]
        assert all("all of it is acknowledged" in each for each in told), told
        until("every episode is judged", lambda: all(row["failure"] for row in episodes(collector)))
        yield collector
    finally:
        collector.end()


def replay(name, address, state):
    """What ``barwatch-agent replay --collector`` does, as fast as it goes; all in this process."""
    host = load(RECORDINGS / f"{name}.toml")
    with unpacked(host, {"hostname": name, "collector": address}, SystemClock()) as machine:
        pace = Pace(0, threading.Event(), lambda _seconds: None)
        return stream(machine, machine.config, state, pace)


def episodes(collector, **wanted):
    """Runs of failing reads of registers in BARs."""
    rows = collector.ask("episodes", outcome="all_ones", limit=10_000, **wanted)["rows"]
    return [row for row in rows if row["bar"] is not None]


def of_cards(collector):
    """The rows of the cards' topologies."""
    rows = collector.ask("topologies")["rows"]
    return [row for row in rows if row["access"] in BY_BAR and row["route"].endswith(CARD)]


def test_the_topology_with_two_switches_fails_by_the_user_access_where_the_second_one_is_a_box(collector):
    """The desktops with two switches inside have the same topology, and what leaves the chassis is no part of it."""
    rows = {row["access"]: row for row in of_cards(collector) if row["route"].count(">") >= BRIDGES_OF_A_BOX}

    assert (rows["user"]["failing_hosts"], rows["user"]["attempting_hosts"]) == (len(BOXED), len(BOXED | TWO_SWITCHES))
    assert (rows["kernel"]["failing_hosts"], rows["kernel"]["attempting_hosts"]) == (0, len(BOXED | TWO_SWITCHES))
    assert rows["user"]["reads"]["ok"], "each read well until its BAR moved"


def test_a_card_in_a_slot_fails_by_every_access_or_by_none(collector):
    rows = [row for row in of_cards(collector) if row["route"].count(">") < BRIDGES_OF_A_BOX]
    failing = {access: sum(row["failing_hosts"] for row in rows if row["access"] == access) for access in BY_BAR}

    assert failing == {"user": len(DEAF), "kernel": len(DEAF)}


def test_the_user_access_in_a_box_reads_through_a_stale_mapping(collector):
    rows = episodes(collector, failure="stale_mapping")
    lasting = [row for row in rows if row["is_open"]]

    assert {row["access"] for row in rows} == {"user"}
    assert {row["hostname"] for row in lasting} == BOXED
    assert {(row["register"], row["reads"]) for row in rows if row["hostname"] in MAPPED_ANEW} == {
        ("panel.status", 1),
        ("panel.mask", 1),
    }
    assert {row["hostname"] for row in rows} == BOXED | MAPPED_ANEW


def test_a_card_that_stopped_decoding_is_another_class_on_other_hosts(collector):
    rows = episodes(collector, failure="decode_off")

    assert {(row["hostname"], row["access"]) for row in rows} == {(name, access) for name in DEAF for access in BY_BAR}
    assert not any(row["is_open"] for row in rows)
    assert len(rows) + len(episodes(collector, failure="stale_mapping")) == len(episodes(collector))


@pytest.fixture(scope="module")
def explained(collector):
    """The report on what reads through a stale mapping."""
    asked = {"failure": "stale_mapping", "permutations": 99}
    (found,) = collector.ask("explain", **asked)["failures"]
    return found["report"]


def test_the_first_sentence_of_explain_names_the_access_and_the_box(explained):
    """That its BAR moved is the failure class. Linux says one thing of a box twice: it is behind an external port."""
    (found,) = explained["explanations"]
    attributes = {literal["attribute"]: literal["values"] for literal in found["literals"]}

    assert attributes.pop("access") == ["user"]
    assert attributes in ({"route_removable": ["yes"]}, {"route_external_facing": ["yes"]})
    assert (found["inside"]["failing"], found["inside"]["units"]) == (len(BOXED), len(BOXED))
    assert found["outside"]["failing"] == 0
    assert (found["level"], found["p"] <= 0.05, explained["unexplained"]) == ("strong", True, 0)


def test_laptop_is_listed_as_not_the_cause_with_its_numbers(explained):
    laptops = {name for name, member in FLEET.items() if member.model.chassis in {9, 10}}
    (laptop,) = [one for one in explained["rejected"] if one["text"] == "chassis=laptop"]

    assert (laptop["inside"]["failing"], laptop["inside"]["units"]) == (len(laptops & BOXED), len(laptops))
    assert laptop["alone"]["failing"] == 0
    assert laptop["alone"]["units"] > 0
    assert "0 of" in laptop["why"]


def test_the_first_experiment_separates_what_remains(collector):
    """All but certain: what is left is to be proven, by a pair of reads that differ in the box alone."""
    (told,) = collector.ask("experiments", failure="stale_mapping", limit=3)["failures"]
    best, first = told["likeliest"][0], told["proposals"][0]

    assert "access=user" in best["text"]
    assert first["kind"] in {"route", "box", "card"}
    assert first["text"].endswith("and read it by user")
    likeliest_then = {outcome: first[outcome]["left"][0] for outcome in ("fails", "works")}
    assert likeliest_then["works"]["after"] > likeliest_then["fails"]["after"], "a card without the box works"
