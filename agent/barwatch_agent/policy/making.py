"""From the plan and the functions of this host to a policy: each register, and nothing around it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from barwatch_agent.driver.abi import RULE_PAGE, Right
from barwatch_agent.plan import Plan, targets
from barwatch_agent.plan.locate import ConfigOf
from barwatch_agent.policy.rule import Policy, Rule
from barwatch_agent.reads import Match, Register, Target
from barwatch_proto.topology import Topology
from barwatch_proto.words import Access

MAX_NAMES = 5  # in a summary; the comment above the rule has all of them


@dataclass(frozen=True, slots=True)
class Wanted:
    """What besides reading is granted."""

    is_mapped: bool = False  # the pages around the registers, too
    is_shared: bool = False  # also while a driver is bound


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A register that no rule was made for."""

    register: str
    reason: str


@dataclass(frozen=True, slots=True)
class Made:
    """A policy, and what it came from."""

    policy: Policy
    registers: tuple[tuple[Register, ...], ...]  # for each rule those that it is for, in the order of the plan
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a register is, on every function that matches."""

    register: Register
    match: Match
    bar: int
    offset: int


@dataclass(frozen=True, slots=True)
class _Grant:
    """Bytes that one register needs."""

    rule: Rule
    register: Register

    @property
    def kind(self) -> tuple[object, ...]:
        """Grants of one kind may share a rule. Not those of different widths: each would be granted to the other."""
        widths = () if Right.MAP in self.rule.rights else self.rule.widths
        return self.rule.match, self.rule.bar, self.rule.rights, widths


def make_policy(plan: Plan, topology: Topology, config_of: ConfigOf, wanted: Wanted) -> Made:
    """The rules that the registers of the plan in BARs need, in the order of the plan.

    Args:
        plan: what is to be read.
        topology: the functions of this host, on which registers relative to a structure are located.
        config_of: a function's configuration space; may raise OSError.
        wanted: what besides reading is granted.
    """
    left_out: list[LeftOut] = []
    grants: dict[tuple[object, ...], list[_Grant]] = {}
    located = targets(Plan(tuple(each for each in plan.registers if each.relative_to)), topology, config_of)
    for register in plan.registers:
        if set(register.accesses).isdisjoint({Access.KERNEL, Access.USER}):
            continue
        if Access.KERNEL not in register.accesses and not wanted.is_mapped:
            left_out.append(LeftOut(register.name, "it is mapped only, and no right to map is given without --map"))
            continue
        for place in _places(register, located, left_out):
            for grant in _grants(place, wanted):
                grants.setdefault(grant.kind, []).append(grant)
    merged = [each for alike in grants.values() for each in _merged(alike)]
    return Made(Policy(tuple(rule for rule, _ in merged)), tuple(registers for _, registers in merged), tuple(left_out))


def _places(register: Register, located: Iterable[Target], left_out: list[LeftOut]) -> Iterator[_Place]:
    if register.bar is not None:
        yield _Place(register, register.match, register.bar, register.offset)
        return
    here = [target for target in located if target.register is register]
    if not here:
        left_out.append(
            LeftOut(register.name, f"relative to {register.relative_to}, and no function of this host matches")
        )
    left_out += (LeftOut(register.name, f"{each.function.address}: {each.problem}") for each in here if each.problem)
    found: dict[Match, list[Target]] = {}
    for target in here:
        if target.problem is None:
            found.setdefault(_match_of(target), []).append(target)
    for match, alike in found.items():
        problem = _disagreement(alike)
        if problem is not None:
            left_out.append(LeftOut(register.name, problem))
        elif alike[0].bar is not None:
            yield _Place(register, match, alike[0].bar, alike[0].offset)


def _match_of(target: Target) -> Match:
    """Functions of the same ids as this one, and of the class that the register asks for."""
    function = target.function
    vendor, device = function.subsystem_vendor, function.subsystem_device
    subsystem = None if vendor is None or device is None else (vendor, device)
    return replace(target.register.match, vendor=function.vendor, devices=(function.device,), subsystem=subsystem)


def _disagreement(alike: Sequence[Target]) -> str | None:
    """Why one rule cannot be right for functions that a rule cannot tell apart."""
    first = alike[0]
    for target in alike:
        if (target.bar, target.offset) != (first.bar, first.offset):
            return (
                f"{first.function.address} and {target.function.address} have the same ids and it elsewhere: "
                f"BAR {first.bar} + {first.offset:#x}, BAR {target.bar} + {target.offset:#x}"
            )
    if first.offset % first.width:
        return f"{first.function.address}: at {first.offset:#x}, which is not a multiple of its width, {first.width}"
    return None


def _grants(place: _Place, wanted: Wanted) -> Iterator[_Grant]:
    """The register's bytes to read; with the right to map, the page around it.

    Each with the right to configuration space: evidence about a failed read is taken there.
    """
    register, width = place.register, place.register.width
    more = Right.CONFIG | (Right.SHARED if wanted.is_shared else Right(0))
    if Access.KERNEL in register.accesses:
        rule = Rule(register.name, place.match, Right.READ | more, place.bar, place.offset, width, (width,))
        yield _Grant(rule, register)
    if Access.USER in register.accesses and wanted.is_mapped:
        page = place.offset - place.offset % RULE_PAGE  # a register is aligned, so it never crosses into the next one
        rule = Rule(register.name, place.match, Right.MAP | more, place.bar, page, RULE_PAGE, (width,))
        yield _Grant(rule, register)


def _merged(alike: Iterable[_Grant]) -> Iterator[tuple[Rule, tuple[Register, ...]]]:
    """Neighbours as one rule, which grants no access that none of them grants.

    What is read starts at multiples of the one width and what is mapped at multiples of a page, so no access can lie
    across the seam.
    """
    run: list[_Grant] = []
    for grant in sorted(alike, key=lambda each: each.rule.offset):
        if run and grant.rule.offset > _end(run):
            yield _as_one(run)
            run = []
        run.append(grant)
    if run:
        yield _as_one(run)


def _end(run: Sequence[_Grant]) -> int:
    return max(each.rule.offset + each.rule.length for each in run)


def _as_one(run: Sequence[_Grant]) -> tuple[Rule, tuple[Register, ...]]:
    first = run[0].rule
    registers = tuple(dict.fromkeys(each.register for each in run))
    widths = tuple(sorted({width for each in run for width in each.rule.widths}))
    names = [register.name for register in registers]
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    summary = ", ".join(names[:MAX_NAMES]) + more
    return replace(first, summary=summary, length=_end(run) - first.offset, widths=widths), registers
