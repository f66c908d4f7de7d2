"""A Prometheus that this test run owns: our configuration, scraping every second, gone when it is closed."""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

READY_WITHIN_S = 30
PACE_S = 0.25  # between two looks at a condition that we wait for

Samples = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class LabPrometheus:
    """Asks one Prometheus."""

    url: str

    def query(self, expression: str) -> Samples:
        """What an instant query returns now."""
        answer = self._get("query", query=expression)
        assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
        found: Samples = answer["data"]["result"]
        return found

    def rules(self) -> Samples:
        """All rules that are loaded, with their state."""
        return [rule for group in self._get("rules")["data"]["groups"] for rule in group["rules"]]

    def _get(self, path: str, **parameters: str) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=10).json()
        return answer


@contextmanager
def running(executable: str, shipped: Path, folder: Path, targets: dict[str, str]) -> Iterator[LabPrometheus]:
    """A Prometheus with the configuration in ``shipped``, but with these targets and in a hurry.

    Args:
        executable: the prometheus to run.
        shipped: folder of prometheus.yaml and rules.yaml.
        folder: an empty one, for its files.
        targets: HOST:PORT by the name of the file in targets/.
    """
    config = _hurried_copy(shipped, folder, targets)
    address = f"127.0.0.1:{_free_port()}"
    options = (f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}")
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([executable, *options], stdout=log, stderr=log) as process,
    ):
        try:
            until(lambda: _is_ready(f"http://{address}", process), READY_WITHIN_S)
            yield LabPrometheus(f"http://{address}")
        finally:
            process.terminate()
            process.wait()


def until(condition: Callable[[], Any], within_s: float) -> Any:
    """What the condition returned when it was first true, or last before the time was up."""
    deadline = time.monotonic() + within_s
    while not (found := condition()) and time.monotonic() < deadline:
        threading.Event().wait(PACE_S)
    return found


def _hurried_copy(shipped: Path, folder: Path, targets: dict[str, str]) -> Path:
    config = folder / "prometheus.yaml"
    text = (shipped / config.name).read_text(encoding="utf-8")
    config.write_text(re.sub(r"(scrape|evaluation)_interval: \S+", r"\1_interval: 1s", text), encoding="utf-8")
    shutil.copy(shipped / "rules.yaml", folder)
    (folder / "targets").mkdir()
    for name, address in targets.items():
        (folder / "targets" / name).write_text(f'- targets: ["{address}"]\n', encoding="utf-8")
    return config


def _free_port() -> int:
    """A port that was free a moment ago: Prometheus does not tell which one it was given for port 0."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _is_ready(url: str, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "prometheus ended at once; its log is beside its data"
    try:
        return httpx.get(f"{url}/-/ready", timeout=1).is_success
    except httpx.TransportError:
        return False
