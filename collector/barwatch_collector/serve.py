"""The collector at work: store, ingest, gRPC for agents and HTTP for questions, in one process and one event loop."""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from barwatch_collector.api import build_api
from barwatch_collector.config import CollectorConfig, Endpoint
from barwatch_collector.errors import ConfigError, PortTaken
from barwatch_collector.findings.correlator import Correlator
from barwatch_collector.findings.metrics import FindingMetrics
from barwatch_collector.findings.worker import Worker
from barwatch_collector.ingest import Ingest, IngestLimits
from barwatch_collector.ingest_metrics import IngestMetrics
from barwatch_collector.judge import Judge, JudgeMetrics
from barwatch_collector.metrics import register_store_metrics
from barwatch_collector.server import build_server
from barwatch_collector.service import TelemetryService
from barwatch_collector.store.findings import FindingStore
from barwatch_collector.store.sql import SqlStore, open_store
from barwatch_collector.store.verdicts import VerdictStore

GOODBYE_S = 2.0  # how long streams and requests may go on after a stop

log = logging.getLogger(__name__)


async def serve(config: CollectorConfig, now_ns: Callable[[], int]) -> None:
    """Serve until a signal to stop; what is acknowledged by then is committed.

    Raises:
        CollectorError: a port is taken, the database cannot be used, an address is not ours.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with listen(config.http_address) as http, open_store(config.database) as store:
        await _serve(config, store, http, now_ns, stop)


async def _serve(
    config: CollectorConfig, store: SqlStore, http: socket.socket, now_ns: Callable[[], int], stop: asyncio.Event
) -> None:
    registry = CollectorRegistry()
    metrics = IngestMetrics(registry)
    limits = IngestLimits(config.max_waiting_batches, config.max_waiting_bytes, config.retry_after_ms)
    judge = Judge(VerdictStore(store.engine), JudgeMetrics(registry))
    watching, asking = Worker(config.database, is_background=True), Worker(config.database)
    correlator = Correlator(FindingStore(store.engine), watching, FindingMetrics(registry), now_ns)
    async with judge, correlator, Ingest(store, metrics, now_ns, limits) as ingest:
        service = TelemetryService(ingest, metrics)
        bound = build_server(service, config.grpc_address)
        register_store_metrics(registry, store.engine, now_ns, service.connected)
        web = _Web(build_api(store.engine, registry, now_ns, service.connected, asking))
        await bound.server.start()
        answering = asyncio.create_task(web.serve(sockets=[http]))
        log.info("agents: gRPC on %s; questions: http://%s:%d", bound.endpoint, *http.getsockname()[:2])
        await stop.wait()
        log.info("stopping")
        asking.close()
        web.should_exit = True
        await bound.server.stop(GOODBYE_S)
        await answering


class _Web(uvicorn.Server):
    """Uvicorn that leaves signals to us: one stop ends gRPC and HTTP together."""

    def __init__(self, app: FastAPI) -> None:
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=int(GOODBYE_S))
        super().__init__(config)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield


def listen(endpoint: Endpoint) -> socket.socket:
    """A listening socket for HTTP.

    Raises:
        PortTaken: something else listens there.
        ConfigError: the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    try:
        return socket.create_server((endpoint.host, endpoint.port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            msg = f"port {endpoint.port} on {endpoint.host} is taken; give questions another one with --http-address"
            raise PortTaken(msg) from error
        msg = f"cannot listen on {endpoint} for questions: {error.strerror}"
        raise ConfigError(msg) from error
