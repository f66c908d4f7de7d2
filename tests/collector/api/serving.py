"""The real API on a real port, over a database that a test fills."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine
from tests.collector.questions.fleet import LATER_NS, Fleet, database

from barwatch_collector.api import build_api
from barwatch_collector.findings.worker import Worker
from barwatch_collector.metrics import register_store_metrics


@dataclass
class Served:
    """A collector's way out."""

    url: str
    fleet: Fleet
    connected: set[str] = field(default_factory=set)


@contextmanager
def served(database_url: str) -> Iterator[Served]:
    """An API over our tables in an empty database, at the time of the fleet."""
    with database(database_url) as engine, socket.create_server(("127.0.0.1", 0)) as listening:
        made = Served(f"http://127.0.0.1:{listening.getsockname()[1]}", Fleet(engine))
        with Worker(database_url) as worker, _running(_server(engine, made, worker), listening):
            yield made


def _server(engine: Engine, made: Served, worker: Worker) -> uvicorn.Server:
    registry = CollectorRegistry(auto_describe=True)
    register_store_metrics(registry, engine, lambda: LATER_NS, lambda: made.connected)
    app = build_api(engine, registry, lambda: LATER_NS, lambda: made.connected, worker)
    return uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))


@contextmanager
def _running(server: uvicorn.Server, listening: socket.socket) -> Iterator[None]:
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
