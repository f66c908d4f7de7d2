"""Bytes for each register read: on the wire, and at the collector's disk.

An hour of a real agent, its clock turned, goes batch by batch through a real gRPC stream into a real store. On the
wire, the bytes of the messages count, up and down, without the framing of gRPC, HTTP/2 and TCP; on the disk, what the
database file has grown by after a checkpoint. The first five minutes, with snapshot and series, are not counted.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc.aio
from prometheus_client import CollectorRegistry
from tests.bench.hour import BEGIN_NS, Hour, Sent, Trouble, spend
from tests.bench.row import Bar, Row, Sense, Setup

from barwatch_collector.config import Endpoint
from barwatch_collector.ingest import Ingest
from barwatch_collector.ingest_metrics import IngestMetrics
from barwatch_collector.server import build_server
from barwatch_collector.service import TelemetryService
from barwatch_collector.store import open_store
from barwatch_collector.store.schema import COUNTS, metadata
from barwatch_proto import codec
from barwatch_proto.v1.telemetry_pb2 import AgentMessage, CollectorMessage

METHOD = "/barwatch.v1.Telemetry/Connect"
HOUR_S, QUICK_S = 3600.0, 600.0
BYTES = Bar(Sense.BELOW, 0.1)
READS = "+".join(name for name in COUNTS if name != "skipped")


@dataclass(frozen=True, slots=True)
class Stand:
    """What a database holds at one time."""

    reads: int
    rows: int
    file_bytes: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of an hour."""

    before: Stand
    after: Stand
    bytes_up: int
    bytes_down: int


def run(setup: Setup) -> Iterator[Row]:
    """Hosts in each kind of trouble, and in none."""
    seconds = QUICK_S if setup.is_quick else HOUR_S
    for trouble in Trouble:
        folder, name = setup.new_folder(), trouble.value
        setup.say(f"wire: {seconds / 60:.0f} minutes of an agent, {name}")
        hour = spend(folder, seconds, trouble)
        setup.say(f"wire: {len(hour.steady)} batches to a collector, {name}")
        yield from _rows(name, hour, asyncio.run(_deliver(hour, folder / "collector.db")), seconds)


def _rows(name: str, hour: Hour, delivered: Delivered, seconds: float) -> Iterator[Row]:
    reads = delivered.after.reads - delivered.before.reads
    grown, rows = (
        delivered.after.file_bytes - delivered.before.file_bytes,
        delivered.after.rows - delivered.before.rows,
    )
    up, down, batches = delivered.bytes_up, delivered.bytes_down, len(hour.steady)
    note = f"{reads:,} reads, {batches} batches of {up / batches:.0f} bytes, {down:,} bytes of answers"
    yield Row(f"{name}: wire, for each read", (up + down) / reads, "bytes", bar=BYTES, note=note)
    if seconds < HOUR_S:
        yield Row(f"{name}: disk, for each read", None, "bytes", bar=BYTES, note="needs a whole hour; not with --quick")
        return
    note = f"{grown:,} bytes more in the database file"
    yield Row(f"{name}: disk, for each read", grown / reads, "bytes", bar=BYTES, note=note)
    yield Row(f"{name}: rows of an hour", rows, "rows")


async def _deliver(hour: Hour, file: Path) -> Delivered:
    now_ns = [BEGIN_NS]
    metrics = IngestMetrics(CollectorRegistry())
    with open_store(f"sqlite:///{file}") as store:
        async with Ingest(store, metrics, lambda: now_ns[0]) as ingest:
            bound = build_server(TelemetryService(ingest, metrics), Endpoint("127.0.0.1", 0))
            await bound.server.start()
            async with grpc.aio.insecure_channel(str(bound.endpoint)) as channel:
                call = channel.stream_stream(METHOD)()
                await _said(call, AgentMessage(hello=codec.to_message(hour.hello)).SerializeToString(), "welcome")
                await _all_said(call, hour.warm_up, now_ns)
                before = _stand(file)
                down = await _all_said(call, hour.steady, now_ns)
                after = _stand(file)
                await call.done_writing()
            await bound.server.stop(1)
    return Delivered(before, after, sum(len(sent.message) for sent in hour.steady), down)


async def _all_said(call: Any, batches: Sequence[Sent], now_ns: list[int]) -> int:
    """Says one batch after the other, as they would come; how many bytes of answers there were."""
    down = 0
    for sent in batches:
        now_ns[0] = sent.until_ns or now_ns[0]
        down += await _said(call, sent.message, "ack")
    return down


async def _said(call: Any, message: bytes, expected: str) -> int:
    await call.write(message)
    answer = await call.read()
    if answer is grpc.aio.EOF or (said := CollectorMessage.FromString(answer)).WhichOneof("message") != expected:
        msg = f"expected {expected}, heard {said if answer is not grpc.aio.EOF else 'the end of the stream'}"
        raise RuntimeError(msg)
    return len(answer)


def _stand(file: Path) -> Stand:
    """Counted and measured after everything in the write-ahead log has gone into the file."""
    with closing(sqlite3.connect(file)) as connection:

        def one(query: str) -> int:
            return int(connection.execute(query).fetchone()[0])

        one("PRAGMA wal_checkpoint(TRUNCATE)")
        reads = one(f"SELECT coalesce(sum({READS}), 0) FROM series")  # noqa: S608 our own names
        rows = sum(one(f"SELECT count(*) FROM {table}") for table in metadata.tables)  # noqa: S608 our own names
    return Stand(reads, rows, file.stat().st_size)
