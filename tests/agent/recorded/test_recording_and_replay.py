"""A machine recorded and played again: the same reads at the same times, so the same episodes and the same screen."""

import io
import json
import threading
from types import MappingProxyType

import pytest
from rich.console import Console
from tests.agent.recorded.played import GPU, nothing_changes, recorded

from barwatch_agent.accounts import Accounts, Kept
from barwatch_agent.build import build_machine
from barwatch_agent.clock import SystemClock
from barwatch_agent.config import Config
from barwatch_agent.errors import ConfigError
from barwatch_agent.probe import look
from barwatch_agent.probe_report import show
from barwatch_agent.reads import Reply
from barwatch_agent.recorded import dump, parse
from barwatch_agent.recorded.playing import PlayedClock, Player
from barwatch_agent.recorded.recording import Wanted, record_machine
from barwatch_agent.recorded.replay_report import replayed_as_json, show_replayed
from barwatch_agent.recorded.replaying import play, unpacked
from barwatch_agent.recorded.taking import Span, take_reads
from barwatch_proto.words import Access, Outcome

SCRATCH = (GPU, 0, 0x1F380)
GOOD = MappingProxyType({SCRATCH: 0x7666})


def fails_from_two_to_four(registers, seconds):
    """All ones by the user access for two seconds."""
    registers[SCRATCH] = 0xFFFFFFFF if 2 <= seconds < 4 else 0x7666


def fails_for_a_user(changing, roots):
    machine = changing(roots, GOOD, nothing_changes)
    machine.readers[0].change = fails_from_two_to_four
    return machine


def replay(text, **options):
    """What a recording comes to."""
    host = parse(text.encode(), "host.toml")
    with unpacked(host, {"hostname": host.name, **options}, SystemClock()) as machine:
        return play(machine, lambda _: None)


def page(draw):
    """What is printed, without blanks at the ends of lines."""
    text = io.StringIO()
    draw(Console(file=text, width=100, highlight=False))
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def test_what_was_recorded_survives_writing_and_reading(changing, shared_host, clock):
    made = recorded(fails_for_a_user(changing, shared_host("desktop-gpu-slot")), clock)

    assert dump(parse(made.text.encode(), "x")) == made.text


def test_reads_are_runs_of_what_they_came_to(changing, shared_host, clock):
    made = recorded(fails_for_a_user(changing, shared_host("desktop-gpu-slot")), clock, 6)
    reads = parse(made.text.encode(), "x").reads
    runs = {each.access: each.runs for each in reads.series if each.register == "gpu.scratch"}

    assert [(run.outcome, run.count) for run in runs[Access.KERNEL]] == [(Outcome.OK, 4), (None, 1), (Outcome.OK, 1)]
    assert [(run.outcome, run.count, run.values) for run in runs[Access.USER]] == [
        (Outcome.OK, 2, (0x7666,)),
        (Outcome.ALL_ONES, 2, (0xFFFFFFFF,)),
        (None, 1, ()),  # the circuit breaker paused the function
        (Outcome.OK, 1, (0x7666,)),
    ]
    assert [str(each.function) for each in reads.evidence] == [GPU]


def test_a_replay_opens_and_closes_the_same_episodes_at_the_same_times(changing, shared_host, clock):
    replayed = replay(recorded(fails_for_a_user(changing, shared_host("desktop-gpu-slot")), clock, 6).text)

    (episode,) = [each for each in replayed.episodes if replayed.series[each.series].register == "gpu.scratch"]
    began_ns = replayed.reads.began_at_ns
    assert (episode.outcome, episode.reads, episode.value) == (Outcome.ALL_ONES, 2, 0xFFFFFFFF)
    assert round((episode.opened_at_ns - began_ns) / 1e9) == 2
    assert round((episode.closed_at_ns - began_ns) / 1e9) == 5
    assert [space.data[:2] for space in episode.evidence.route] == [b"\x86\x80", b"\xde\x10"]
    assert {reread.access for reread in episode.evidence.rereads} >= {Access.USER, Access.KERNEL}


def test_what_people_see_of_a_recording_with_an_episode(changing, shared_host, clock, golden):
    replayed = replay(recorded(fails_for_a_user(changing, shared_host("desktop-gpu-slot")), clock, 6).text)
    whole = page(lambda console: show_replayed(replayed, console, is_whole=False))
    screen = page(lambda console: show(replayed.found, console))

    assert whole.startswith(screen)
    golden("replay/over-time.txt", whole.removeprefix(screen))


def test_a_function_that_keeps_failing_is_skipped_again_as_often(changing, shared_host, clock):
    """The circuit breaker's pauses are in the recording; those of the replay would come on top."""
    broken = {SCRATCH: Reply(outcome=Outcome.FAULT, reason="SIGBUS")}
    machine = changing(shared_host("desktop-gpu-slot"), broken, nothing_changes)
    replayed = replay(recorded(machine, clock, 12).text)
    counts = {
        each["access"]: each["reads"]
        for each in replayed_as_json(replayed)["recording"]["series"]
        if each["register"] == "gpu.scratch"
    }

    assert counts["user"]["skipped"] > 5
    assert sum(counts["user"].values()) == 12
    assert {each.outcome for each in replayed.episodes if replayed.series[each.series].register == "gpu.scratch"} == {
        Outcome.FAULT
    }


