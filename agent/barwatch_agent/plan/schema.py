"""The text of a plan file as registers, or an error that says file, line and reason."""

import difflib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from barwatch_agent.errors import ConfigError
from barwatch_agent.plan.entry import Entry, PlanFile
from barwatch_agent.plan.lines import Lines
from barwatch_agent.plan.rules import first_fault, seconds
from barwatch_agent.reads import Match, Register
from barwatch_proto.words import Access

MAX_REGISTERS = 4096  # of one file, and of a whole plan
TOML_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
AT_KEY = re.compile(r" - at `(?:key in )?\$\.?([A-Za-z0-9_]*)[^`]*`$")
UNKNOWN_KEY = re.compile(r"Object contains unknown field `(.*)`")
MISSING_KEY = re.compile(r"Object missing required field `(.*)`")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one table: with which key, and why."""

    key: str | None  # None: with the table itself
    reason: str


def parse(text: str, where: str) -> tuple[Register, ...]:
    """The registers that a plan file holds, in its order.

    Args:
        text: the file.
        where: its name, for messages.

    Raises:
        ConfigError: ``where:line: what: reason``.
    """
    lines = Lines(text)
    tables = _tables(_toml(text, where), where, lines)
    registers: list[Register] = []
    names: dict[str, int] = {}
    for index, table in enumerate(tables):
        entry = _entry(table)
        if not isinstance(entry, Problem) and entry.name in names:
            entry = Problem("name", f"is the name of the register in line {lines.of(names[entry.name], 'name')} too")
        if isinstance(entry, Problem):
            raise _error(where, lines.of(index, entry.key), f"{_title(table, index)}{_colon(entry)}")
        names[entry.name] = index
        registers.append(_register(entry))
    return tuple(registers)


def _toml(text: str, where: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        found = TOML_LINE.search(str(exc))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        raise _error(where, line, TOML_LINE.sub("", str(exc))) from exc
    except RecursionError as exc:
        raise _error(where, 1, "nested too deeply") from exc


def _tables(document: dict[str, object], where: str, lines: Lines) -> Sequence[dict[str, object]]:
    content = _convert(document, PlanFile)
    if isinstance(content, Problem):
        raise _error(where, lines.of_top(content.key or ""), f"{content.key or 'file'}: {content.reason}")
    if len(content.register) > MAX_REGISTERS:
        raise _error(where, lines.of(MAX_REGISTERS), f"more than {MAX_REGISTERS} registers")
    return content.register


def _entry(table: dict[str, object]) -> Entry | Problem:
    entry = _convert(table, Entry)
    if isinstance(entry, Problem):
        return entry
    fault = first_fault(entry)
    return entry if fault is None else Problem(*fault)


def _convert(table: dict[str, object], kind: type[T]) -> T | Problem:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as exc:
        text = str(exc)
    if unknown := UNKNOWN_KEY.match(text):
        return Problem(unknown[1], f"there is no such key{_suggestion(unknown[1], kind)}")
    if missing := MISSING_KEY.match(text):
        return Problem(missing[1], "is missing")
    at = AT_KEY.search(text)
    reason = AT_KEY.sub("", text)
    return Problem(at[1] if at else None, reason[:1].lower() + reason[1:].replace("`", ""))


def _suggestion(key: str, kind: type) -> str:
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    near = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


def _title(table: dict[str, object], index: int) -> str:
    name = table.get("name")
    return f"register {name[:80]!r}" if isinstance(name, str) else f"register number {index + 1}"


def _colon(problem: Problem) -> str:
    return f": {problem.reason}" if problem.key is None else f", {problem.key}: {problem.reason}"


def _error(where: str, line: int, what: str) -> ConfigError:
    return ConfigError(f"{where}:{line}: {what}")


def _register(entry: Entry) -> Register:
    return Register(
        name=entry.name,
        summary=entry.summary,
        source=entry.source,
        match=_match(entry),
        bar=entry.bar,
        offset=entry.offset,
        width=entry.width,
        accesses=entry.access or ((Access.CONFIG,) if entry.config else (Access.KERNEL, Access.USER)),
        relative_to=entry.relative_to,
        expect=entry.expect,
        expects_ids=entry.expect_ids,
        mask=entry.mask,
        is_canary=entry.canary,
        record=entry.record,
        every_s=seconds(entry.every) or 1.0,
    )


def _match(entry: Entry) -> Match:
    class_code, class_mask = _class(entry.class_)
    return Match(
        vendor=entry.vendor,
        devices=tuple(entry.devices),
        subsystem=_subsystem(entry.subsystem),
        class_code=class_code,
        class_mask=class_mask,
    )


def _subsystem(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    vendor, device = text.split(":")
    return int(vendor, 16), int(device, 16)


def _class(text: str | None) -> tuple[int | None, int]:
    """Class code and mask: ``01:08`` is class 0x010800 under mask 0xffff00."""
    if text is None:
        return None, 0xFFFFFF
    digits = text.replace(":", "")
    return int(digits.ljust(6, "0"), 16), int("".ljust(len(digits), "f").ljust(6, "0"), 16)
