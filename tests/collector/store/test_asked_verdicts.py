"""Who sends an episode asks for a verdict on it, and does not wait for that."""

from dataclasses import replace

from prometheus_client import CollectorRegistry

from barwatch_collector.judge import Judge, JudgeMetrics
from barwatch_collector.store import schema
from barwatch_collector.store.verdicts import VerdictStore
from barwatch_proto.pci import Address
from barwatch_proto.telemetry import Batch, ConfigSpace, Episode, Evidence
from barwatch_proto.triage import VERSION
from barwatch_proto.words import Outcome

NOW_NS = 1_800_000_000_000_000_000
EPISODE = Episode(1, 1, NOW_NS, Outcome.ALL_ONES, 1, NOW_NS, value=0xFFFF_FFFF)
GONE = ConfigSpace(Address.parse("0000:01:00.0"), b"\xff" * 64, is_gone=True)
SHOWN = replace(EPISODE, evidence=Evidence(NOW_NS, route=(GONE,)))


def judge(host) -> int:
    return Judge(VerdictStore(host.store.engine), JudgeMetrics(CollectorRegistry())).judge()


def test_an_episode_waits_for_its_verdict_when_it_is_acknowledged(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)

    host.commit(agent.introduction(), Batch(2, episodes=(SHOWN, replace(EPISODE, id=2, series=2))))

    columns = ("episode_id", "opened_at_ns", "evidence_of", "table_version", "failure")
    assert host.rows(schema.verdict, *columns) == [(1, NOW_NS, 1, None, None), (2, NOW_NS, None, None, None)]
    assert judge(host) == 2
    assert host.rows(schema.verdict, "table_version") == [(VERSION,), (VERSION,)]


def test_an_episode_that_is_told_again_keeps_its_verdict(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)
    host.commit(agent.introduction(), Batch(2, episodes=(SHOWN,)))
    judge(host)
    before = host.rows(schema.verdict, "failure", "document")

    host.commit(Batch(3, episodes=(replace(EPISODE, reads=2),)), Batch(4, episodes=(replace(SHOWN, reads=4),)))

    assert judge(host) == 0
    assert host.rows(schema.verdict, "failure", "document") == before


def test_evidence_that_comes_later_asks_for_the_verdict_anew(line, mini_agent) -> None:
    agent = mini_agent()
    host = line(agent.hello)
    host.commit(agent.introduction(), Batch(2, episodes=(EPISODE,)))
    judge(host)

    host.commit(Batch(3, episodes=(SHOWN,)))

    assert host.rows(schema.verdict, "evidence_of", "failure", "document") == [(1, None, None)]
    assert judge(host) == 1
    assert host.rows(schema.verdict, "failure") == [("removed",)]
