"""The text format: every key is in the README, every error says file, key and reason."""

import contextlib
import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwatch_agent import triage as package
from barwatch_agent.driver.abi import WORDS, Status
from barwatch_agent.errors import ConfigError
from barwatch_agent.triage.entry import MAX_HOPS, MAX_READS
from barwatch_agent.triage.evidence_file import MAX_BYTES, load, parse
from barwatch_agent.triage.hexlines import parse_config
from barwatch_agent.triage.schema import schema
from barwatch_proto.triage import Case, CaseRead, FailureClass, triage
from barwatch_proto.words import Access, Outcome

README = Path(package.__file__).with_name("README.md").read_text(encoding="utf-8")
LEAST = 'format = 1\n[read]\naccess = "kernel"\noutcome = "all_ones"\nbar = 0\n'


def example():
    return re.search(r"```toml\n(.*?)```", README, re.DOTALL)[1]


def keys_of(value):
    """Every key in a document, and in its tables."""
    if isinstance(value, dict):
        return {key for key in value if not key.isdigit()}.union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def schema_keys():
    return set().union(*(each.get("properties", {}) for each in schema()["$defs"].values()))


def test_the_readme_has_every_key_of_the_schema_in_its_example_and_explains_it():
    explained = set(re.findall(r"`([a-z_]+)`", README))

    assert keys_of(tomllib.loads(example())) == schema_keys()
    assert schema_keys() <= explained


def test_the_readmes_example_is_triaged():
    found = parse(example(), "README.md")

    assert len(found.case.route) == 3
    assert found.case.others[0].register == "chip.id"
    assert triage(found.case).reasons


def test_the_schema_is_json():
    assert json.loads(json.dumps(schema()))["$schema"].startswith("https://json-schema.org")


def test_what_is_left_out_of_also_is_as_in_read():
    text = LEAST.replace("bar = 0", 'bar = 2\nregister = "a"\ncanary = true')
    again, other = parse(text + '[[also]]\noutcome = "ok"\n[[also]]\noutcome = "ok"\nregister = "b"\n', "f").case.others

    assert (again.register, again.bar, again.is_canary) == ("a", 2, True)
    assert (other.register, other.bar, other.is_canary, other.access) == ("b", 2, False, Access.KERNEL)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("format = 2\n", "format: this is 2; this version of barwatch knows format 1"),
        ("format = 1\n", "missing required field `read`"),
        ("format = 1\nread = 3\n", "$.read"),
        ("[read\n", "line 1"),
        (LEAST.replace("kernel", "Kernel"), "$.read.access"),
        (LEAST.replace("all_ones", "ok"), "a read that is ok needs no triage"),
        (LEAST + "colour = 3\n", "unknown field `colour`"),
        (LEAST + "offset = 2\n", "read.offset: 0x2 is no multiple of width 4"),
        (LEAST + "value = 3\n", "read.outcome: all_ones does not go with the value 0x3"),
        (LEAST + "value = 0x1ffffffff\n", "does not fit into 4 bytes"),
        (LEAST + 'value = "many"\n', "'many' is no number"),
        (LEAST.replace("kernel", "config"), "read.bar: configuration space has no BAR"),
        (LEAST + '[[also]]\noutcome = "ok"\naccess = "config"\n', "also[0]: another access"),
        (LEAST + '[[hop]]\nname = "a"\nconfig = "00: xx"\n', "hop[0].config: '00: xx' is not an offset and bytes"),
        (LEAST + '[[hop]]\nname = "a"\nconfig = "10: 00"\n', "begins at 0x10, the line before ended at 0x0"),
        (LEAST + '[[hop]]\nname = "a"\nbar_registers = { 6 = 0 }\n', "hop[0].bar_registers.6"),
        (LEAST + '[[hop]]\nname = "a"\n' * (MAX_HOPS + 1), f"of length <= {MAX_HOPS}"),
        (LEAST + '[[also]]\noutcome = "ok"\n' * (MAX_READS + 1), f"of length <= {MAX_READS}"),
        ("a = " + "[" * 5000 + "\n", "nested too deeply"),
    ],
)
def test_an_error_says_file_key_and_reason(text, words):
    with pytest.raises(ConfigError) as caught:
        parse(text, "report.toml")

    assert str(caught.value).startswith("report.toml: ")
    assert words in str(caught.value)


def test_a_file_that_is_too_long_not_text_or_not_there_is_refused(tmp_path):
    long, bad, none = tmp_path / "long", tmp_path / "bad", tmp_path / "none"
    long.write_bytes(b"#" * (MAX_BYTES + 1))
    bad.write_bytes(b"\xff\xfe")

    for file, words in ((long, "longer than 1 MiB"), (bad, "not UTF-8"), (none, "cannot be read")):
        with pytest.raises(ConfigError, match=words):
            load(file)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", b""),
        ("00: 86 80\n", b"\x86\x80"),
        ("  00: 86 80 57 0d\r\n  04: 07 04\r\n", b"\x86\x80\x57\x0d\x07\x04"),
        ("00000000: 0d578086 ffffffff", b"\x86\x80\x57\x0d\xff\xff\xff\xff"),
        ("000: 86 80\n010:\n", b"\x86\x80" + bytes(14)),
    ],
)
def test_configuration_space_is_read_as_people_paste_it(text, data):
    assert parse_config(text) == data


def test_more_than_a_configuration_space_is_refused():
    lines = "\n".join(f"{at:04x}: " + "00 " * 16 for at in range(0, 4112, 16))

    with pytest.raises(ValueError, match="more than 4096 bytes"):
        parse_config(lines)


@given(st.text() | st.builds(lambda text: LEAST + text, st.text(alphabet='=[]{}"\nabchopknsre.0xf ')))
def test_any_text_is_evidence_or_an_error(text):
    with contextlib.suppress(ConfigError):
        assert triage(parse(text, "f").case).reasons


WHY_UNREACHABLE = {
    WORDS[Status.UNREACHABLE_GONE]: FailureClass.REMOVED,
    WORDS[Status.UNREACHABLE_DISCONNECTED]: FailureClass.REMOVED,
    WORDS[Status.UNREACHABLE_RECOVERING]: FailureClass.CONTAINED,
    WORDS[Status.UNREACHABLE_D3COLD]: FailureClass.D3COLD,
    WORDS[Status.UNREACHABLE_BRIDGE_ASLEEP]: FailureClass.UPSTREAM_ASLEEP,
    WORDS[Status.UNREACHABLE_LINK_DOWN]: FailureClass.LINK_DOWN,
    WORDS[Status.UNREACHABLE_UNASSIGNED]: FailureClass.BAR_UNASSIGNED,
    WORDS[Status.UNREACHABLE_BLOCKED]: FailureClass.NOT_READY,
    WORDS[Status.UNREACHABLE_POWER_CHANGING]: FailureClass.NOT_READY,
    # access/reachable.py, access/config.py and access/user.py
    "the bridge 0000:00:1d.0 upstream is suspended, and a read would wake it": FailureClass.UPSTREAM_ASLEEP,
    "the function is gone: it has no config file": FailureClass.REMOVED,
    "BAR 2 is not assigned": FailureClass.BAR_UNASSIGNED,
}


@pytest.mark.parametrize(("reason", "failure"), WHY_UNREACHABLE.items())
def test_why_a_register_was_left_alone_is_understood(reason, failure):
    """The reasons are the agent's own text; a change of one must not make triage deaf."""
    case = Case(CaseRead(Access.KERNEL, Outcome.UNREACHABLE, "a", 0, reason=reason))

    assert triage(case).failure is failure
