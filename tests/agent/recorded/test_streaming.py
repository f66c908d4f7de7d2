"""A recording streamed to a real collector: what it stores is what was recorded, and the command ends by itself."""

import json
import re
import subprocess
import sys
import threading
import time

import httpx
import pytest
from click.testing import CliRunner
from tests.agent.recorded.played import GPU, nothing_changes, recorded

from barwatch_agent.recorded import load
from barwatch_agent.recorded.command import record, replay

READY = re.compile(r"agents: gRPC on (\S+); questions: (\S+)")
PATIENCE_S = 60
SCRATCH = (GPU, 0, 0x1F380)


@pytest.fixture
def collector(tmp_path):
    """The gRPC address and the HTTP address of a collector."""
    log = tmp_path / "collector.log"
    options = ("--state", tmp_path / "collector", "--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "barwatch_collector", "serve", *map(str, options)], stdout=out, stderr=out
        )
    try:
        yield until(lambda: READY.search(log.read_text(errors="replace"))).groups()
    finally:
        process.kill()
        process.wait()


def until(condition):
    """What the condition gives as soon as it gives something."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := condition():
            return found
        threading.Event().wait(0.05)
    return pytest.fail(f"it did not happen within {PATIENCE_S} s")


def asked(http, question):
    """The collector's answer; None where it does not know yet."""
    answer = httpx.get(f"{http}/api/v1/{question}", timeout=PATIENCE_S)
    return answer.json() if answer.is_success else None


def counts(http, host):
    found = asked(http, f"hosts/{host}")
    return {
        (function["address"], line["register"], line["access"]): line["reads"]
        for function in (found["functions"] if found else ())
        for line in function["registers"]
    }


def fails_at_two(registers, seconds):
    registers[SCRATCH] = 0xFFFFFFFF if seconds == 2 else 0x7666


@pytest.fixture
def recording(changing, shared_host, clock, tmp_path):
    """A file with six seconds of a desktop in which one register failed once by the user access."""
    machine = changing(shared_host("desktop-gpu-slot"), {SCRATCH: 0x7666}, nothing_changes)
    machine.readers[0].change = fails_at_two
    file = tmp_path / "lab7.toml"
    file.write_text(recorded(machine, clock, 6).text)
    return file


def test_a_recording_is_streamed_until_everything_is_acknowledged(collector, recording):
    grpc, http = collector

    done = CliRunner().invoke(replay, [str(recording), "--collector", grpc, "--speed", "0"])

    assert done.exit_code == 0, done.output
    assert "all of it is acknowledged" in done.stderr
    found = until(lambda: counts(http, "lab7"))
    assert found[GPU, "gpu.scratch", "user"]["ok"] == 5
    assert found[GPU, "gpu.scratch", "user"]["all_ones"] == 1
    assert found[GPU, "gpu.scratch", "kernel"]["ok"] == 6
    (episode,) = [each for each in asked(http, "episodes")["rows"] if each["outcome"] == "all_ones"]
    assert (episode["register"], episode["access"]) == ("gpu.scratch", "user")


def test_the_same_recording_is_the_same_host_and_another_name_another(collector, recording):
    grpc, http = collector
    options = ["--collector", grpc, "--speed", "100"]

    for more in ([], [], ["--hostname", "lab8"]):
        assert CliRunner().invoke(replay, [str(recording), *options, *more]).exit_code == 0

    hosts = until(lambda: [each for each in [asked(http, "hosts")] if each and len(each["rows"]) == 2])[0]["rows"]
    assert sorted(each["hostname"] for each in hosts) == ["lab7", "lab8"]


def test_a_recorded_host_without_reads_is_streamed_as_one_look(collector, host_text, tmp_path):
    grpc, http = collector
    file = tmp_path / "host.toml"
    file.write_text(host_text("laptop-thunderbolt-box-all-ones"))

    done = CliRunner().invoke(replay, [str(file), "--collector", grpc, "--speed", "0"])

    assert done.exit_code == 0, done.output
    assert until(lambda: counts(http, "laptop-thunderbolt-box-all-ones"))["0000:09:00.0", "nvidia.pmc_boot_0", "user"][
        "all_ones"
    ]


def test_record_and_replay_as_commands(shared_host, tmp_path):
    file = tmp_path / "bundle.toml"
    sysfs = str(shared_host("laptop-thunderbolt-box-all-ones").sys)

    made = CliRunner().invoke(record, [str(file), "--sysfs", sysfs, "--seconds", "0", "--hostname", "lab9", "--redact"])
    shown = CliRunner().invoke(replay, [str(file)])
    plain = CliRunner().invoke(replay, [str(file), "--json"])

    assert made.exit_code == 0, made.output
    assert "taken out:" in made.stderr
    assert load(file).name == "redacted"
    assert shown.exit_code == 1, shown.output
    assert "0000:09:00.0" in shown.stdout
    assert json.loads(plain.stdout)["recording"]["passes"] == 1
