"""The stream to a collector, against a real gRPC server that plays its part by a script."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from barwatch_agent.clock import SystemClock
from barwatch_agent.metrics import AgentMetrics
from barwatch_agent.spool_file import open_spool
from barwatch_agent.uplink import Speaker, Uplink
from barwatch_proto.codec import encode
from barwatch_proto.pci import Address
from barwatch_proto.telemetry import PROTOCOL_VERSION, Batch, CounterRun, Counts, RawBlock, Series
from barwatch_proto.v1 import telemetry_pb2 as wire
from barwatch_proto.v1 import telemetry_pb2_grpc
from barwatch_proto.words import Access

DEADLINE_S = 20


class Scripted(telemetry_pb2_grpc.TelemetryServicer):
    """Welcomes with `acknowledged`, then answers each batch as `answer` says; None answers nothing."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.answer: Callable[[int], wire.CollectorMessage | None] = ack
        self.hellos: list[wire.Hello] = []
        self.batches: list[wire.Batch] = []

    def Connect(self, request_iterator, _context):  # noqa: N802 gRPC's name
        self.hellos.append(next(request_iterator).hello)
        yield wire.CollectorMessage(
            welcome=wire.Welcome(protocol_version=PROTOCOL_VERSION, acknowledged=self.acknowledged)
        )
        for message in request_iterator:
            self.batches.append(message.batch)
            answer = self.answer(message.batch.sequence)
            if answer is not None:
                yield answer
                if answer.WhichOneof("message") == "retry":
                    return

    def sequences(self) -> list[int]:
        return [batch.sequence for batch in self.batches]


def ack(sequence: int) -> wire.CollectorMessage:
    return wire.CollectorMessage(ack=wire.Ack(sequence=sequence))


@pytest.fixture
def collector():
    scripted = Scripted()
    server = grpc.server(ThreadPoolExecutor(4))
    telemetry_pb2_grpc.add_TelemetryServicer_to_server(scripted, server)
    scripted.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield scripted
    server.stop(None).wait()


@pytest.fixture
def spool(tmp_path):
    spool = open_spool(tmp_path / "spool.sqlite")
    yield spool
    spool.close()


def put(spool, ok=1):
    return spool.append([{"counters": encode(Batch(counters=(CounterRun(1, 1, Counts(ok=ok)),)))}], {}, {}, 1)


