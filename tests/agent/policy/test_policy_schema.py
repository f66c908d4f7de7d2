"""Policy files: what they may say, and what is said about those that are wrong."""

import pytest

from barwatch_agent.driver.abi import Right
from barwatch_agent.errors import ConfigError
from barwatch_agent.policy.rule import Rule
from barwatch_agent.policy.schema import load_policy, parse
from barwatch_agent.reads import Match

NVME = """
[[rule]]
summary = "NVMe version"
class = "01:08:02"
bar = 0
offset = 0x8
length = 4
widths = [4]
rights = ["read", "config"]
"""


def changed(**keys: str) -> str:
    """The rule above with keys in other words; an empty one is left out."""
    lines = dict(line.split(" = ") for line in NVME.strip().splitlines()[1:]) | keys
    return "[[rule]]\n" + "\n".join(f"{key} = {value}" for key, value in lines.items() if value)


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, "p.toml")
    return str(caught.value)


def test_a_rule_is_what_the_file_says() -> None:
    [rule] = parse(NVME, "p.toml").rules

    assert rule == Rule(
        "NVMe version",
        Match(class_code=0x010802, class_mask=0xFFFFFF),
        Right.READ | Right.CONFIG,
        offset=8,
        length=4,
        widths=(4,),
    )


def test_a_rule_with_several_devices_is_several_of_the_drivers() -> None:
    policy = parse(changed(vendor="0x8086", device="[0x15f2, 0x125b]") + NVME, "p.toml")

    assert [rule[4:8].hex() for rule in policy.packed()] == ["8680f215", "86805b12", "00000000"]
    assert [policy.table_of(number) for number in range(3)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("text", "class_code", "class_mask"),
    [("03", 0x030000, 0xFF0000), ("01:08", 0x010800, 0xFFFF00), ("0C:03:30", 0x0C0330, 0xFFFFFF)],
)
def test_a_class_leaves_open_what_it_does_not_say(text: str, class_code: int, class_mask: int) -> None:
    [rule] = parse(changed(**{"class": f'"{text}"'}), "p.toml").rules

    assert (rule.match.class_code, rule.match.class_mask) == (class_code, class_mask)


def test_a_policy_without_rules_is_a_policy() -> None:
    assert parse("rule = []", "p.toml").packed() == []


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"summary": '" "'}, "summary: must hold 1 to 400 characters"),
        ({"rights": "[]"}, "rights: names none: a rule grants read, map, config or several of them"),
        ({"rights": '["read", "read"]'}, "rights: names one twice"),
        ({"rights": '["write"]'}, "rights: invalid enum value 'write'"),
        ({"class": ""}, "vendor: is missing: a rule names vendor or class"),
        ({"class": '"1"'}, "class: '1' is not of the form '01', '01:08' or '01:08:02'"),
        ({"vendor": "0x10000"}, "vendor: 0x10000 is not 0 to 0xffff"),
        ({"vendor": "-1"}, "vendor: -0x1 is not 0 to 0xffff"),
        ({"device": "1"}, "device: means nothing without vendor"),
        ({"vendor": "1", "device": "[]"}, "device: names none"),
        ({"vendor": "1", "device": "[2, 2]"}, "device: names one twice"),
        ({"vendor": "1", "device": "[2, 65536]"}, "device: 0x10000 is not 0 to 0xffff"),
        ({"subsystem": '"1af4"'}, "subsystem: '1af4' is not of the form 'vvvv:dddd'"),
        ({"bar": "6"}, "bar: 6 is not 0 to 5"),
        ({"bar": ""}, "bar: is missing"),
        ({"bar": "0.5"}, "bar: expected int | null, got float"),
        ({"widths": "[3]"}, "widths: 3 is not 1, 2, 4 or 8"),
        ({"widths": "[4, 4]"}, "widths: names one twice"),
        ({"widths": "[]"}, "widths: is missing: which of 1, 2, 4 and 8 bytes one access may have"),
        ({"offset": "-4"}, "offset: -0x4 is not 0 to 0xffffffffffffffff"),
        ({"length": "0"}, "length: 0x0 bytes are none, or end beyond 0xffffffffffffffff"),
        (
            {"length": "0xfffffffffffffffc"},
            "length: 0xfffffffffffffffc bytes are none, or end beyond 0xffffffffffffffff",
        ),
        ({"rights": '["map"]'}, "offset: 0x8 is not a multiple of 0x1000: a mapping shows whole pages"),
        ({"rights": '["map"]', "offset": "0"}, "length: 0x4 is not a multiple of 0x1000: a mapping shows whole pages"),
        (
            {"rights": '["config"]'},
            "rights: config alone is about configuration space: no bar, offset, length or widths",
        ),
        (
            {"rights": '["shared"]'},
            "rights: shared says how registers are read or mapped, and the rule grants neither",
        ),
        ({"width": "4"}, "width: there is no such key; did you mean widths?"),
        ({"rights": ""}, "rights: is missing"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_number_key_and_reason(keys: dict[str, str], reason: str) -> None:
    text = refusal(NVME + changed(**keys))

    assert text.startswith("p.toml: rule 2 ")
    assert text.endswith(f", {reason}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "p.toml, rule: is missing; a policy is [[rule]] tables, or rule = [] for none"),
        ("rule = 1", "p.toml, rule: expected array, got int; a policy is [[rule]] tables, or rule = [] for none"),
        (
            "rules = []\nrule = []",
            "p.toml, rules: there is no such key; did you mean rule?; a policy is [[rule]] tables",
        ),
        ("[[rule]\n", "p.toml: Expected"),
        ("[[rule]]\nsummary = 'x'\n", "p.toml: rule 1 'x', rights: is missing"),
        ("a = " + "[" * 100_000, "p.toml: nested too deeply"),
    ],
)
def test_a_text_that_is_no_policy_is_refused(text: str, reason: str) -> None:
    assert refusal(text).startswith(reason)


def test_more_rules_than_the_driver_takes_are_counted(policy_file) -> None:
    devices = ", ".join(map(str, range(200)))
    one = changed(vendor="1", device=f"[{devices}]")

    assert refusal(one + "\n" + one).startswith(
        "p.toml: 400 rules; the driver takes 256, and each device of a rule counts"
    )
    assert len(load_policy(policy_file(one)).packed()) == 200


def test_a_file_as_editors_on_windows_leave_it_is_the_same_policy(policy_file) -> None:
    file = policy_file("")
    file.write_bytes(b"\xef\xbb\xbf" + NVME.replace("\n", "\r\n").encode())

    assert load_policy(file) == parse(NVME, "p.toml")


def test_a_file_that_is_no_text_is_refused(policy_file, tmp_path) -> None:
    file = policy_file("#" * (1 << 20) + "\n")
    with pytest.raises(ConfigError, match="longer than 1 MiB: this is no policy file"):
        load_policy(file)
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_policy(file)
    with pytest.raises(ConfigError, match=r"cannot be read: .* \(ENOENT\)"):
        load_policy(tmp_path / "no such file")
    with pytest.raises(ConfigError, match=r"cannot be read: .* \(EISDIR\)"):
        load_policy(tmp_path)
