"""Topology and settings of a machine with a hundred functions, against opening and reading the same files.

The files lie on an ordinary file system: the kernel of a real machine makes their text at each read, which costs more.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

from tests.bench import opened_files
from tests.bench.machine import unpacked
from tests.bench.opened_files import Opened
from tests.bench.row import Bar, Peer, Row, Sense, Setup
from tests.bench.stopwatch import median_ms

from barwatch_agent.roots import Roots
from barwatch_agent.settings import read_settings
from barwatch_agent.topology.linux import scan

TIMES = 20
PAGE = 4096
INVENTORY = Bar(Sense.BELOW, 100)


def run(setup: Setup) -> Iterator[Row]:
    """Both together, and each alone."""
    setup.say("scan: making the machine")
    roots = unpacked(setup.new_folder() / "machine")
    opened = _opened(roots)
    setup.say("scan: looking at it")
    functions = len(scan(roots, 0).topology.functions)
    topology, settings, plain = median_ms(
        5 if setup.is_quick else TIMES,
        lambda: scan(roots, 0),
        lambda: read_settings(roots),
        lambda: _read(opened),
    )
    peer = Peer("open and read alone", plain)
    note = f"{functions} functions; {len(opened.files)} opens, {len(opened.folders)} lists"
    yield Row("topology and settings", topology + settings, "ms", peer, INVENTORY, note)
    yield Row("topology alone", topology, "ms")
    yield Row("settings alone", settings, "ms")


def _opened(roots: Roots) -> Opened:
    """What a look opens, learned in a process of its own: an audit hook cannot be taken away again."""
    command = [sys.executable, "-m", opened_files.__name__, str(roots.sys)]
    return Opened(**json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def _read(opened: Opened) -> None:
    for path in opened.folders:
        with suppress(OSError):
            os.listdir(path)  # noqa: PTH208 nothing but the system calls
    _read_files(opened.files)


def _read_files(paths: Sequence[str]) -> None:
    for path in paths:
        with suppress(OSError):
            file = os.open(path, os.O_RDONLY)
            os.read(file, PAGE)
            os.close(file)