class Running:
    """An uplink in its thread."""

    def __init__(self, collector, spool):
        self.refused = []
        self.metrics = AgentMetrics()
        speaker = Speaker("6f0e7c1e-0000-4000-8000-000000000001", "lab-1", "0", "linux", None)
        self.uplink = Uplink(collector.address, speaker, spool, SystemClock(), self.metrics, self.refused.append)
        self.thread = threading.Thread(target=self.uplink.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.uplink.stop()
        self.thread.join(1)
        self.uplink.cancel()
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive()

    def value(self, name):
        return self.metrics.registry.get_sample_value(f"barwatch_agent_{name}")


def until(condition):
    deadline = threading.Event()
    for _ in range(DEADLINE_S * 100):
        if condition():
            return
        deadline.wait(0.01)
    pytest.fail("it did not happen")


def test_what_waits_is_sent_in_order_and_forgotten_when_acknowledged(collector, spool):
    for ok in (1, 2, 3):
        put(spool, ok)
    with Running(collector, spool) as running:
        until(lambda: running.value("batches_acknowledged_total") == 3)

        assert spool.waiting_batches == 0
        assert collector.sequences() == [1, 2, 3]
        assert [batch.counters[0].counts.ok for batch in collector.batches] == [1, 2, 3]
        assert running.value("uplink_connected") == 1
    assert running.value("last_acknowledged_timestamp_seconds") > 1_700_000_000


def test_hello_names_the_agent_its_spool_and_its_process(collector, spool):
    with Running(collector, spool):
        until(lambda: collector.hellos)

    hello = collector.hellos[0]
    assert (hello.protocol_version, hello.hostname, hello.epoch) == (PROTOCOL_VERSION, "lab-1", spool.epoch)
    assert len(hello.instance) == 36


def test_what_comes_in_later_is_sent_too(collector, spool):
    with Running(collector, spool):
        until(lambda: collector.hellos)
        put(spool)
        until(lambda: collector.sequences() == [1])


def test_what_the_collector_already_has_is_not_sent_again(collector, spool):
    for _ in range(3):
        put(spool)
    collector.acknowledged = 2
    with Running(collector, spool):
        until(lambda: spool.waiting_batches == 0)

    assert collector.sequences() == [3]


def test_what_was_not_acknowledged_stays_and_is_sent_on_the_next_stream(collector, spool):
    put(spool)
    collector.answer = lambda _: None
    with Running(collector, spool):
        until(lambda: collector.sequences() == [1])
    assert spool.waiting_batches == 1
    collector.answer = ack

    with Running(collector, spool):
        until(lambda: spool.waiting_batches == 0)

    assert collector.sequences() == [1, 1]


def test_asked_to_come_back_later_it_comes_back_and_loses_nothing(collector, spool):
    put(spool)
    answers = [wire.CollectorMessage(retry=wire.Retry(after_ms=50, reason="the database is busy"))]
    collector.answer = lambda sequence: answers.pop() if answers else ack(sequence)
    with Running(collector, spool) as running:
        until(lambda: spool.waiting_batches == 0)

    assert collector.sequences() == [1, 1]
    assert running.value("uplink_failures_total") == 0


def test_a_refused_batch_is_given_up_and_told_and_the_next_one_goes_on(collector, spool):
    put(spool)
    put(spool)
    refusal = wire.CollectorMessage(refused=wire.Refused(reason="unknown series 9", sequence=1))
    collector.answer = lambda sequence: refusal if sequence == 1 else ack(sequence)
    with Running(collector, spool) as running:
        until(lambda: spool.waiting_batches == 0)

    assert [(refused.sequence, refused.reason) for refused in running.refused] == [(1, "unknown series 9")]
    assert collector.sequences() == [1, 2]


def test_a_refused_batch_that_holds_definitions_leads_to_a_new_epoch(collector, spool):
    series = Series(1, "s", "f", Address(0, 0, 0, 0), "t", "r", Access.USER, 0, 0, 4)
    spool.append([{"series": encode(Batch(series=(series,)))}], {}, {}, 1)
    collector.answer = lambda _: wire.CollectorMessage(refused=wire.Refused(reason="too many", sequence=1))
    with Running(collector, spool) as running:
        until(running.uplink.is_rewound.is_set)

    assert spool.waiting_batches == 0


def test_a_collector_that_misses_definitions_can_ask_for_a_new_epoch(collector, spool):
    put(spool)
    refusal = wire.Refused(reason="series 1 was never defined", sequence=1, begins_epoch=True)
    collector.answer = lambda _: wire.CollectorMessage(refused=refusal)
    with Running(collector, spool) as running:
        until(running.uplink.is_rewound.is_set)


def test_a_batch_that_no_collector_would_take_does_not_stop_the_next_one(collector, spool):
    spool.append([{"raw": encode(Batch(blocks=(RawBlock(1, 1, (1 << 40,) * 999_999, (), ()),)))}], {}, {}, 1)
    put(spool)
    with Running(collector, spool) as running:
        until(lambda: spool.waiting_batches == 0)

    assert collector.sequences() == [2]
    assert [refused.sequence for refused in running.refused] == [1]


def test_a_spool_that_was_set_back_in_time_is_noticed(collector, spool):
    put(spool)
    collector.acknowledged = 50
    with Running(collector, spool) as running:
        until(running.uplink.is_rewound.is_set)

    assert collector.batches == []
    assert spool.waiting_batches == 1


def test_a_spool_that_was_set_back_is_noticed_although_it_has_overtaken_the_collector_since(collector, spool):
    put(spool)
    collector.acknowledged = 3
    running = Running(collector, spool)
    for _ in range(9):
        put(spool)
    with running:
        until(running.uplink.is_rewound.is_set)

    assert collector.batches == []


def test_a_collector_that_lost_what_it_had_acknowledged_is_noticed(collector, spool):
    for _ in range(3):
        put(spool)
    spool.forget(2)
    collector.acknowledged = 1
    with Running(collector, spool) as running:
        until(running.uplink.is_rewound.is_set)

    assert collector.batches == []


def test_without_a_collector_it_waits_and_ends_at_once_when_stopped(collector, spool):
    collector.address = "127.0.0.1:1"
    put(spool)
    with Running(collector, spool) as running:
        until(lambda: running.value("uplink_failures_total") >= 1)

    assert spool.waiting_batches == 1
    assert running.value("uplink_connected") == 0


def test_no_more_than_a_window_of_batches_is_on_its_way(collector, spool):
    for _ in range(60):
        put(spool)
    collector.answer = lambda _: None
    with Running(collector, spool):
        until(lambda: len(collector.batches) == 32)
        collector.answer = ack
        threading.Event().wait(0.3)
        assert len(collector.batches) == 32
