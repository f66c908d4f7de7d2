"""Policies in words for people, and as JSON for programs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from barwatch_agent.driver.abi import RULES_MAX, PolicyState
from barwatch_agent.driver.at_start import Kept
from barwatch_agent.driver.device import Info
from barwatch_agent.policy.coverage import Covered, matching, refused_to
from barwatch_agent.policy.in_force import is_in_force
from barwatch_agent.policy.making import Made, Wanted
from barwatch_agent.policy.rule import Policy, Rule, counted, digest_of
from barwatch_agent.policy.text import class_text
from barwatch_agent.reads import Match
from barwatch_proto.class_words import class_in_words
from barwatch_proto.drawing import printable
from barwatch_proto.topology import Function, Topology
from barwatch_proto.words import Access

ASKS_FOR = {Access.KERNEL: "read", Access.USER: "map"}
MAX_FUNCTIONS = 8  # named in one line
ALL_CLASS_BITS = 0xFFFFFF  # what a rule leaves open is filled with ones, which are no subclass that has a name
MAX_DEVICES = 4  # named in one cell


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a valid policy."""

    policy: Policy
    driver: Info | str  # why nobody knows whether it is in force
    covered: Sequence[Covered] | None  # None: no PCI here
    at_start: Kept | str | None  # why there is none for the driver's next start; None: not kept on this system


def show_checked(checked: Checked, console: Console) -> None:
    """Rules, coverage, and the answers in a few lines."""
    console.print(rules_table(checked.policy), "")
    if checked.covered:
        console.print(coverage_table(checked.covered), "")
    for line in summary_lines(checked):
        console.print(printable(line), soft_wrap=True)


def rules_table(policy: Policy) -> Table:
    """One row for each rule, in words."""
    table = _table("Rules")
    for column in ("", "for", "functions", "registers", "rights"):
        table.add_column(column, overflow="fold")
    for number, rule in enumerate(policy.rules, start=1):
        where = "configuration space alone"
        if rule.widths:
            widths = ", ".join(map(str, rule.widths))
            where = f"BAR {rule.bar}, {rule.offset:#x} to {rule.offset + rule.length - 1:#x}, by {widths}"
        summary = Text(printable(rule.summary))
        table.add_row(str(number), summary, functions_in_words(rule.match), where, ", ".join(rule.right_words()))
    return table


def coverage_table(covered: Iterable[Covered]) -> Table:
    """One row for each register of each function: what the driver would grant, or why not."""
    table = _table("On this host")
    for column in ("register", "function", "read", "map"):
        table.add_column(column, overflow="fold")
    rows: dict[tuple[str, str], dict[Access, Text]] = {}
    for each in covered:
        cell = Text("granted", "green") if each.reason is None else Text(printable(each.reason), "yellow")
        rows.setdefault(_place(each), {})[each.access] = cell
    for (register, address), cells in rows.items():
        table.add_row(register, address, *(cells.get(access, Text("not asked", "dim")) for access in ASKS_FOR))
    return table


def summary_lines(checked: Checked) -> Iterator[str]:
    """The answers in a few lines: size and digest, coverage, and whether it is in force."""
    policy = checked.policy
    yield f"{counts(policy)}; digest {policy.digest:016x}"
    if checked.covered is None:
        yield "This machine has no PCI functions: nothing is said about registers."
    else:
        granted = sum(each.reason is None for each in checked.covered)
        yield f"It grants {granted} of the {len(checked.covered)} accesses that the plan asks for on this host."
    if isinstance(checked.driver, str):
        yield f"Whether it is in force is not known: {checked.driver}"
    elif is_in_force(policy.packed(), checked.driver):
        yield f"It is in force, {checked.driver.policy.name.lower()}."
    else:
        yield f"It is not in force: {state_in_words(checked.driver)}."
    if checked.at_start is not None:
        yield kept_in_words(checked.at_start, checked.driver)


def state_in_words(info: Info) -> str:
    """What the driver has."""
    if info.policy is PolicyState.NONE:
        return "the driver has no policy, and reads nothing"
    return f"the driver has a policy of {counted(info.rules)}, digest {info.digest:016x}, {info.policy.name.lower()}"


def shown_lines(info: Info | str, kept: Kept | str | None) -> Iterator[str]:
    """What the driver has in force and at its next start; of a driver that says nothing only the latter."""
    if isinstance(info, Info):
        yield f"driver {info.version}: {state_in_words(info)}"
    if kept is not None:
        yield kept_in_words(kept, info)
    if isinstance(info, Info):
        yield "It does not list its rules: barwatch-agent policy check FILE says whether they are those of a file."


def loaded_lines(info: Info | str, kept: Kept | str | None) -> Iterator[str]:
    """What became of a policy that was loaded."""
    yield f"not in force yet: {info}" if isinstance(info, str) else state_in_words(info)
    if kept is not None:
        yield kept_in_words(kept, info)


def kept_in_words(kept: Kept | str, driver: Info | str) -> str:
    """What the driver has at its next start."""
    if isinstance(kept, str):
        return f"at its next start: {kept}"
    lock = "locked" if kept.is_locked else "not locked"
    text = f"at its next start: a policy of {counted(len(kept.rules))}, digest {digest_of(kept.rules):016x}, {lock}"
    if isinstance(driver, str):
        return text
    return f"{text}; {'the one' if is_in_force(kept.rules, driver) else 'not the one'} that is in force"


