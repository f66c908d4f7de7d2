"""A fleet in an empty database of either kind, and a judge of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select
from tests.collector.questions.fleet import NOON_NS, SLOT, Fleet, database, machine

from barwatch_collector.judge import Judge, JudgeMetrics
from barwatch_collector.judge.judgement import DecisionTable
from barwatch_collector.store import schema
from barwatch_collector.store.verdicts import VerdictStore
from barwatch_proto import codec
from barwatch_proto.pci import Address
from barwatch_proto.telemetry import ConfigSpace, Evidence, Reread, SeenRegister
from barwatch_proto.words import Access, Outcome

BOOT = SeenRegister("pmc_boot_0", 0, 0, 4, is_canary=True)
GONE = ConfigSpace(Address.parse("0000:01:00.0"), b"\xff" * 64, is_gone=True)


def evidence(*others: Reread) -> Evidence:
    """A card that is gone, and reads of the pass."""
    port = ConfigSpace(Address.parse("0000:00:01.0"), bytes.fromhex("86800119") + bytes(252))
    return Evidence(NOON_NS, route=(port, GONE), reads=others, registers=(BOOT,), is_virtual_machine=False)


def read_at(at_ns: int, access: Access = Access.USER) -> Reread:
    return Reread("pmc_boot_0", access, at_ns, Outcome.ALL_ONES, 0xFFFF_FFFF)


@dataclass
class Court:
    """One host with two series, and whoever judges what is written about them."""

    fleet: Fleet
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    host: int = 0
    user: int = 0
    kernel: int = 0

    def __post_init__(self) -> None:
        self.host = self.fleet.host("lab-1")
        held = self.fleet.snapshot(self.host, machine(), SLOT)
        self.user = self.fleet.series(self.host, held, SLOT, "user")
        self.kernel = self.fleet.series(self.host, held, SLOT, "kernel")
        self.store = VerdictStore(self.fleet.engine)
        self.metrics = JudgeMetrics(self.registry)

    def judge(self, table: DecisionTable | None = None) -> Judge:
        return Judge(self.store, self.metrics, table, pause_s=0.001)

    def episode(self, series: int | None = None, at_ns: int = NOON_NS, **more: Any) -> int:
        found = more.pop("evidence", None)
        document = codec.encode(found) if isinstance(found, Evidence) else found
        return self.fleet.episode(self.host, series or self.user, opened_at_ns=at_ns, evidence=document, **more)

    def rows(self, *columns: str) -> list[Any]:
        query = select(*(schema.verdict.c[name] for name in columns)).order_by(*schema.verdict.primary_key.columns)
        with self.fleet.engine.connect() as connection:
            return [row[0] if len(columns) == 1 else tuple(row) for row in connection.execute(query)]

    def metric(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"barwatch_collector_{name}", labels)


@pytest.fixture
def court(database_url: str) -> Iterator[Court]:
    with database(database_url) as engine:
        yield Court(Fleet(engine))
