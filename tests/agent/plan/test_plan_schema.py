"""The text of a plan file: what it may say, and how a wrong one is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwatch_agent.errors import ConfigError
from barwatch_agent.plan.schema import parse
from barwatch_agent.reads import Match, Register
from barwatch_proto.words import Access, Record

GOOD = {
    "name": '"gpu.boot"',
    "summary": '"Identification"',
    "source": '"Manual 1.0, 2.1"',
    "side_effect_free": "true",
    "vendor": "0x10de",
    "bar": "0",
    "offset": "0x0",
    "width": "4",
}


def table(**changes: str | None) -> str:
    """A [[register]] table of one register, with keys replaced, added, or left out by None."""
    keys = {**GOOD, **{key.rstrip("_"): value for key, value in changes.items()}}
    return "\n".join(["[[register]]", *[f"{key} = {value}" for key, value in keys.items() if value is not None], ""])


def one(text: str) -> Register:
    (register,) = parse(text, "registers.toml")
    return register


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, "registers.toml")
    return str(caught.value)


def test_a_register_with_the_fewest_keys_is_read_by_every_way_into_a_bar_once_a_second() -> None:
    assert one(table()) == Register(
        name="gpu.boot",
        summary="Identification",
        source="Manual 1.0, 2.1",
        match=Match(vendor=0x10DE),
        bar=0,
        offset=0,
        width=4,
        accesses=(Access.KERNEL, Access.USER),
    )


def test_every_key_arrives() -> None:
    text = table(
        device="[0x1b80, 0x1b81]",
        subsystem='"1043:85aa"',
        class_='"03:00"',
        offset="0x1f380",
        expect="0x7666",
        mask="0xffff",
        canary="true",
        access='["user"]',
        record='"changes"',
        every='"500ms"',
    )

    register = one(text)

    assert register.match == Match(0x10DE, (0x1B80, 0x1B81), (0x1043, 0x85AA), 0x030000, 0xFFFF00)
    assert (register.offset, register.expect, register.mask, register.is_canary) == (0x1F380, 0x7666, 0xFFFF, True)
    assert (register.accesses, register.record, register.every_s) == ((Access.USER,), Record.CHANGES, 0.5)


def test_a_register_in_configuration_space_is_read_by_config_and_needs_no_match() -> None:
    register = one(table(vendor=None, bar=None, config="true", expect_ids="true"))

    assert (register.bar, register.accesses, register.expects_ids) == (None, (Access.CONFIG,), True)


def test_a_register_in_a_structure_has_no_bar_of_its_own() -> None:
    register = one(table(bar=None, relative_to='"virtio_common"', offset="0x12", width="2"))

    assert (register.bar, register.relative_to, register.accesses) == (
        None,
        "virtio_common",
        (Access.KERNEL, Access.USER),
    )


@pytest.mark.parametrize(
    ("written", "code", "mask"),
    [("01:08:02", 0x010802, 0xFFFFFF), ("0c:03", 0x0C0300, 0xFFFF00), ("03", 0x030000, 0xFF0000)],
)
def test_a_shorter_class_leaves_the_rest_open(written: str, code: int, mask: int) -> None:
    match = one(table(vendor=None, class_=f'"{written}"')).match

    assert (match.class_code, match.class_mask) == (code, mask)


@pytest.mark.parametrize(("written", "seconds"), [("100ms", 0.1), ("1s", 1.0), ("5m", 300.0), ("1h", 3600.0)])
def test_a_period_is_written_with_its_unit(written: str, seconds: float) -> None:
    assert one(table(every=f'"{written}"')).every_s == seconds


def test_eight_bytes_can_expect_what_a_signed_integer_cannot_hold() -> None:
    assert one(table(width="8", expect="0xfedcba9876543210")).expect == 0xFEDCBA9876543210


WRONG = [
    ({"width": "3"}, "width: 3 is not 1, 2, 4 or 8"),
    ({"width": '"4"'}, "width: expected int, got str"),
    ({"width": None}, "width: is missing"),
    ({"name": '"GPU boot"'}, "name: 'GPU boot' is not 1 to 64 characters of a-z, 0-9, '_' and '.'"),
    ({"name": '"' + "a" * 65 + '"'}, "is not 1 to 64 characters"),
    ({"summary": '" "'}, "summary: must hold 1 to 400 characters"),
    ({"source": '""'}, "source: must hold 1 to 400 characters"),
    ({"side_effect_free": None}, "side_effect_free: must be stated as true"),
    ({"side_effect_free": "false"}, "side_effect_free: must be stated as true"),
    ({"widht": "4"}, "widht: there is no such key; did you mean width?"),
    ({"class_": '"0x010802"'}, "class: '0x010802' is not of the form '01', '01:08' or '01:08:02'"),
    ({"vendor": None}, "vendor: a register in a BAR needs vendor or class"),
    ({"vendor": "0x10000"}, "vendor: 0x10000 is not 0 to 0xffff"),
    ({"device": "[1, 0x10000]"}, "device: 0x10000 is not 0 to 0xffff"),
    ({"device": "[]"}, "device: 0 devices are not 1 to 256"),
    ({"vendor": None, "class_": '"03"', "device": "1"}, "device: means nothing without vendor"),
    ({"subsystem": '"1043"'}, "subsystem: '1043' is not of the form 'vvvv:dddd'"),
    ({"bar": None}, "bar: is missing: one of bar, config = true and relative_to says where the register is"),
    ({"config": "true"}, "bar: bar and config = true exclude each other"),
    ({"relative_to": '"virtio_common"'}, "bar: bar and relative_to exclude each other"),
    ({"bar": "6"}, "bar: 6 is not 0 to 5"),
    ({"bar": "true"}, "bar: expected int | null, got bool"),
    ({"bar": None, "relative_to": '"virtio"'}, "relative_to: 'virtio' is not virtio_common or sdhci_slot_0"),
    ({"offset": "-4"}, "offset: -0x4 is not 0 to"),
    ({"offset": "2"}, "offset: 0x2 is not a multiple of the width, 4"),
    ({"bar": None, "config": "true", "offset": "0x1000"}, "offset: 0x1000 is not 0 to 0xfff"),
    ({"bar": None, "config": "true", "width": "8"}, "width: 8 is more than the 4 bytes of one access"),
    ({"expect": "0x100000000"}, "expect: 0x100000000 is not 0 to 0xffffffff, which 4 bytes can hold"),
    ({"expect": "0x100", "mask": "0xff"}, "expect: 0x100 has bits outside the mask 0xff"),
    ({"mask": "0xff"}, "mask: means nothing without expect or expect_ids"),
    ({"mask": "0", "expect": "0"}, "mask: 0x0 is not 0x1 to 0xffffffff"),
    ({"expect": "1", "expect_ids": "true"}, "expect_ids: expect and expect_ids exclude each other"),
    ({"width": "2", "expect_ids": "true"}, "expect_ids: needs width 4"),
    ({"canary": "true", "expect": "0xffffffff"}, "canary: cannot be true: all ones are what the register is expected"),
    ({"canary": "true", "expect": "0xff", "mask": "0xff"}, "canary: cannot be true"),
    ({"access": '["config"]'}, "access: 'config' does not lead to a register in a BAR"),
    (
        {"bar": None, "config": "true", "access": '["user"]'},
        "access: 'user' does not lead to a register in configuration",
    ),
    ({"access": "[]"}, "access: must name each way in once, and at least one"),
    ({"access": '["user", "user"]'}, "access: must name each way in once"),
    ({"access": '["usr"]'}, "access: invalid enum value 'usr'"),
    ({"record": '"some"'}, "record: invalid enum value 'some'"),
    ({"every": '"1"'}, "every: '1' is not a period such as '500ms', '1s', '1m' or '1h'"),
    ({"every": '"99ms"'}, "every: '99ms' is not 100ms to 1h"),
    ({"every": '"61m"'}, "every: '61m' is not 100ms to 1h"),
]


@pytest.mark.parametrize(("changes", "reason"), WRONG)
def test_a_wrong_register_is_refused_with_key_and_reason(changes: dict[str, str | None], reason: str) -> None:
    assert reason in refusal(table(**changes))


def test_the_refusal_names_file_line_register_and_reason() -> None:
    text = "# my registers\n\n" + table() + "\n" + table(name='"gpu.second"', width="3")

    assert refusal(text) == "registers.toml:21: register 'gpu.second', width: 3 is not 1, 2, 4 or 8"


def test_a_missing_key_is_reported_at_the_head_of_its_table() -> None:
    assert refusal("\n" + table(width=None)) == "registers.toml:2: register 'gpu.boot', width: is missing"


def test_what_looks_like_a_key_inside_a_string_of_several_lines_is_none() -> None:
    text = table(summary='"""first\nwidth = 9\n[[register]]\n"""', width="3")

    assert refusal(text).startswith(f"registers.toml:{text.splitlines().index('width = 3') + 1}: ")


def test_a_register_without_a_name_is_named_by_its_number() -> None:
    assert refusal(table() + table(name=None)) == "registers.toml:10: register number 2, name: is missing"


def test_two_registers_of_one_name_are_refused() -> None:
    assert refusal(table() + table()) == (
        "registers.toml:11: register 'gpu.boot', name: is the name of the register in line 2 too"
    )


def test_a_syntax_error_has_its_line() -> None:
    assert refusal("[[register]]\nname = \n") == "registers.toml:2: Invalid value"


def test_a_string_that_never_ends_is_reported_at_the_end_of_the_file() -> None:
    assert refusal('[[register]]\nname = """\n\n').startswith("registers.toml:4: ")


