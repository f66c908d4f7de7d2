"""The page that one look makes: what people see at 80, 100 and 140 columns, on a terminal and in a pipe."""

import io
import re
from dataclasses import replace

import pytest

from barwatch_agent.probe_report import console_for, exit_code, show
from barwatch_agent.reads import Match, Register
from barwatch_proto.words import Access, Outcome

HOSTS = ("desktop-gpu-slot", "laptop-thunderbolt-box-all-ones", "ordinary-user", "server-switches", "this-vm")
ONE_SCREEN = 52  # lines


class Terminal(io.TextIOWrapper):
    """A stdout that is a terminal."""

    def isatty(self):
        return True


def printed(found, out, environ):
    show(found, console_for(out, environ))
    out.flush()
    return out.buffer.getvalue().decode()


@pytest.mark.parametrize("name", HOSTS)
def test_a_recorded_host_looks_as_it_did_when_it_was_last_looked_at(host, looked, screen, golden, name):
    golden(f"probe/{name}.txt", screen(looked(host(name), name)))


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_founding_symptom_fits_one_screen_at_every_width(founding, screen, golden, width):
    text = screen(founding("laptop"), width)

    golden(f"probe/founding-laptop-{width}.txt", text)
    assert len(text.splitlines()) <= ONE_SCREEN
    assert max(map(len, text.splitlines())) <= width
    assert "user_mapping_only" in text.partition("\n\n")[0]


def test_a_mapping_that_leads_to_where_the_bar_was_is_stale(founding, screen, golden):
    text = screen(founding("laptop-moved"))

    golden("probe/founding-laptop-moved.txt", text)
    assert "stale_mapping" in text.splitlines()[0]


def test_the_same_card_in_a_slot_is_good_by_every_access(founding, screen, golden):
    found = founding("desktop")

    golden("probe/founding-desktop.txt", screen(found))
    assert exit_code(found) == 0


def test_the_whole_page_of_a_failure_has_the_answer_first_and_last_and_everything_between(founding, screen):
    lines = screen(founding("laptop"), is_whole=True).splitlines()

    assert lines[0] == lines[-1]
    assert {"Reads", "Settings", "Not read, and why", "This machine"} <= set(lines)


def test_into_a_pipe_goes_ascii_without_colour(founding, golden):
    text = printed(founding("laptop"), io.TextIOWrapper(io.BytesIO(), "utf-8"), {})

    assert text.isascii()
    assert "\x1b" not in text
    golden("probe/founding-laptop-piped.txt", "\n".join(line.rstrip() for line in text.splitlines()) + "\n")


def test_no_color_on_a_terminal_is_ascii_without_colour(founding):
    text = printed(founding("laptop"), Terminal(io.BytesIO(), "utf-8"), {"NO_COLOR": "1"})

    assert text.isascii()
    assert not re.search(r"\x1b\[[0-9;]*[349][0-7]m", text)


def test_a_terminal_gets_drawing_characters(founding):
    assert "└─" in printed(founding("laptop"), Terminal(io.BytesIO(), "utf-8"), {})


def test_a_terminal_that_knows_no_unicode_gets_none(founding):
    assert printed(founding("laptop"), Terminal(io.BytesIO(), "ascii"), {}).isascii()


def test_a_narrow_terminal_loses_no_function(host, looked, screen):
    found = looked(host("laptop-thunderbolt-box-all-ones"), "laptop")
    wide, narrow = screen(found, 160, is_whole=True), screen(found, 60, is_whole=True)

    assert {word for word in wide.split() if word.startswith("0000:")} == {
        word for word in narrow.split() if word.startswith("0000:")
    }


def test_a_dead_function_with_twenty_registers_is_one_card_and_one_screen(founding, screen):
    """Twenty registers of one BAR that fail alike: one verdict, and no page of rows."""
    found = founding("laptop")
    whole = dead(found, 20)
    text = screen(whole)

    assert text.count("verdict  ") == 1
    assert len(text.splitlines()) <= ONE_SCREEN + 10
    assert "more registers: --all shows them" in text


def test_many_functions_that_fail_are_three_in_full_and_the_others_by_name(founding, screen):
    found = founding("laptop")
    gpu = next(each for each in found.judged)
    functions = found.snapshot.topology.functions[10:20]
    judged = tuple(replace(gpu, read=replace(gpu.read, target=replace(gpu.read.target, function=f))) for f in functions)
    text = screen(replace(found, judged=judged, evidence={}))

    assert text.startswith("10 functions fail: ")
    assert text.count("Route to ") == 3
    assert text.count("also fails: ") == 7


def test_what_was_denied_is_no_failure_and_has_a_next_step(host, looked, screen):
    found = looked(host("ordinary-user"), "ordinary-user")

    assert exit_code(found) == 0
    assert screen(found).splitlines()[0] == "All 30 reads are good; 9 more could not be attempted."
    assert "Next: Nothing is broken: ask who refuses" in screen(found)


def test_what_could_not_be_attempted_elsewhere_is_one_line_per_reason(host, looked, screen, tmp_path):
    simulation = tmp_path / "x.toml"
    simulation.write_text('[[register]]\naddress = "0000:09:00.0"\nconfig = true\noffset = 0\nvalue = 0xffffffff\n')
    text = screen(looked(host("laptop-thunderbolt-box"), "laptop", simulate=str(simulation)))

    assert text.startswith("1 function fails: 0000:09:00.0")
    assert "reads unreachable at 0000:00:00.0 and 28 more: the simulation has no such register" in text
    assert len(text.splitlines()) <= ONE_SCREEN


def dead(found, count):
    """The look with so many registers of the GPU that fail alike."""
    first = found.judged[0]
    targets, judged = [], []
    for number in range(count):
        register = Register(f"gpu.{number}", "", "", Match(), 0, 4 * number, 4, (Access.USER,))
        target = replace(first.read.target, register=register, offset=4 * number)
        read = replace(first.read, target=target, outcome=Outcome.ALL_ONES)
        targets.append(target)
        judged.append(replace(first, read=read))
    reads = tuple(each.read for each in judged)
    return replace(found, targets=tuple(targets), reads=reads, judged=tuple(judged))
