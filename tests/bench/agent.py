"""The agent as a user runs it, watched from outside: CPU and memory of its two processes, with a collector beside it.

The machine has a hundred functions in files. On 36 of them, 100 registers are read by ``user`` and 100 by ``config``,
each once a second: the ``kernel`` access has no driver yet, so no register has two accesses, and 100 x 2 are 200.
"""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import httpx
from prometheus_client.parser import text_string_to_metric_families
from tests.bench.machine import unpacked
from tests.bench.plan import write_plan
from tests.bench.processes import Usage, children
from tests.bench.row import Bar, Row, Sense, Setup
from tests.e2e.conftest import Lab, Process, until

HOST = "bench"
SETTLE_S = 5.0  # after the first committed reads: what is imported late is in by then
QUICK_S = 10.0
CPU = Bar(Sense.BELOW, 0.5)
RESIDENT = Bar(Sense.BELOW, 60)
START = f"until {SETTLE_S:.0f} s after the first committed reads; not in the figures above"


@dataclass(frozen=True, slots=True)
class Stand:
    """What each process has taken up to one time."""

    at_s: float
    agent: Usage
    helper: Usage  # the mapping process of the user access
    collector: Usage


def run(setup: Setup) -> Iterator[Row]:
    """From the first committed reads on."""
    folder = setup.new_folder()
    setup.say("agent: starting a collector and an agent")
    lab = Lab(folder)
    try:
        port = _free_port()
        agent = _start(lab, folder, port)
        until(lambda: lab.reads(HOST), lab.collector, agent)
        threading.Event().wait(SETTLE_S)
        reads = _reads(port)  # answering costs the agent: asked before the one stand, and after the other
        before = _stand(lab, agent)
        _watch(setup)
        after = _stand(lab, agent)
        reads = _reads(port) - reads
    finally:
        lab.end()
    yield from _rows(before, after, reads)


def _start(lab: Lab, folder: Path, port: int) -> Process:
    """An agent with the periods that are its defaults; of two equal options the later one counts."""
    sysfs = unpacked(folder / "machine").sys
    periods = ("--flush", 10, "--rescan", 60)
    return lab.start_agent(HOST, sysfs, *periods, "--plan", write_plan(folder), "--metrics", f"127.0.0.1:{port}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _watch(setup: Setup) -> None:
    seconds = QUICK_S if setup.is_quick else setup.seconds
    end = monotonic() + seconds
    while (left := end - monotonic()) > 0:
        setup.say(f"agent: watching, {left:.0f} of {seconds:.0f} s left")
        threading.Event().wait(min(1.0, left))


def _stand(lab: Lab, agent: Process) -> Stand:
    (helper,) = children(agent.process.pid)
    pids = (agent.process.pid, helper, lab.collector.process.pid)
    return Stand(monotonic(), *map(Usage.of, pids))


def _reads(port: int) -> float:
    """Good reads that the agent has made, by its own metrics."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return sum(
        sample.value
        for sample in samples
        if sample.name == "barwatch_agent_reads_total" and sample.labels["outcome"] == "ok"
    )


def _rows(before: Stand, after: Stand, reads: float) -> Iterator[Row]:
    seconds = after.at_s - before.at_s
    agent, helper, collector = (
        100 * (getattr(after, name).cpu_s - getattr(before, name).cpu_s) / seconds
        for name in ("agent", "helper", "collector")
    )
    note = f"agent {agent:.2f} + mapping process {helper:.2f}; {reads / seconds:.0f} good reads/s for {seconds:.0f} s"
    yield Row("CPU of one core", agent + helper, "%", bar=CPU, note=note)
    yield _memory(after)
    yield Row("CPU of the start", before.agent.cpu_s + before.helper.cpu_s, "s", note=START)
    note = f"{after.collector.resident_mb:.0f} MB resident"
    yield Row("collector beside it, CPU of one core", collector, "%", note=note)


def _memory(stand: Stand) -> Row:
    agent, helper = stand.agent, stand.helper
    note = (
        f"agent {agent.resident_mb:.1f} + mapping process {helper.resident_mb:.1f};"
        f" without pages of files {agent.anonymous_mb:.1f} + {helper.anonymous_mb:.1f}"
    )
    return Row("resident memory", agent.resident_mb + helper.resident_mb, "MB", bar=RESIDENT, note=note)
