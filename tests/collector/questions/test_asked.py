import pytest
from tests.collector.questions.fleet import LATER_NS, NOON_NS

from barwatch_collector.questions.asked import Asked, QuestionError, ask, span_of, time_of
from barwatch_collector.store.schema import HOUR_NS

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", NOON_NS),
        ("90s", LATER_NS - 90 * SECOND),
        ("2h", LATER_NS - 2 * HOUR_NS),
        ("7d", LATER_NS - 7 * 24 * HOUR_NS),
        ("1w", LATER_NS - 7 * 24 * HOUR_NS),
        ("2025-06-16T12:00:00Z", NOON_NS),
        ("2025-06-16T14:00+02:00", NOON_NS),
        ("2025-06-16 12:00", NOON_NS),
        ("2025-06-16", NOON_NS - 12 * HOUR_NS),
        ("2025-06-16T12:00:00.123456Z", NOON_NS + 123_456_000),
        (str(NOON_NS // SECOND), NOON_NS),
        (str(NOON_NS + 1), NOON_NS + 1),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, expected: int) -> None:
    assert time_of("since", text, LATER_NS) == expected


@pytest.mark.parametrize("text", ["", "2x", "-2h", "yesterday", "2025-13-01", "12", "99999999999999999999", "2h; drop"])
def test_what_is_no_time_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(QuestionError, match="since") as refused:
        time_of("since", text, LATER_NS)

    assert "ISO 8601" in refused.value.advice


def test_a_time_in_the_future_is_refused() -> None:
    with pytest.raises(QuestionError, match="future"):
        ask(LATER_NS, as_of="2025-06-16T12:31Z")


def test_a_time_before_1970_is_refused() -> None:
    with pytest.raises(QuestionError, match="before 1970"):
        ask(LATER_NS, since="999999d")


def test_since_has_to_come_before_as_of() -> None:
    with pytest.raises(QuestionError, match="does not come before as-of 2h"):
        ask(LATER_NS, since="1h", as_of="2h")


def test_a_span_reaches_out_to_the_full_hours_and_says_so() -> None:
    span = span_of(Asked(LATER_NS, as_of_ns=NOON_NS - 90 * 60 * SECOND, since_ns=NOON_NS - 150 * 60 * SECOND))

    assert (span.counts_from_ns, span.counts_until_ns) == (NOON_NS - 3 * HOUR_NS, NOON_NS - HOUR_NS)


def test_a_span_never_reaches_into_the_future() -> None:
    assert span_of(Asked(LATER_NS, as_of_ns=LATER_NS - 1)).counts_until_ns == LATER_NS


def test_a_question_about_all_time_has_no_beginning() -> None:
    assert span_of(Asked(LATER_NS)).counts_from_ns is None


def test_who_was_connected_in_the_past_cannot_be_told() -> None:
    connected = frozenset({"a"})

    assert Asked(LATER_NS, connected=connected).is_connected("a") is True
    assert Asked(LATER_NS, connected=connected).is_connected("b") is False
    assert Asked(LATER_NS, as_of_ns=NOON_NS, connected=connected).is_connected("a") is None
    assert Asked(LATER_NS).is_connected("a") is None
