"""Looking again and again: what comes and goes is counted, and shown where people and programs can use it."""

import io
import json
from dataclasses import replace
from threading import Event

import pytest
from rich.console import Console

from barwatch_agent.probe.tally import Tally
from barwatch_agent.probe_report.course import page, summary, tell
from barwatch_agent.probe_report.watching import Beat, watch
from barwatch_proto.words import Access, Outcome

NS = 1_000_000_000


@pytest.fixture
def course(founding):
    """Looks at the laptop: its user reads good, or failing as in the founding symptom, or its GPU gone."""
    failing = founding("laptop")
    bad = {(each.read.target.register.name, each.read.access) for each in failing.judged}
    reads = tuple(
        replace(read, outcome=Outcome.OK, value=0x7666) if (read.target.register.name, read.access) in bad else read
        for read in failing.reads
    )
    good = replace(failing, reads=reads, judged=(), evidence={})
    key = failing.judged[0].read.target.function.key
    gone = replace(good, reads=tuple(read for read in reads if read.target.function.key != key))
    return {"g": good, "b": failing, "-": gone}


def looks(course, kinds):
    """One look per letter, a second apart."""
    for number, kind in enumerate(kinds):
        yield replace(course[kind], snapshot=replace(course[kind].snapshot, taken_at_ns=(number + 1) * NS))


def watched(course, kinds, console, *, is_json=False, clock):
    """Watch until there are no more looks."""
    stop, coming = Event(), looks(course, kinds)
    left = len(kinds)

    def take():
        nonlocal left
        left -= 1
        if not left:
            stop.set()
        return next(coming)

    watch(take, Beat(clock, 1.0, stop), console, is_json=is_json)
    return console.file.getvalue()


def console():
    return Console(file=io.StringIO(), width=100, highlight=False, markup=False)


def tallied(course, kinds):
    tally = Tally()
    changes = [tally.add(found) for found in looks(course, kinds)]
    return tally, changes


def test_a_failure_that_comes_and_goes_is_measured(course):
    tally, _ = tallied(course, "gggggggbgg" * 6 + "b")
    user = [each for each in tally.courses.values() if (each.register, each.access) == ("gpu.panel", Access.USER)]

    assert [(each.failures, each.attempts) for each in user] == [(7, 61)]
    assert any("failed 7 of 61 (ok 54, all ones 7)" in line for line in summary(tally))


def test_only_what_changes_is_told(course):
    _, changes = tallied(course, "ggbbgg-")

    assert [len(each) for each in changes[:6]] == [0, 0, 2, 0, 2, 0]
    assert {(each.before, each.now) for each in changes[6]} == {(Outcome.OK, None)}
    assert all(each.verdict is not None for each in changes[2])


def test_at_the_first_look_what_is_not_ok_is_told(course):
    _, changes = tallied(course, "b")

    assert [(each.before, each.now.outcome) for each in changes[0]] == [(None, Outcome.ALL_ONES)] * 2


def test_a_function_that_goes_is_in_the_sum(course):
    tally, _ = tallied(course, "gg-")

    assert any("not there any more" in line for line in summary(tally))


def test_a_function_that_comes_back_is_told(course):
    _, changes = tallied(course, "g-g")

    assert {(each.before, each.now.outcome) for each in changes[2]} == {(None, Outcome.OK)}


def test_in_a_pipe_there_is_a_line_for_each_change_and_a_sum(course, clock, golden):
    golden("probe/watch-lines.txt", watched(course, "gggbbgg-", console(), clock=clock))


def test_the_page_on_a_terminal_has_the_answer_the_counts_and_the_latest_changes(course, golden):
    tally = Tally()
    changes = [change for found in looks(course, "gbgb") for change in tell(tally.add(found))]
    target = console()
    target.print(page(course["b"], tally, changes))

    golden("probe/watch-page.txt", "\n".join(line.rstrip() for line in target.file.getvalue().splitlines()) + "\n")


def test_on_a_terminal_the_page_stays_in_place_and_the_sum_remains(course, clock):
    terminal = Console(file=io.StringIO(), width=100, height=40, highlight=False, markup=False, force_terminal=True)
    text = watched(course, "gbg", terminal, clock=clock)

    assert "\x1b[1A" in text  # the cursor goes up again
    assert "failed 1 of 3 (ok 2, all ones 1)" in text.rpartition("3 looks in 2 s")[2]


def test_for_programs_there_is_an_object_per_line(course, clock):
    lines = [json.loads(line) for line in watched(course, "gbg", console(), is_json=True, clock=clock).splitlines()]

    assert [list(line) for line in lines] == [["change"]] * 4 + [["summary"]]
    assert {line["change"]["class"] for line in lines[:2]} == {"user_mapping_only"}
    assert lines[-1]["summary"]["looks"] == 3
    assert {each["failures"] for each in lines[-1]["summary"]["series"]} == {0, 1}


def test_a_beat_counts_from_the_start_of_a_look(clock):
    stop, began = Event(), []
    for _ in Beat(clock, 2.0, stop):
        began.append(clock.elapsed_ns())
        clock.turn(0.5 if len(began) < 3 else 5)
        if len(began) == 4:
            stop.set()

    assert began == [0, 2 * NS, 4 * NS, 9 * NS]


def test_when_nothing_fails_the_sum_says_so(course, clock):
    assert watched(course, "gg", console(), clock=clock).splitlines()[-1].endswith("reads are good.")
