"""A policy file as rules, or an error that says file, rule, key and reason."""

import difflib
import re
import tomllib
from pathlib import Path

import msgspec

from barwatch_agent.driver.abi import RULES_MAX
from barwatch_agent.errors import ConfigError
from barwatch_agent.policy.conditions import first_fault
from barwatch_agent.policy.entry import Entry, PolicyFile
from barwatch_agent.policy.rule import Policy, Rule
from barwatch_agent.reads import Match
from barwatch_agent.user_file import read_limited

MAX_BYTES = 1 << 20  # of a file; 256 rules with their comments are a tenth of it
UNKNOWN_KEY = re.compile(r"Object contains unknown field `(.*)`")
MISSING_KEY = re.compile(r"Object missing required field `(.*)`")
AT_KEY = re.compile(r" - at `\$\.?([A-Za-z0-9_]*).*`$")
TOO_MANY = (
    f"; the driver takes {RULES_MAX}, and each device of a rule counts: match by class instead of devices, "
    "list fewer devices, or let neighbouring registers share a rule"
)


def load_policy(file: Path) -> Policy:
    """The policy in a file.

    Raises:
        ConfigError: it cannot be read, or a rule is wrong.
    """
    return parse(_read(file), str(file))


def parse(text: str, where: str) -> Policy:
    """The policy that a text says.

    Args:
        text: the file.
        where: its name, for messages.

    Raises:
        ConfigError: ``where: rule 2 "summary", key: reason``.
    """
    rules = tuple(_rule(table, _title(where, index, table)) for index, table in enumerate(_tables(text, where)))
    policy = Policy(rules)
    judge_count(policy, where)
    return policy


def judge_count(policy: Policy, where: str) -> None:
    """Refuse more rules than the driver takes.

    Raises:
        ConfigError: says how many there are, and what to do.
    """
    count = len(policy.packed())
    if count > RULES_MAX:
        msg = f"{where}: {count} rules{TOO_MANY}"
        raise ConfigError(msg)


def _read(file: Path) -> str:
    content = read_limited(file, MAX_BYTES, f"longer than {MAX_BYTES >> 20} MiB: this is no policy file")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")  # editors on Windows may begin a file with a mark
    except UnicodeDecodeError as exc:
        msg = f"{file}: not UTF-8"
        raise ConfigError(msg) from exc


def _tables(text: str, where: str) -> list[dict[str, object]]:
    try:
        return msgspec.convert(tomllib.loads(text), PolicyFile).rule
    except tomllib.TOMLDecodeError as exc:
        msg = f"{where}: {exc}"
    except RecursionError:
        msg = f"{where}: nested too deeply"
    except msgspec.ValidationError as exc:
        msg = f"{where}{_fault_of_types(str(exc), PolicyFile)}; a policy is [[rule]] tables, or rule = [] for none"
    raise ConfigError(msg)


def _rule(table: dict[str, object], title: str) -> Rule:
    try:
        entry = msgspec.convert(table, Entry)
    except msgspec.ValidationError as exc:
        msg = f"{title}{_fault_of_types(str(exc), Entry)}"
        raise ConfigError(msg) from exc
    fault = first_fault(entry)
    if fault is not None:
        msg = f"{title}, {fault[0]}: {fault[1]}"
        raise ConfigError(msg)
    return _as_rule(entry)


def _title(where: str, index: int, table: dict[str, object]) -> str:
    summary = table.get("summary")
    return f"{where}: rule {index + 1}" + (f" {summary[:60]!r}" if isinstance(summary, str) else "")


def _fault_of_types(text: str, kind: type) -> str:
    """What msgspec says, in the form of our own reasons."""
    if unknown := UNKNOWN_KEY.match(text):
        known = [field.encode_name for field in msgspec.structs.fields(kind)]
        near = difflib.get_close_matches(unknown[1], known, n=1)
        return f", {unknown[1][:80]}: there is no such key; " + (
            f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        )
    if missing := MISSING_KEY.match(text):
        return f", {missing[1]}: is missing"
    at = AT_KEY.search(text)
    reason = AT_KEY.sub("", text).replace("`", "")
    return f"{f', {at[1]}' if at and at[1] else ''}: {reason[:1].lower() + reason[1:]}"


def _as_rule(entry: Entry) -> Rule:
    return Rule(
        summary=entry.summary,
        match=_match(entry),
        rights=entry.right,
        bar=entry.bar or 0,
        offset=entry.offset or 0,
        length=entry.length or 0,
        widths=tuple(sorted(entry.widths or ())),
    )


def _match(entry: Entry) -> Match:
    subsystem = None if entry.subsystem is None else tuple(int(part, 16) for part in entry.subsystem.split(":"))
    digits = "" if entry.class_ is None else entry.class_.replace(":", "")
    return Match(
        vendor=entry.vendor,
        devices=tuple(entry.devices),
        subsystem=None if subsystem is None else (subsystem[0], subsystem[1]),
        class_code=int(digits.ljust(6, "0"), 16) if digits else None,
        class_mask=int("f" * len(digits) + "0" * (6 - len(digits)), 16) if digits else 0xFFFFFF,
    )
