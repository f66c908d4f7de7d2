"""What a policy comes to on this host: which registers of the plan the driver would read, and which it would not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from barwatch_agent.driver.abi import RULE_PAGE, Right
from barwatch_agent.policy.rule import Policy, Rule
from barwatch_agent.reads import Target
from barwatch_proto.topology import Function, Topology
from barwatch_proto.words import Access


@dataclass(frozen=True, slots=True)
class Covered:
    """One register of one function by one access."""

    target: Target
    access: Access  # KERNEL is the right to read, USER the right to map
    reason: str | None  # why not; None: the policy grants it


def coverage(policy: Policy, targets: Iterable[Target]) -> tuple[Covered, ...]:
    """Each register in a BAR that could be located, by each access that the plan asks for."""
    return tuple(
        Covered(target, access, _refusal(policy, target, target.bar, access))
        for target in targets
        if target.bar is not None and target.problem is None
        for access in (Access.KERNEL, Access.USER)
        if access in target.register.accesses
    )


def matching(policy: Policy, topology: Topology) -> tuple[Function, ...]:
    """The functions of this host that a rule matches."""
    return tuple(each for each in topology.functions if any(rule.match.matches(each) for rule in policy.rules))


def refused_to(policy: Policy, functions: Iterable[Function]) -> Iterator[Function]:
    """Those functions that have a driver and no rule with the right to share."""
    for function in functions:
        rules = _rules_for(policy, function)
        if function.driver and not any(Right.SHARED in rule.rights for rule in rules):
            yield function


def _refusal(policy: Policy, target: Target, bar: int, access: Access) -> str | None:
    """Why the driver would refuse one access.

    Source: driver/common/bw_policy.h, bw_judge_access; driver/linux/barwatch_map.c, bw_map_judge.
    """
    rules = _rules_for(policy, target.function)
    if not rules:
        return "no rule matches the function"
    if access is Access.KERNEL:
        granting = [rule for rule in rules if rule.grants(Right.READ, bar, target.offset, target.width)]
    else:
        page = target.offset - target.offset % RULE_PAGE
        granting = [rule for rule in rules if rule.grants(Right.MAP, bar, page, RULE_PAGE)]
    if not granting:
        return "no rule has these bytes and this width" if access is Access.KERNEL else "no rule may map its page"
    if target.function.driver and not any(Right.SHARED in rule.rights for rule in granting):
        return f"{target.function.driver} is bound, and no rule shares"
    return _page_problem(target, bar) if access is Access.USER else None


def _rules_for(policy: Policy, function: Function) -> Sequence[Rule]:
    return [rule for rule in policy.rules if rule.match.matches(function)]


def _page_problem(target: Target, bar: int) -> str | None:
    found = next((each for each in target.function.bars if each.index == bar), None)
    end = target.offset - target.offset % RULE_PAGE + RULE_PAGE
    if found is None or found.length_bytes >= end:
        return None
    return f"BAR {bar} ends in the middle of the page, which shows more than the BAR"
