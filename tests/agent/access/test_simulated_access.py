"""A reader without hardware, and the file that describes one."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from barwatch_agent.access import simulated
from barwatch_agent.access.simulated import SimulatedReader, load_simulated, parse_simulated
from barwatch_agent.errors import ConfigError
from barwatch_agent.reads import Reply
from barwatch_proto.words import Access, Outcome, State

if TYPE_CHECKING:
    from tests.agent.access.conftest import Machine

AT = "0000:03:00.0"


def test_a_register_in_the_mapping_is_answered_and_others_are_unreachable(machine: "Machine") -> None:
    reader = SimulatedReader(Access.USER, {(AT, 0, 0): 0x7666, (AT, 0, 4): Reply(outcome=Outcome.FAULT, reason="x")})

    assert reader.read([machine.target(0), machine.target(4), machine.target(8)]) == [
        Reply(0x7666),
        Reply(outcome=Outcome.FAULT, reason="x"),
        Reply(outcome=Outcome.UNREACHABLE, reason="the simulation has no such register"),
    ]


def test_what_its_owner_changes_shows_in_the_next_read(machine: "Machine") -> None:
    registers: dict[simulated.Key, int | Reply] = {(AT, "config", 0): 1}
    reader = SimulatedReader(Access.CONFIG, registers)
    registers[AT, "config", 0] = 2

    assert reader.read([machine.target(bar=None)]) == [Reply(2)]


def test_a_value_that_does_not_fit_is_no_value(machine: "Machine") -> None:
    (reply,) = SimulatedReader(Access.USER, {(AT, 0, 0): 0x100}).read([machine.target(0, 1)])

    assert (reply.value, reply.outcome) == (None, Outcome.UNREACHABLE)


def test_a_target_with_a_problem_is_unreachable(machine: "Machine") -> None:
    (reply,) = SimulatedReader(Access.USER, {(AT, 0, 0): 1}).read([machine.target(problem="BAR 0 is short")])

    assert (reply.outcome, reply.reason) == (Outcome.UNREACHABLE, "BAR 0 is short")


def test_the_setting_says_that_the_access_is_simulated() -> None:
    setting = SimulatedReader(Access.KERNEL, {}).status()

    assert (setting.name, setting.state, setting.value) == ("kernel_access", State.VALUE, "simulated")


def test_the_example_in_the_documentation_is_a_file_for_a_reader_of_each_access(machine: "Machine") -> None:
    documented = re.search(r"::\n\n(.*?)\n\n", str(simulated.__doc__), re.DOTALL)
    assert documented is not None

    readers = {reader.access: reader for reader in parse_simulated(documented[1], "example.toml")}

    assert set(readers) == set(Access)
    assert readers[Access.KERNEL].read([machine.target(0x1F380)]) == [Reply(0x7666)]
    assert readers[Access.USER].read([machine.target(0x1F380)])[0].outcome is Outcome.UNREACHABLE


def test_a_register_of_a_bar_is_answered_by_every_way_into_it(machine: "Machine") -> None:
    text = f'[[register]]\naddress = "{AT}"\nbar = 0\noffset = 0\noutcome = "fault"\nreason = "SIGBUS"\n'

    answers = {reader.access: reader.read([machine.target()])[0] for reader in parse_simulated(text, "x.toml")}

    assert answers[Access.KERNEL] == answers[Access.USER] == Reply(outcome=Outcome.FAULT, reason="SIGBUS")
    assert answers[Access.CONFIG].reason == "the simulation has no such register"


def test_where_a_bar_was_mapped_is_known_to_the_user_access_alone(machine: "Machine") -> None:
    text = f'register = []\n[[mapping]]\naddress = "{AT}"\nbar = 0\nstart = 0x4000000000\n'
    readers = {reader.access: reader for reader in parse_simulated(text, "x.toml")}

    assert readers[Access.USER].mapped_start(machine.target()) == 0x4000000000
    assert readers[Access.USER].mapped_start(machine.target(bar=None)) is None
    assert readers[Access.KERNEL].mapped_start(machine.target()) is None


def test_a_mapping_that_the_simulation_does_not_tell_is_not_known(machine: "Machine") -> None:
    assert SimulatedReader(Access.USER, {}).mapped_start(machine.target()) is None


def test_the_example_of_a_mapping_in_the_documentation_is_one(machine: "Machine") -> None:
    documented = re.search(r"::\n\n( *\[\[mapping.*?)\n\n", str(simulated.__doc__), re.DOTALL)
    assert documented is not None

    readers = {reader.access: reader for reader in parse_simulated(f"register = []\n{documented[1]}", "example.toml")}

    assert readers[Access.USER].mapped_start(machine.target()) == 0x4000000000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('register = []\n[[mapping]]\naddress = "3"\nbar = 0\nstart = 0', "mapping number 1: '3' is not an address"),
        (f'register = []\n[[mapping]]\naddress = "{AT}"\nbar = 6\nstart = 0', "mapping number 1: bar is not 0 to 5"),
        (f'register = []\n[[mapping]]\naddress = "{AT}"\nbar = 0\nstart = -1', "start does not fit into 8 bytes"),
        ("[[register", "x.toml: "),
        ('[[register]]\naddress = "3:0.0"\nbar = 0\noffset = 0\nvalue = 1', "number 1: '3:0.0' is not an address"),
        (f'[[register]]\naddress = "{AT}"\noffset = 0\nvalue = 1', "number 1: bar or config = true, one of them"),
        (f'[[register]]\naddress = "{AT}"\nbar = 6\noffset = 0\nvalue = 1', "number 1: bar is not 0 to 5"),
        (f'[[register]]\naddress = "{AT}"\nbar = 0\noffset = -1\nvalue = 1', "number 1: offset is negative"),
        (f'[[register]]\naddress = "{AT}"\nbar = 0\noffset = 0', "number 1: value or outcome, one of them"),
        (f'[[register]]\naddress = "{AT}"\nbar = 0\noffset = 0\nvalue = -1', "number 1: value does not fit"),
        (f'[[register]]\naddress = "{AT}"\nbar = 0\noffset = 0\noutcome = "ok"', "Invalid enum value 'ok'"),
        (f'[[register]]\naddress = "{AT}"\nbarr = 0\noffset = 0\nvalue = 1', "unknown field `barr`"),
    ],
)
def test_a_wrong_file_is_refused_with_the_register_and_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(reason)):
        parse_simulated(text, "x.toml")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file or directory"):
        load_simulated(tmp_path / "none.toml")


def test_a_file_is_read_and_parsed(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(f'[[register]]\naddress = "{AT}"\nconfig = true\noffset = 0\nvalue = 1\n')

    assert {reader.access for reader in load_simulated(tmp_path / "x.toml")} == set(Access)
