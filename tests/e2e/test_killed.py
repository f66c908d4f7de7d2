"""kill -9 of either side at any moment: counters go on, nothing acknowledged is lost, nothing is counted twice."""

import dataclasses
import shutil
import sqlite3

import pytest

from barwatch_agent.journal import kept
from barwatch_agent.spool_file import open_spool

pytestmark = pytest.mark.xdist_group("e2e")

NAME = "desktop-gpu-slot"


def total(reads):
    """All reads of a host by outcome, summed."""
    return sum(sum(counts.values()) for counts in reads.values())


def stored(lab, query):
    """Rows of the collector's database."""
    with sqlite3.connect(lab.folder / "collector" / "barwatch.db") as connection:
        return connection.execute(query).fetchall()


def agents_own_counts(lab):
    """What the agent's spool says that it has counted, by series number."""
    spool = open_spool(lab.folder / NAME / "spool.sqlite")
    runs = kept(spool).counters
    spool.close()
    return {number: run.counts for run in runs for number in range(run.first_series, run.first_series + run.length)}


def collectors_counts(lab):
    """What the collector has committed, by series number."""
    rows = stored(lab, "select series_id, ok, all_ones, mismatch, denied, unreachable, fault, skipped from series")
    return {row[0]: row[1:] for row in rows}


def assert_both_agree(lab):
    own = {number: dataclasses.astuple(counts) for number, counts in agents_own_counts(lab).items()}
    theirs = collectors_counts(lab)
    assert theirs == own
    assert sum(map(sum, own.values())) > 0


def test_a_killed_agent_goes_on_counting_and_the_gap_is_told(lab, host, wait):
    sysfs = host(NAME).sys
    agent = lab.start_agent(NAME, sysfs)
    wait(lambda: total(lab.reads(NAME)), agent)
    before = lab.reads(NAME)
    agent.kill()
    killed_with = lab.reads(NAME)

    again = lab.start_agent(NAME, sysfs)
    wait(lambda: total(lab.reads(NAME)) > total(killed_with), again)
    assert again.stop() == 0
    after = lab.reads(NAME)

    assert after.keys() == before.keys()
    for key, counts in before.items():
        assert all(after[key][outcome] >= count for outcome, count in counts.items()), key
    assert [gap["cause"] for gap in lab.host(NAME)["gaps"]] == ["killed"]
    assert_both_agree(lab)


def test_a_killed_collector_gets_everything_afterwards_and_nothing_twice(lab, host, wait):
    agent = lab.start_agent(NAME, host(NAME).sys)
    wait(lambda: total(lab.reads(NAME)), agent)
    for _ in range(3):
        before = total(lab.reads(NAME))
        lab.collector.kill()
        lab.start_collector()
        wait(lambda before=before: total(lab.reads(NAME)) > before, agent, lab.collector)
    assert agent.stop() == 0

    (sequence,) = stored(lab, "select sequence from epoch")[0]
    spooled = sqlite3.connect(lab.folder / NAME / "spool.sqlite")
    (newest,) = spooled.execute("select value from meta where name = 'sequence'").fetchone()
    (waiting,) = spooled.execute("select count(*) from part").fetchone()
    spooled.close()

    assert_both_agree(lab)
    assert (sequence, waiting) == (int(newest), 0)
    assert stored(lab, "select count(*) from gap where origin = 'collector'") == [(0,)]


def test_what_was_read_while_the_collector_was_away_arrives_when_it_is_back(lab, host, wait):
    sysfs = host(NAME).sys
    lab.collector.kill()
    agent = lab.start_agent(NAME, sysfs)
    wait((lab.folder / NAME / "spool.sqlite").exists, agent)
    wait(lambda: "next try in" in agent.said(), agent)
    assert agent.stop() == 0

    lab.start_collector()
    again = lab.start_agent(NAME, sysfs)
    wait(lambda: total(lab.reads(NAME)), again)
    assert again.stop() == 0

    assert [gap["cause"] for gap in lab.host(NAME)["gaps"]] == ["stopped"]
    assert_both_agree(lab)


def test_a_spool_that_was_set_back_in_time_begins_a_new_epoch_and_nothing_is_dropped(lab, host, wait):
    sysfs = host(NAME).sys
    agent = lab.start_agent(NAME, sysfs)
    wait(lambda: total(lab.reads(NAME)), agent)
    assert agent.stop() == 0
    shutil.copytree(lab.folder / NAME, lab.folder / "backup")
    agent = lab.start_agent(NAME, sysfs)
    before = total(lab.reads(NAME))
    wait(lambda: total(lab.reads(NAME)) > before + 10, agent)
    assert agent.stop() == 0
    shutil.rmtree(lab.folder / NAME)
    shutil.copytree(lab.folder / "backup", lab.folder / NAME)

    before = total(lab.reads(NAME))
    agent = lab.start_agent(NAME, sysfs)
    wait(lambda: len(stored(lab, "select * from epoch")) == 2, agent)
    wait(lambda: total(lab.reads(NAME)) > before, agent)

    assert agent.stop() == 0
    assert "rewound" in {gap["cause"] for gap in lab.host(NAME)["gaps"]}


def test_a_collector_that_lost_its_database_is_told_everything_anew(lab, host, wait):
    agent = lab.start_agent(NAME, host(NAME).sys)
    wait(lambda: total(lab.reads(NAME)), agent)
    lab.collector.kill()
    shutil.rmtree(lab.folder / "collector")
    lab.start_collector()

    wait(lambda: total(lab.reads(NAME)), agent, lab.collector)

    assert agent.stop() == 0
    assert [gap["cause"] for gap in lab.host(NAME)["gaps"]] == ["rewound"]
    assert_both_agree(lab)


def test_a_second_agent_with_the_same_identity_is_turned_away(lab, host, wait):
    sysfs = host(NAME).sys
    agent = lab.start_agent(NAME, sysfs)
    wait(lambda: total(lab.reads(NAME)), agent)
    shutil.copytree(lab.folder / NAME, lab.folder / "clone")
    (lab.folder / "clone" / "lock").unlink()

    clone = lab.start_agent("clone", sysfs)
    wait(lambda: "does not want this agent" in clone.said(), clone, agent)

    assert "connected already, from host" in clone.said()
    assert agent.process.poll() is None
