"""``barwatch-agent probe`` as a process: exit codes, options, and Ctrl-C."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from barwatch_agent import probe_report
from barwatch_agent.probe_report import as_json

FOUNDING = Path(__file__).parents[2] / "hosts/founding"
README = (Path(probe_report.__file__).parent / "README.md").read_text()
SHOWN_AS_IS = {"host", "topology", "settings", "states"}  # what they hold is in the schema


@pytest.fixture
def founding_command(host):
    """The command for the first symptom, and whatever options a test adds."""

    def make(name, *options):
        roots = host("desktop-gpu-slot" if name == "desktop" else "laptop-thunderbolt-box")
        files = ("--plan", str(FOUNDING / "plan.toml"), "--simulate", str(FOUNDING / f"{name}.toml"))
        return [sys.executable, "-m", "barwatch_agent", "probe", "--sysfs", str(roots.sys), *files, *options]

    return make


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "code", "answer"),
    [
        ("desktop", 0, "All "),
        ("laptop", 1, "1 function fails: 0000:09:00.0 display controller, through Thunderbolt: user_mapping_only"),
        ("laptop-moved", 1, "1 function fails: 0000:09:00.0 display controller, through Thunderbolt: stale_mapping"),
    ],
)
def test_the_answer_is_in_the_first_line_and_in_the_exit_code(founding_command, name, code, answer):
    done = run(founding_command(name))

    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.splitlines()[0].startswith(answer)
    assert done.stdout.isascii()


def test_all_shows_everything_besides_what_fails(founding_command):
    text = run(founding_command("laptop", "--all")).stdout

    assert "Route to 0000:09:00.0" in text
    assert "\nSettings" in text


def test_the_json_of_a_failure_ends_with_the_same_exit_code(founding_command):
    done = run(founding_command("laptop", "--json"))
    document = json.loads(done.stdout)
    (verdict,) = document["verdicts"]

    assert (done.returncode, document["is_failing"]) == (1, True)
    assert (verdict["class"], verdict["breaks_at"]) == ("user_mapping_only", "0000:09:00.0")
    assert {(each["register"], each["access"]) for each in verdict["reads"]} == {
        ("nvidia.pmc_boot_0", "user"),
        ("gpu.panel", "user"),
    }
    assert document["evidence"][0]["mapped"] == [{"bar": 0, "start": "0xd0000000"}]


def test_every_key_of_the_json_is_in_the_readme(founding):
    documented = set(re.findall(r"`([a-z_]+)`", README))

    assert set(keys(as_json(founding("laptop")))) <= documented


def test_watching_ends_with_a_sum_and_without_an_error_when_it_is_interrupted(founding_command):
    with subprocess.Popen(
        founding_command("laptop", "--watch", "0.1"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        first = process.stdout.readline()
        change = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate()

    assert (process.returncode, errors) == (0, "")
    assert "user_mapping_only" in first
    assert "all ones, failed 1 of 1" in change
    assert re.search(r"^\d+ looks in \d+ s, since ", rest, re.MULTILINE)
    assert "gpu.panel user: failed" in rest


def test_watching_every_zeroth_second_is_refused(founding_command):
    done = run(founding_command("laptop", "--watch", "0"))

    assert done.returncode == 2
    assert "--watch" in done.stderr


def keys(document):
    """The names of all keys, but for what the shared schema describes."""
    if isinstance(document, list):
        for each in document:
            yield from keys(each)
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from () if key in SHOWN_AS_IS else keys(value)
