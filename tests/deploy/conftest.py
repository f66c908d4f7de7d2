"""A lab on loopback: a real collector whose fleet fails, an agent's real metrics, a real Prometheus for both."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client import start_http_server
from tests.deploy.lab_fleet import LabFleet
from tests.deploy.lab_prometheus import LabPrometheus, running

from barwatch_agent.metrics import AgentMetrics
from barwatch_proto.words import Access, Outcome

LOOPBACK = "127.0.0.1"


@pytest.fixture(scope="session")
def deploy() -> Path:
    """The folder of what this project deploys."""
    return Path(__file__).parents[2] / "deploy"


@pytest.fixture(scope="session")
def dashboard(deploy: Path) -> dict[str, Any]:
    """*Which topologies fail*, as Grafana gets it."""
    loaded: dict[str, Any] = json.loads((deploy / "grafana/which-topologies-fail.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="session")
def lab_fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabFleet]:
    """Six hosts, one of them silent, in three topologies of which two fail; gaps, denied reads, a refused batch."""
    with LabFleet(tmp_path_factory.mktemp("lab") / "collector.db") as fleet:
        yield fleet


@pytest.fixture(scope="session")
def agent_metrics() -> AgentMetrics:
    """The metrics of an agent that has read, failed, and been acknowledged."""
    metrics = AgentMetrics()
    metrics.connected.set(1)
    metrics.spool_bytes.set(2000)
    metrics.spool_batches.set(1)
    metrics.pass_seconds.observe(0.003)
    metrics.on_reads(Access.USER, Outcome.ALL_ONES, 1)
    metrics.on_episodes([(Access.USER, Outcome.ALL_ONES)])
    metrics.on_gap("asleep")
    metrics.on_acknowledged(1, 1_790_812_800_000_000_000)
    return metrics


@pytest.fixture(scope="session")
def agent_address(agent_metrics: AgentMetrics) -> Iterator[str]:
    """HOST:PORT of that agent's metrics."""
    server, thread = start_http_server(0, LOOPBACK, agent_metrics.registry)
    yield f"{LOOPBACK}:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def prometheus(
    deploy: Path, lab_fleet: LabFleet, agent_address: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabPrometheus]:
    """A Prometheus with our rules that scrapes the lab's collector and agent every second."""
    executable = shutil.which("prometheus")
    if executable is None:
        pytest.skip("prometheus is not installed (Debian: apt-get install prometheus): no query was run")
    targets = {"collectors.yaml": urlsplit(lab_fleet.url).netloc, "agents.yaml": agent_address}
    with running(executable, deploy / "prometheus", tmp_path_factory.mktemp("prometheus"), targets) as lab:
        yield lab