def test_a_table_of_another_name_is_refused_with_its_line() -> None:
    assert refusal("\n[[registers]]\n") == "registers.toml:2: registers: there is no such key; did you mean register?"


def test_a_file_without_registers_is_refused() -> None:
    assert refusal("# nothing\n") == "registers.toml:1: register: is missing"


def test_registers_written_as_inline_tables_are_refused_with_a_line_that_exists() -> None:
    assert refusal("register = [{name = 1}]").startswith("registers.toml:1: register number 1, name: ")


def test_too_many_registers_are_refused() -> None:
    assert "more than 4096 registers" in refusal("[[register]]\n" * 4097)


def test_arrays_nested_without_end_are_refused() -> None:
    assert refusal("register = " + "[" * 50_000) == "registers.toml:1: nested too deeply"


fragments = st.sampled_from(
    ["[[register]]\n", "[x]\n", 'name = "a"\n', "width = 3\n", "offset = 1e9\n", '"""', "'''", "=", "\n", "é\x00", "]"]
)


@given(st.lists(fragments | st.text(max_size=8), max_size=20).map("".join))
def test_any_text_is_a_plan_or_an_error_with_file_and_line(text: str) -> None:
    try:
        parse(text, "registers.toml")
    except ConfigError as exc:
        line = re.match(r"registers\.toml:(\d+): .", str(exc))
        assert line is not None
        assert 1 <= int(line[1]) <= text.count("\n") + 1
    else:
        assert "[[register]]" in text or "register" in text
