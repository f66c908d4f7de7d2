"""Evidence files from public bug reports, and from the lab: each one's class is what an expert gives."""

from collections import Counter
from pathlib import Path

import pytest

from barwatch_agent.triage.evidence_file import load
from barwatch_proto.triage import FailureClass, triage

HERE = Path(__file__).parent
FILES = sorted(HERE.rglob("*.toml"))
REPORTS = sorted((HERE / "reports").glob("*.toml"))
SHOULD_BE_AT_LEAST = 30
WITHOUT_REPORT = {FailureClass.UNKNOWN, FailureClass.USER_MAPPING_ONLY}  # nobody told of it in public with figures


def named(file):
    return file.relative_to(HERE).as_posix()


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_evidence_file_gets_the_class_that_an_expert_gives(file):
    found = load(file)
    verdict = triage(found.case)

    assert found.expect is not None
    assert verdict.failure is found.expect, (verdict.reasons, verdict.missing)


@pytest.mark.parametrize("file", REPORTS, ids=named)
def test_every_report_says_where_it_is_from(file):
    found = load(file)

    assert found.source.startswith("https://")
    assert found.summary


def test_there_are_reports_of_every_class():
    by_class = Counter(load(file).expect for file in REPORTS)

    assert sum(by_class.values()) >= SHOULD_BE_AT_LEAST
    assert set(FailureClass) - set(by_class) == WITHOUT_REPORT


@pytest.mark.parametrize("file", REPORTS, ids=named)
def test_the_name_of_a_report_begins_with_its_class(file):
    words = {
        FailureClass.DEVICE_DEAD_CONFIG_ALIVE: "device-dead",
        FailureClass.LEGITIMATE_ONES: "legitimate",
        FailureClass.MARGINAL_LINK: "marginal",
    }
    expect = load(file).expect

    assert expect is not None
    assert file.stem.startswith(words.get(expect, expect.value.replace("_", "-")))
