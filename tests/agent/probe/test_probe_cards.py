"""Verdicts of one look: who gets a second look, and which verdicts are one card."""

from barwatch_agent.clock import SystemClock
from barwatch_agent.inventory import Inventory
from barwatch_agent.probe import Eyes
from barwatch_agent.probe.judging import group, judge
from barwatch_agent.reads import Read, Reply
from barwatch_agent.second_look import SecondLook
from barwatch_agent.topology import Scan
from barwatch_proto.snapshot import HostFacts
from barwatch_proto.topology import Topology
from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Access, Outcome

ONES = 0xFFFFFFFF


class FixedScanner:
    """A topology that stays as it is."""

    def __init__(self, *functions):
        self._functions = functions

    def scan(self):
        return Scan(Topology(self._functions), ())


def look(targets, readers, witness):
    inventory = Inventory(
        FixedScanner(*{target.function.key: target.function for target in targets}.values()),
        settings=lambda: (),
        ways_in=lambda: (),
        facts=lambda: HostFacts("h", "linux"),
        now_ns=lambda: 1,
    )
    clock = SystemClock()
    return Eyes(inventory, readers, lambda _: targets, clock, SecondLook(witness, clock)).look()


def test_a_machine_on_which_all_is_well_gets_no_second_look(make_target, reader, witness):
    found = look([make_target()], [reader(Access.KERNEL, {"gpu.boot": 1})], witness)

    assert (found.judged, dict(found.evidence), witness.routes) == ((), {}, [])


def test_what_is_refused_or_unreachable_gets_a_verdict_without_a_second_look(make_target, reader, witness):
    answers = {"a": Reply(outcome=Outcome.DENIED, reason="EPERM"), "b": Reply(outcome=Outcome.UNREACHABLE, reason="x")}
    found = look([make_target("a"), make_target("b")], [reader(Access.USER, answers)], witness)

    assert [each.verdict.failure for each in found.judged] == [FailureClass.DENIED, FailureClass.UNKNOWN]
    assert witness.routes == []
    assert not found.failures()


def test_one_second_look_serves_all_registers_of_a_function_that_fails(make_target, reader, witness):
    kernel, user = reader(Access.KERNEL, {"a": 1, "b": 2}), reader(Access.USER, {"a": ONES, "b": ONES})
    found = look([make_target("a"), make_target("b")], [user, kernel], witness)

    assert list(found.evidence) == ["f1"]
    assert len(witness.routes) == 2  # before the repetitions and after them
    assert user.asked == ["a", "b"] * 3
    assert {(each.read.access, each.read.outcome) for each in found.judged} == {(Access.USER, Outcome.ALL_ONES)}


def test_registers_that_fail_alike_are_one_card_that_names_none_of_them(make_target):
    targets = [make_target(name, is_canary=True) for name in ("gpu.first", "gpu.second")]
    reads = [Read(target, Access.USER, 1, Outcome.ALL_ONES, ONES) for target in targets]
    (card,) = group(judge(reads, {}))

    assert len(card.reads) == 2
    assert "gpu.first" not in " ".join(card.reasons)


def test_a_card_about_one_register_keeps_the_words_of_its_verdict(make_target):
    judged = judge([Read(make_target("a"), Access.KERNEL, 1, Outcome.DENIED, None, "EPERM")], {})
    (card,) = group(judged)

    assert card.reasons == judged[0].verdict.reasons


def test_what_fails_comes_before_what_was_refused(make_target):
    denied = Read(make_target("a", key="f1"), Access.USER, 1, Outcome.DENIED, None, "EPERM")
    failed = Read(make_target("b", key="f2"), Access.USER, 1, Outcome.FAULT, None, "SIGBUS")

    assert [card.is_failure for card in group(judge([denied, failed], {}))] == [True, False]


def test_a_register_that_may_hold_all_ones_is_no_failure(make_target, reader, witness):
    """A canary of the same function answers the same access, and nothing forbids all ones in the register."""
    targets = [make_target("plain"), make_target("canary", offset=4, is_canary=True)]
    kernel = reader(Access.KERNEL, {"plain": ONES, "canary": 0x1234})
    found = look(targets, [kernel], witness)

    assert [card.verdict.failure for card in found.cards()] == [FailureClass.LEGITIMATE_ONES]
    assert not found.failures()
