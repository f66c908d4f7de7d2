"""Logging on its way to Windows' event log."""

import logging

import pytest
from tests.agent.conftest import TurnedClock

from barwatch_agent.service.event_log import LONGEST, EventLogHandler, Reports


@pytest.fixture
def told():
    return []


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
def logger(told, clock):
    """A logger below "ours", whose information is wanted, with nothing but the event log behind it."""
    kinds = ("information", "warning", "error")
    reports = Reports(**{kind: lambda text, kind=kind: told.append((kind, text)) for kind in kinds})
    logger = logging.Logger("ours.service")  # noqa: LOG001 one that nobody else has
    logger.addHandler(EventLogHandler(reports, clock, "ours"))
    return logger


def test_each_level_is_an_event_of_its_kind(logger, told):
    logger.info("it runs")
    logger.warning("the collector is away")
    logger.error("the spool cannot be written: %s", "disk full")

    assert told == [
        ("information", "it runs"),
        ("warning", "the collector is away"),
        ("error", "the spool cannot be written: disk full"),
    ]


def test_information_of_others_is_no_event_and_their_warnings_are(logger, told):
    logger.name = "barwatch_agent.run"
    logger.info("snapshot 4711")
    logger.warning("the machine could not be looked at")

    assert told == [("warning", "the machine could not be looked at")]


def test_a_sentence_comes_once_a_minute_whatever_its_numbers_and_says_how_often_it_did_not(logger, told, clock):
    for attempt in range(5):
        logger.warning("attempt %d failed", attempt)
    logger.warning("something else")
    clock.turn(61)
    logger.warning("attempt %d failed", 5)

    assert [text for _, text in told] == [
        "attempt 0 failed",
        "something else",
        "attempt 5 failed\n(4 more like this in the last minute)",
    ]


def test_nothing_that_is_told_is_longer_than_an_event_or_ends_it_early(logger, told):
    logger.error("a\0b%s", "c" * LONGEST)

    assert told[0][1].startswith("a bcc")
    assert len(told[0][1]) == LONGEST


def test_what_the_event_viewer_would_replace_by_other_texts_stays_as_it_is(logger, told):
    """A zone in an address, for example; Windows knows of no way to escape it."""
    logger.warning("fe80::1%%12 is away, 100%% of it: %s", "%{S-1-5}")

    assert told == [("warning", "fe80::1% 12 is away, 100% of it: % {S-1-5}")]


def test_a_defect_is_told_with_its_trace(logger, told):
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        logger.exception("it ended by a defect")

    assert "ZeroDivisionError" in told[0][1]


def test_an_event_log_that_is_full_does_not_end_the_agent(clock, capsys):
    def full(_):
        raise OSError(1502, "the event log file is full")

    logger = logging.Logger("ours")  # noqa: LOG001 one that nobody else has
    logger.addHandler(EventLogHandler(Reports(full, full, full), clock, "ours"))
    logger.error("anything")

    assert "event log file is full" in capsys.readouterr().err
