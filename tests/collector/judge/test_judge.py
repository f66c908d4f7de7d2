"""Which evidence a verdict comes from, when it is made anew, and what stops nobody."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from tests.collector.judge.conftest import BOOT, Court, evidence, read_at
from tests.collector.questions.fleet import NOON_NS, SLOT, card, machine

from barwatch_collector.judge.judge import AT_ONCE
from barwatch_collector.judge.judgement import DecisionTable
from barwatch_collector.store.database import writing
from barwatch_proto.triage import VERSION, Case, FailureClass, Verdict, triage
from barwatch_proto.triage.from_evidence import Asked, case_of
from barwatch_proto.words import Access, Outcome

NEWER = VERSION + 1
LATER = NOON_NS + 40_000_000  # when the second access of the pass was read


def says(failure: FailureClass) -> DecisionTable:
    """The next version of the table, which has one answer to everything."""
    return DecisionTable(lambda _: Verdict(failure, 0.9, ("so it is",), ()), NEWER)


def test_a_verdict_is_what_triage_makes_of_the_stored_evidence(court: Court) -> None:
    court.episode(evidence=evidence(read_at(NOON_NS)))

    assert court.judge().judge() == 1

    asked = Asked(BOOT, Access.USER, Outcome.ALL_ONES, 0xFFFF_FFFF, None, NOON_NS)
    expected = triage(case_of(asked, evidence(read_at(NOON_NS))))
    assert court.rows("failure", "confidence", "table_version", "evidence_of") == [
        (expected.failure.value, expected.confidence, VERSION, 1)
    ]
    assert expected.failure is FailureClass.REMOVED
    assert court.metric("verdicts_total", failure="removed") == 1


def test_what_has_a_verdict_of_this_table_is_left_alone(court: Court) -> None:
    court.episode(evidence=evidence())
    court.judge().judge()

    assert court.judge().judge() == 0


def test_a_verdict_of_an_older_table_is_made_anew_and_the_new_version_is_kept(court: Court) -> None:
    court.episode(evidence=evidence())
    court.judge().judge()

    assert court.judge(says(FailureClass.HUNG)).judge() == 1

    assert court.rows("failure", "table_version") == [("hung", NEWER)]


def test_a_collector_of_an_older_version_does_not_judge_what_a_newer_one_has_judged(court: Court) -> None:
    """Two collectors may serve one database while one of them is being replaced."""
    court.episode(evidence=evidence())
    court.judge(says(FailureClass.HUNG)).judge()

    assert court.judge().judge() == 0
    assert court.rows("failure", "table_version") == [("hung", NEWER)]


def test_a_verdict_that_comes_late_does_not_replace_that_of_a_newer_table(court: Court) -> None:
    court.episode(evidence=evidence())
    newer = court.judge(says(FailureClass.HUNG))

    def overtaken(case: Case) -> Verdict:
        newer.judge()
        return triage(case)

    court.judge(DecisionTable(overtaken)).judge()

    assert court.rows("failure", "table_version") == [("hung", NEWER)]


def test_new_episodes_are_judged_before_old_verdicts_and_the_latest_before_all(court: Court) -> None:
    court.episode(at_ns=NOON_NS - 3)
    court.judge().judge()
    for at_ns in (NOON_NS - 2, NOON_NS, NOON_NS - 1):
        court.episode(at_ns=at_ns)
    judge = court.judge(says(FailureClass.HUNG))

    order = []
    while judge.judge(limit=1):
        order.append([number for number, version in court.rows("episode_id", "table_version") if version == NEWER])

    assert order == [[3], [3, 4], [2, 3, 4], [1, 2, 3, 4]]


def test_an_episode_without_evidence_is_judged_by_its_read(court: Court) -> None:
    court.episode(outcome="denied", value=None, reason="Operation not permitted (EPERM)")

    court.judge().judge()

    assert court.rows("failure", "evidence_of") == [("denied", None)]


@pytest.mark.parametrize(("at_ns", "carrier"), [(NOON_NS, 1), (LATER, 1), (NOON_NS + 7, None)])
def test_evidence_serves_all_episodes_of_the_function_that_its_pass_opened(
    court: Court, at_ns: int, carrier: int | None
) -> None:
    """An agent sends evidence with the first episodes of a function in a pass; each access has its own time."""
    court.episode(evidence=evidence(read_at(NOON_NS), read_at(LATER, Access.KERNEL)))
    court.episode(court.kernel, at_ns=at_ns)

    court.judge().judge()

    assert court.rows("evidence_of") == [1, carrier]


def test_evidence_may_be_of_an_access_that_was_read_later_in_the_pass(court: Court) -> None:
    court.episode(outcome="denied", value=None)
    court.episode(court.kernel, at_ns=LATER, evidence=evidence(read_at(NOON_NS), read_at(LATER, Access.KERNEL)))

    court.judge().judge()

    assert court.rows("evidence_of") == [2, 2]


def test_evidence_of_another_function_does_not_count(court: Court) -> None:
    both = machine((card(), card("0000:02:00.0", "feed000000000000")))
    held = court.fleet.snapshot(court.host, both, SLOT, from_ns=NOON_NS)
    other = court.fleet.series(court.host, held, SLOT, "user", function_key="feed000000000000")
    court.episode(evidence=evidence(read_at(NOON_NS)))
    court.episode(other)

    court.judge().judge()

    assert court.rows("evidence_of") == [1, None]


def test_episodes_that_came_before_the_evidence_of_their_pass_are_judged_again(court: Court) -> None:
    """A spool is sent in pieces; the judge may be quicker."""
    court.episode(court.kernel, at_ns=LATER)
    judge = court.judge()
    judge.judge()
    before = court.rows("evidence_of", "failure")
    court.episode(evidence=evidence(read_at(NOON_NS), read_at(LATER, Access.KERNEL)))

    rounds = [judge.judge(), judge.judge(), judge.judge()]

    assert rounds == [1, 1, 0]
    assert before == [(None, "unknown")]
    assert court.rows("evidence_of", "failure") == [(2, "removed"), (2, "removed")]


def test_a_verdict_from_the_read_alone_is_not_kept_when_evidence_came_meanwhile(court: Court) -> None:
    court.episode()

    def overtaken(case: Case) -> Verdict:
        with writing(court.fleet.engine, "test") as connection:
            connection.execute(text("UPDATE verdict SET evidence_of = 1"))
        return triage(case)

    court.judge(DecisionTable(overtaken)).judge()

    assert court.rows("table_version", "evidence_of") == [(None, 1)]


def test_evidence_that_cannot_be_decoded_is_unknown_with_the_reason_and_stops_nobody(court: Court) -> None:
    court.episode(evidence=b"\xff\xff\xff")
    court.episode(evidence=evidence())

    assert court.judge().judge() == 2

    (broken, sound) = court.rows("failure", "document", "table_version")
    assert broken[0] == "unknown"
    assert "cannot be decoded: Evidence: not a protobuf message" in broken[1]
    assert (sound[0], sound[2]) == ("removed", VERSION)
    assert court.metric("verdict_problems_total", problem="evidence") == 1


def test_an_episode_on_which_triage_fails_is_unknown_and_stops_nobody(court: Court) -> None:
    court.episode(at_ns=NOON_NS)
    court.episode(at_ns=NOON_NS + 1, outcome="denied", value=None)

    def fragile(case: Case) -> Verdict:
        if case.read.outcome is Outcome.ALL_ONES:
            raise IndexError
        return triage(case)

    assert court.judge(DecisionTable(fragile)).judge() == 2

    assert court.rows("failure", "table_version") == [("unknown", VERSION), ("denied", VERSION)]
    assert "IndexError" in court.rows("document")[0]
    assert court.metric("verdict_problems_total", problem="triage") == 1


def test_what_hosts_send_does_not_make_a_verdict_of_any_length(court: Court) -> None:
    court.episode()

    def talkative(case: Case) -> Verdict:
        return replace(triage(case), reasons=("\x00" + "x" * 100_000,) * 99)

    court.judge(DecisionTable(talkative)).judge()

    assert len(court.rows("document")[0]) < 20_000


def test_two_judges_at_once_do_no_harm(court: Court) -> None:
    for number in range(40):
        court.episode(at_ns=NOON_NS + number, evidence=evidence(read_at(NOON_NS + number)))

    async def both() -> None:
        await asyncio.gather(*(asyncio.to_thread(court.judge().judge) for _ in range(2)))

    asyncio.run(both())

    assert set(court.rows("failure", "table_version")) == {("removed", VERSION)}


def test_it_judges_round_after_round_until_nothing_waits(court: Court, until) -> None:
    rows = AT_ONCE + 10
    for number in range(rows):
        court.episode(at_ns=NOON_NS + number, outcome="denied", value=None)

    async def serve() -> None:
        async with court.judge():
            await asyncio.to_thread(until, lambda: court.metric("verdicts_total", failure="denied") == rows)

    asyncio.run(serve())

    assert set(court.rows("table_version")) == {VERSION}


def test_a_store_that_does_not_answer_is_counted_and_asked_again(court: Court, until) -> None:
    court.episode(outcome="denied", value=None)
    _rename(court, "series", "hidden")

    async def serve() -> None:
        async with court.judge():
            await asyncio.to_thread(until, lambda: court.metric("verdict_problems_total", problem="store"))
            _rename(court, "hidden", "series")
            await asyncio.to_thread(until, lambda: court.metric("verdicts_total", failure="denied"))

    asyncio.run(serve())

    assert court.rows("failure") == ["denied"]


def _rename(court: Court, old: str, new: str) -> None:
    with writing(court.fleet.engine, "test") as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_evidence_of_another_episode_that_cannot_be_decoded_is_no_evidence(court: Court) -> None:
    court.episode(evidence=b"\xff\xff\xff")
    court.episode(court.kernel, outcome="denied", value=None)

    court.judge().judge()

    assert court.rows("failure", "evidence_of") == [("unknown", 1), ("denied", None)]
