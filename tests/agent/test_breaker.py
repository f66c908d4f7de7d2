"""The circuit breaker of a function."""

from barwatch_agent.breaker import LONGEST_PAUSE_NS, Breaker

SECOND = 1_000_000_000


def test_the_first_failure_is_looked_at_again_at_once():
    breaker = Breaker()
    breaker.failed("f", 0)

    assert breaker.allows("f", 1)


def test_pauses_double_up_to_a_minute():
    breaker = Breaker()
    breaker.failed("f", 0)
    pauses = []
    now = 0
    for _ in range(8):
        breaker.failed("f", now)
        start = now
        while not breaker.allows("f", now):
            now += SECOND
        pauses.append((now - start) // SECOND)

    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    assert LONGEST_PAUSE_NS == 60 * SECOND


def test_an_answer_ends_the_pauses_and_other_functions_never_had_any():
    breaker = Breaker()
    for _ in range(5):
        breaker.failed("f", 0)
    others = breaker.allows("g", 1)
    breaker.answered("f")

    assert others
    assert breaker.allows("f", 1)
