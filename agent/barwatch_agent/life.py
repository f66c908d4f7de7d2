"""An agent's life in one process, epoch after epoch: what `run` and the Windows service have in common."""

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server

from barwatch_agent import build
from barwatch_agent.clock import NS, Clock
from barwatch_agent.config import Config, split_address
from barwatch_agent.errors import ConfigError
from barwatch_agent.identity import lock
from barwatch_agent.metrics import AgentMetrics
from barwatch_agent.run import Ending

LASTING_NS = 3600 * NS  # an epoch of this length was no accident

log = logging.getLogger(__name__)


def live(config: Config, state: Path, clock: Clock, stop: threading.Event) -> None:
    """Sample and stream until stopped.

    Raises:
        ConfigError: a file, an option, the address of the metrics or the state folder is wrong.
    """
    metrics, pause = AgentMetrics(), EpochPause(clock)
    with lock(state):
        _serve_metrics(config, metrics.registry)
        while build.build_agent(config, state, clock, metrics).run(stop) is Ending.REWOUND:
            pause_s = pause.next_s()
            log.warning("everything is told anew in a new epoch, in %.0f s", pause_s)
            build.begin_epoch(state)
            clock.wait(stop, pause_s)


@dataclass(slots=True)
class EpochPause:
    """How long to wait before a new epoch: nothing at first, ever longer when epochs do not last."""

    clock: Clock
    _pause_s: float = 0.0
    _began_ns: int = 0

    def next_s(self) -> float:
        """The pause in seconds: 0, 10, 20 ... up to ten minutes; an epoch that lasted an hour forgives all before."""
        now_ns = self.clock.elapsed_ns()
        if now_ns - self._began_ns > LASTING_NS:
            self._pause_s = 0.0
        pause_s, self._began_ns = self._pause_s, now_ns
        self._pause_s = min(max(10.0, self._pause_s * 2), 600.0)
        return pause_s


def _serve_metrics(config: Config, registry: CollectorRegistry) -> None:
    if config.metrics == "off":
        return
    host, port = split_address("metrics", config.metrics)
    try:
        start_http_server(port, host, registry)
    except OSError as error:
        msg = f"--metrics {config.metrics}: {error.strerror}; choose another HOST:PORT, or off"
        raise ConfigError(msg) from error
