"""A made policy as the text of a policy file: what it is for, and why where that does not follow from the plan."""

import textwrap
from collections.abc import Iterator, Sequence

from barwatch_agent.policy.making import Made, Wanted
from barwatch_agent.policy.rule import Rule
from barwatch_agent.reads import Match, Register
from barwatch_proto.drawing import printable
from barwatch_proto.version import __version__

LINE = 120
IDS_PER_LINE = 12
HOW_TO_GO_ON = "Read it, change it, then: barwatch-agent policy check FILE; barwatch-agent policy load FILE"
LOCATED_HERE = "located on a function with these ids of the host where this was made"


def as_text(made: Made, origin: str) -> str:
    """The file: a header that says what it was made from, and a table for each rule."""
    head = [*_comment(origin), *_comment(HOW_TO_GO_ON)]
    tables = (_table(rule, registers) for rule, registers in zip(made.policy.rules, made.registers, strict=True))
    body = "\n\n".join("\n".join(table) for table in tables) or "rule = []"
    return "\n".join(head) + f"\n\n{body}\n"


def origin(files: Sequence[str], wanted: Wanted) -> str:
    """What a policy was made from, for its header. Not when or where: the same plan makes the same file."""
    options = [f"--plan {file}" for file in files]
    options += ["--map"] * wanted.is_mapped + ["--shared"] * wanted.is_shared
    command = " ".join(["barwatch-agent policy make", *options])
    return f"Made by barwatch-agent {__version__} from its built-in registers: {command}"


def _table(rule: Rule, registers: Sequence[Register]) -> Iterator[str]:
    for register in registers:
        yield from _comment(f"{register.name}: {register.summary}")
        if register.relative_to is not None:
            yield from _comment(f"{register.relative_to}: {LOCATED_HERE}")
    yield "[[rule]]"
    yield f'summary = "{rule.summary}"'
    yield from _match(rule.match)
    yield f"bar = {rule.bar}"
    yield f"offset = {rule.offset:#x}"
    yield f"length = {rule.length:#x}"
    yield f"widths = [{', '.join(map(str, rule.widths))}]"
    rights = [f'"{right}"' for right in rule.right_words()]
    yield f"rights = [{', '.join(rights)}]"


def _match(match: Match) -> Iterator[str]:
    if match.vendor is not None:
        yield f"vendor = {match.vendor:#06x}"
    if match.devices:
        yield from _devices([f"{device:#06x}" for device in match.devices])
    if match.subsystem is not None:
        yield f'subsystem = "{match.subsystem[0]:04x}:{match.subsystem[1]:04x}"'
    if match.class_code is not None:
        yield f'class = "{class_text(match.class_code, match.class_mask)}"'


def class_text(code: int, mask: int) -> str:
    """``01:08`` for class 0x010800 under mask 0xffff00."""
    digits = f"{code:06x}"[: f"{mask:06x}".count("f")]
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def _devices(ids: Sequence[str]) -> Iterator[str]:
    if len(ids) <= IDS_PER_LINE:
        yield f"device = {ids[0]}" if len(ids) == 1 else f"device = [{', '.join(ids)}]"
        return
    yield "device = ["
    for at in range(0, len(ids), IDS_PER_LINE):
        yield f"    {', '.join(ids[at : at + IDS_PER_LINE])},"
    yield "]"


def _comment(text: str) -> list[str]:
    words = printable(" ".join(text.split()))
    return textwrap.wrap(words, LINE, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
