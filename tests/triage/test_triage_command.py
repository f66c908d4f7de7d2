"""The command: a screen for people, JSON for programs, and exit codes for scripts."""

import json
from pathlib import Path

from click.testing import CliRunner
from rich.console import Console

from barwatch_agent.errors import ConfigError
from barwatch_agent.triage import report
from barwatch_agent.triage.command import triage_command
from barwatch_agent.triage.evidence_file import load
from barwatch_proto.triage import triage

REPORTS = Path(__file__).parent / "reports"
DECODE = REPORTS / "decode-off-nvme-reset-itself.toml"
GONE = REPORTS / "removed-egpu-drops-off.toml"
ONE_SCREEN = 30  # lines


def run(*arguments):
    return CliRunner().invoke(triage_command, [str(each) for each in arguments])


def test_each_file_has_class_confidence_reasons_and_next_step():
    found = run(DECODE, GONE)

    assert found.exit_code == 0
    assert "decode_off, confidence 0." in found.output
    assert "memory decoding is off at 0000:01:00.0" in found.output
    assert "expected    removed: the same" in found.output
    assert "Look at the cable" in found.output


def test_json_has_everything_of_every_file():
    found = json.loads(run(DECODE, GONE, "--json").output)

    assert [each["class"] for each in found["verdicts"]] == ["decode_off", "removed"]
    assert [each["agrees"] for each in found["verdicts"]] == [True, True]
    assert all(each["reasons"] and each["next"] for each in found["verdicts"])


def test_the_schema_needs_no_file():
    assert json.loads(run("--schema").output)["$ref"].endswith("EvidenceEntry")


def test_without_a_file_it_says_what_it_wants():
    found = run()

    assert found.exit_code == 2
    assert "name at least one evidence file" in found.output


def test_a_wrong_file_is_an_error_that_names_it(tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("format = 1\n")
    found = run(wrong)

    assert isinstance(found.exception, ConfigError)
    assert "wrong.toml" in str(found.exception)


def test_a_class_that_is_not_the_expected_one_is_said(tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(DECODE.read_text().replace('expect = "decode_off"', 'expect = "hung"'))

    assert "expected    hung: this is another one" in run(other).output


def test_an_unknown_verdict_says_what_it_may_be_and_what_would_tell(tmp_path):
    bare = tmp_path / "bare.toml"
    bare.write_text('format = 1\n[read]\naccess = "kernel"\noutcome = "all_ones"\nbar = 0\ncanary = true\n')
    output = run(bare).output

    assert "unknown\n" in output
    assert "decode_off" in output
    assert "more: --json has them all" in output


def test_a_terminal_gets_a_panel_that_fits_one_screen():
    found = load(DECODE)
    console = Console(width=100, force_terminal=True, color_system=None, record=True, highlight=False, markup=False)
    with console.capture() as captured:
        report.show([(found, triage(found.case))], console)
    text = captured.get().replace(str(DECODE), "report.toml")

    assert text.count("\n") <= ONE_SCREEN


def test_a_hostile_file_cannot_steer_the_terminal(tmp_path):
    hostile = tmp_path / "hostile.toml"
    hostile.write_text(DECODE.read_text().replace("0000:01:00.0", "\\u001b[2J"))

    assert "\x1b" not in run(hostile).output


def test_every_report_fits_one_screen_as_plain_text():
    for file in sorted(REPORTS.glob("*.toml")):
        assert run(file).output.count("\n") <= ONE_SCREEN, file.name