def counts(policy: Policy) -> str:
    """How many rules, and how many of the driver's."""
    tables, packed = len(policy.rules), len(policy.packed())
    return (
        counted(tables)
        if tables == packed
        else f"{counted(tables)}, {packed} of the driver's {RULES_MAX} with one device each"
    )


def told_of_making(made: Made, topology: Topology, wanted: Wanted) -> Iterator[str]:
    """What a made policy grants, for the administrator who is about to load it."""
    functions = matching(made.policy, topology)
    owned = list(refused_to(made.policy, functions))
    yield f"{counts(made.policy)}; {len(functions)} of {len(topology.functions)} functions of this host match"
    if owned:
        yield f"not read while a driver is bound: {_functions(owned)}"
        yield "  --shared is your word that reading these registers does not disturb that driver"
    if wanted.is_shared:
        bound = [each for each in functions if each.driver]
        yield f"read although a driver is bound, on your word that it does not disturb it: {_functions(bound)}"
    if wanted.is_mapped:
        yield "mapped: whoever may open the driver's device can load anything in those pages, not just these registers"
    else:
        yield "not mapped: through the driver the user access is denied; --map grants the page around each register"
    for each in made.left_out:
        yield f"left out: {each.register}: {printable(each.reason)}"


def check_as_json(checked: Checked) -> dict[str, Any]:
    """A valid policy, for programs."""
    policy, driver = checked.policy, checked.driver
    covered = None if checked.covered is None else [_covered_as_json(each) for each in checked.covered]
    return {
        "format": 1,
        "digest": f"{policy.digest:016x}",
        "driver_rules": len(policy.packed()),
        "rules": [_rule_as_json(rule) for rule in policy.rules],
        "coverage": covered,
        "is_in_force": None if isinstance(driver, str) else is_in_force(policy.packed(), driver),
        "driver": info_as_json(driver),
        "at_start": kept_as_json(checked.at_start, driver),
    }


def shown_as_json(info: Info | str, kept: Kept | str | None) -> dict[str, Any]:
    """What the driver has in force and at its next start, for programs."""
    return {"format": 1, **info_as_json(info), "at_start": kept_as_json(kept, info)}


def kept_as_json(kept: Kept | str | None, driver: Info | str) -> dict[str, Any] | None:
    """What the driver has at its next start, for programs; None where no system keeps it."""
    if not isinstance(kept, Kept):
        return None if kept is None else {"reason": kept}
    return {
        "rules": len(kept.rules),
        "digest": f"{digest_of(kept.rules):016x}",
        "is_locked": kept.is_locked,
        "is_in_force": None if isinstance(driver, str) else is_in_force(kept.rules, driver),
    }


def info_as_json(info: Info | str) -> dict[str, Any]:
    """What the driver has in force, or why nobody knows, for programs."""
    if isinstance(info, str):
        return {"reason": info}
    has_policy = info.policy is not PolicyState.NONE
    return {
        "version": info.version,
        "policy": info.policy.name.lower(),
        "rules": info.rules if has_policy else None,
        "digest": f"{info.digest:016x}" if has_policy else None,
    }


def functions_in_words(match: Match) -> str:
    """Which functions a rule matches."""
    parts = []
    if match.vendor is not None:
        devices = [f"{device:04x}" for device in match.devices[:MAX_DEVICES]] or ["*"]
        more = f" and {len(match.devices) - MAX_DEVICES} more" if len(match.devices) > MAX_DEVICES else ""
        parts.append(f"{match.vendor:04x}:{', '.join(devices)}{more}")
    if match.subsystem is not None:
        parts.append(f"subsystem {match.subsystem[0]:04x}:{match.subsystem[1]:04x}")
    if match.class_code is not None:
        text = class_text(match.class_code, match.class_mask)
        parts.append(f"class {text} ({class_in_words(match.class_code | ALL_CLASS_BITS & ~match.class_mask)})")
    return ", ".join(parts)


def _functions(functions: Sequence[Function]) -> str:
    named = ", ".join(f"{each.address} ({each.driver})" for each in functions[:MAX_FUNCTIONS]) or "none here"
    return named + (f" and {len(functions) - MAX_FUNCTIONS} more" if len(functions) > MAX_FUNCTIONS else "")


def _rule_as_json(rule: Rule) -> Mapping[str, Any]:
    match = rule.match
    has_class = match.class_code is not None
    is_about_a_bar = bool(rule.widths)
    return {
        "summary": rule.summary,
        "vendor": match.vendor,
        "devices": list(match.devices),
        "subsystem": None if match.subsystem is None else f"{match.subsystem[0]:04x}:{match.subsystem[1]:04x}",
        "class": class_text(match.class_code or 0, match.class_mask) if has_class else None,
        "bar": rule.bar if is_about_a_bar else None,
        "offset": rule.offset if is_about_a_bar else None,
        "length": rule.length if is_about_a_bar else None,
        "widths": list(rule.widths),
        "rights": rule.right_words(),
    }


def _covered_as_json(each: Covered) -> Mapping[str, Any]:
    register, address = _place(each)
    return {
        "register": register,
        "function": address,
        "access": each.access.value,
        "right": ASKS_FOR[each.access],
        "is_granted": each.reason is None,
        "reason": each.reason,
    }


def _place(each: Covered) -> tuple[str, str]:
    return each.target.register.name, str(each.target.function.address)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, pad_edge=False)
