import pytest

from barwatch_collector.ask.words import ago, bar, duration, failed, many, moment, not_attempted, percent, rate, safe
from barwatch_collector.questions.statistics import wilson
from barwatch_proto.telemetry import Counts

SECOND = 1_000_000_000
DAY = 86_400 * SECOND


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (0, "0 s"),
        (300_000_000, "0.3 s"),
        (40 * SECOND, "40 s"),
        (60 * SECOND, "1 min"),
        (312 * SECOND, "5 min 12 s"),
        (7200 * SECOND, "2 h"),
        (7260 * SECOND, "2 h 1 min"),
        (2 * DAY + 3 * 3600 * SECOND, "2 d 3 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(length: int, words: str) -> None:
    assert duration(length) == words


def test_a_time_ago_has_the_largest_unit_and_clocks_that_are_ahead_are_now() -> None:
    assert ago(0, 2 * DAY + 1) == "2 d ago"
    assert ago(DAY, 0) == "just now"


def test_a_moment_is_utc_and_says_so() -> None:
    assert moment(1_750_075_203 * SECOND) == "2025-06-16 12:00:03Z"


def test_something_is_never_zero_percent_and_not_everything_is_never_all() -> None:
    assert [percent(share) for share in (0.0, 0.001, 0.43, 0.999, 1.0)] == ["0", "<1", "43", ">99", "100"]


def test_a_rate_carries_its_interval_and_its_hosts() -> None:
    assert rate(3 / 7, wilson(3, 7), 3, 7) == "43 % [16–75 %] 3/7 hosts"  # noqa: RUF001 the dash that people see
    assert rate(1.0, wilson(1, 1), 1, 1) == "100 % [21–100 %] 1/1 host"  # noqa: RUF001 the dash that people see
    assert rate(None, None, 0, 0) == "no attempts"


def test_a_bar_is_ten_cells_in_eighths() -> None:
    assert [bar(share) for share in (0.0, 0.4375, 1.0)] == ["··········", "████▍·····", "██████████"]


def test_failures_name_their_outcomes_the_most_frequent_first() -> None:
    assert failed(20, Counts(ok=15, all_ones=5)) == "5 of 20 fail (all_ones)"
    assert failed(20, Counts(ok=12, fault=5, mismatch=3)) == "8 of 20 fail (5 fault, 3 mismatch)"


def test_what_was_no_attempt_is_told_beside() -> None:
    assert not_attempted(Counts(ok=5, all_ones=5)) == ""
    assert not_attempted(Counts(denied=2, unreachable=1000, skipped=1)) == "1,000 unreachable, 2 denied, 1 skipped"


def test_one_host_is_not_hosts() -> None:
    assert [many(1, "host"), many(1200, "host"), many(2, "topology", "topologies")] == [
        "1 host",
        "1,200 hosts",
        "2 topologies",
    ]


def test_text_from_hosts_is_made_harmless_and_the_unknown_a_dash() -> None:
    assert (safe("a\x1b[31mb\n"), safe(None), safe("")) == ("a?[31mb?", "–", "–")  # noqa: RUF001 the dash that people see
