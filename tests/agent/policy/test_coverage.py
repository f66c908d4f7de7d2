"""What a policy comes to on a host, beyond what the driver's checker decides."""

from barwatch_agent.driver.abi import Right
from barwatch_agent.policy.coverage import coverage, refused_to
from barwatch_agent.policy.report import functions_in_words
from barwatch_agent.policy.rule import Policy, Rule
from barwatch_agent.reads import Match, Register, Target
from barwatch_proto.pci import Address, BarKind
from barwatch_proto.topology import Bar, Function
from barwatch_proto.words import Access

NVIDIA = Match(vendor=0x10DE)
BOTH = (Access.KERNEL, Access.USER)


def function(bar_bytes: int = 0x1000, driver: str | None = None) -> Function:
    bar = Bar(0, BarKind.MEMORY_32, is_prefetchable=False, length_bytes=bar_bytes, start=0xF0000000)
    return Function(Address(0, 1, 0, 0), None, "gpu", 0x10DE, 0x1B80, 0x030000, bars=(bar,), driver=driver)


def target(on: Function, problem: str | None = None, accesses: tuple[Access, ...] = BOTH) -> Target:
    register = Register("r", "", "", NVIDIA, 0, 0, 4, accesses)
    return Target(register, on, 0, 0, None, problem)


def rule(rights: Right, match: Match = NVIDIA, bar: int = 0) -> Rule:
    return Rule("x", match, rights, bar, 0, 0x1000, (4,))


def reasons(policy: Policy, *targets: Target) -> list[str | None]:
    return [each.reason for each in coverage(policy, targets)]


def test_a_page_that_holds_more_than_its_bar_is_not_mapped() -> None:
    """driver/linux/barwatch_map.c, bw_map_judge: what else is in that page belongs to somebody else."""
    policy = Policy((rule(Right.READ | Right.MAP),))

    assert reasons(policy, target(function(0x1000))) == [None, None]
    assert reasons(policy, target(function(0x800))) == [
        None,
        "BAR 0 ends in the middle of the page, which shows more than the BAR",
    ]


def test_each_refusal_has_its_reason() -> None:
    owned = target(function(driver="nvidia"))

    assert reasons(Policy(()), owned) == ["no rule matches the function"] * 2
    assert reasons(Policy((rule(Right.READ, bar=1),)), owned) == [
        "no rule has these bytes and this width",
        "no rule may map its page",
    ]
    assert reasons(Policy((rule(Right.READ | Right.MAP),)), owned) == ["nvidia is bound, and no rule shares"] * 2
    assert reasons(Policy((rule(Right.READ | Right.SHARED), rule(Right.MAP))), owned) == [
        None,
        "nvidia is bound, and no rule shares",
    ]


def test_only_what_the_plan_asks_for_and_can_locate_is_looked_at() -> None:
    policy = Policy((rule(Right.READ | Right.MAP),))

    assert reasons(policy, target(function(), problem="no BAR")) == []
    assert reasons(policy, target(function(), accesses=(Access.USER,))) == [None]


def test_functions_with_a_driver_are_refused_unless_a_rule_shares() -> None:
    owned, free = function(driver="nvidia"), function()

    assert list(refused_to(Policy((rule(Right.READ),)), (owned, free))) == [owned]
    assert list(refused_to(Policy((rule(Right.READ | Right.SHARED),)), (owned, free))) == []


def test_a_class_is_named_as_far_as_it_is_compared() -> None:
    """An open programming interface is not that of VGA, which is 0."""
    named = [
        functions_in_words(Match(class_code=code, class_mask=mask))
        for code, mask in ((0x030000, 0xFF0000), (0x030000, 0xFFFFFF), (0x010800, 0xFFFF00))
    ]

    assert named == [
        "class 03 (display controller)",
        "class 03:00:00 (display controller (VGA))",
        "class 01:08 (non-volatile memory controller)",
    ]


def test_functions_are_named_by_their_ids() -> None:
    assert functions_in_words(Match(vendor=0x8086, devices=(1, 2, 3, 4, 5, 6))) == (
        "8086:0001, 0002, 0003, 0004 and 2 more"
    )
    assert functions_in_words(Match(vendor=0x1AF4, subsystem=(0x1AF4, 2))) == "1af4:*, subsystem 1af4:0002"