def test_counters_are_those_of_the_recording(changing, shared_host, clock):
    made = recorded(fails_for_a_user(changing, shared_host("desktop-gpu-slot")), clock, 6)
    host = parse(made.text.encode(), "x")
    with unpacked(host, {"hostname": "x"}, SystemClock()) as machine:
        played, snapshot = machine.beginning(0)
        accounts = Accounts(Kept())
        player = Player(machine.reads, snapshot, accounts, played)
        for number in range(machine.reads.passes):
            player.play(number)
        drained = accounts.drain()
    series = {each.id: (each.register, each.access) for each in drained.series}
    counts = {
        series[number]: run.counts
        for run in drained.counters
        for number in range(run.first_series, run.first_series + run.length)
    }

    assert isinstance(played, PlayedClock)
    assert (counts["gpu.scratch", Access.USER].ok, counts["gpu.scratch", Access.USER].all_ones) == (3, 2)
    assert counts["gpu.scratch", Access.USER].skipped == 1
    assert (counts["gpu.scratch", Access.KERNEL].ok, counts["gpu.scratch", Access.KERNEL].all_ones) == (5, 0)


@pytest.mark.parametrize("name", ["desktop-gpu-slot", "laptop-thunderbolt-box-all-ones", "ordinary-user", "this-vm"])
def test_a_recording_without_reads_shows_the_screen_of_probe(shared_host, host_text, name):
    """A recorded host is a machine: a look at it and a replay of it are the same."""
    machine = build_machine(Config(sysfs=str(shared_host(name).sys), hostname=name), SystemClock())
    try:
        found = look(machine.inventory, machine.readers, machine.locate, SystemClock(), machine.second_look)
    finally:
        for reader in machine.readers:
            reader.close()

    replayed = replay(host_text(name))

    assert page(lambda console: show_replayed(replayed, console, is_whole=False)) == page(
        lambda console: show(found, console)
    )


def test_the_json_has_the_recording_beside_the_look(changing, shared_host, clock):
    replayed = replay(recorded(fails_for_a_user(changing, shared_host("desktop-gpu-slot")), clock, 6).text)
    document = json.loads(json.dumps(replayed_as_json(replayed)))
    (episode,) = [each for each in document["recording"]["episodes"] if each["register"] == "gpu.scratch"]

    assert document["recording"]["passes"] == 6
    assert (episode["outcome"], episode["access"], episode["evidence"]) == ("all_ones", "user", True)
    assert document["host"]["hostname"] == "lab7"


def test_a_stop_ends_the_reads_and_keeps_what_was_read(changing, shared_host, clock):
    machine = changing(shared_host("this-vm"), {}, nothing_changes)
    stop = threading.Event()
    stop.set()

    taken = take_reads(machine, clock, Span(3600, stop), lambda _: None)

    assert taken.reads.passes == 1


def test_a_full_file_ends_the_reads_and_says_so(changing, shared_host, clock):
    """A register that is another one each time costs the most."""

    def counts_up(registers, seconds):
        registers[SCRATCH] = Reply(value=int(seconds) + 1)

    machine = changing(shared_host("desktop-gpu-slot"), GOOD, counts_up)

    taken = take_reads(machine, clock, Span(100_000, threading.Event(), room_bytes=20_000), lambda _: None)

    assert taken.is_full
    assert 10 < taken.reads.passes < 2000


def test_an_hour_of_a_hundred_series_is_a_small_file(changing, shared_host, clock):
    machine = changing(shared_host("desktop-gpu-slot"), GOOD, nothing_changes)
    made = recorded(machine, clock, 3600)
    reads = parse(made.text.encode(), "x").reads

    assert reads.passes == 3600
    assert len(made.text) < 300_000


def test_a_person_is_told_what_is_in_the_file(changing, shared_host, clock):
    machine = changing(shared_host("desktop-gpu-slot"), GOOD, nothing_changes)
    made = record_machine(machine, clock, Wanted(2, is_redacted=False, stop=threading.Event()), lambda _: None)

    assert made.told[0].startswith("recorded: 2 passes over ")
    assert made.told[-1].startswith("not redacted: the host's name")


def test_an_outcome_that_its_value_contradicts_is_an_error(changing, shared_host, clock):
    text = recorded(changing(shared_host("desktop-gpu-slot"), GOOD, nothing_changes), clock).text

    with pytest.raises(ConfigError, match="the outcome is 'mismatch', and a value of 0x7666 is 'ok' there"):
        replay(text.replace('outcome = "ok", value = 0x7666', 'outcome = "mismatch", value = 0x7666'))


def test_a_function_that_the_recorded_topology_lacks_is_left_out_and_named(changing, shared_host, clock):
    text = recorded(changing(shared_host("desktop-gpu-slot"), GOOD, nothing_changes), clock).text

    replayed = replay(text.replace('function = "0000:00:1f.6"', 'function = "0000:55:00.0"'))

    assert [str(address) for address in replayed.missing] == ["0000:55:00.0"]
