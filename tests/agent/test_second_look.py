"""The second look: what is taken, in which order, and what it is compared with."""

import dataclasses

import pytest

from barwatch_agent.reads import read_of
from barwatch_agent.second_look import MAX_READS, SecondLook, Trouble
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import HostFacts, Setting, Snapshot
from barwatch_proto.telemetry import ConfigSpace, MappedBar, SeenRegister
from barwatch_proto.topology import FunctionState, Topology
from barwatch_proto.words import Access, Outcome, State

ONES = 0xFFFFFFFF
PLACE = Address(0, 1, 0, 0)


@dataclasses.dataclass
class Spaces:
    """A witness whose looks a test writes down, one after the other."""

    looks: list[ConfigSpace]

    def look(self, _route):
        return (self.looks.pop(0),)


@pytest.fixture
def take(clock, reader):
    """``take(answers, targets, looks, **known)``: evidence after a pass in which the targets were read."""

    def make(answers, targets, looks=(), known=None, mapped=lambda _: None):
        user = reader(Access.USER, answers)
        reads = [read_of(t, Access.USER, 5, reply) for t, reply in zip(targets, user.read(targets), strict=True)]
        failed = frozenset(read.target.register.name for read in reads if read.outcome is not Outcome.OK)
        second_look = SecondLook(Spaces(list(looks) or [ConfigSpace(PLACE, b"x")] * 2), clock, mapped)
        if known is not None:
            second_look.know(known)
        return second_look.take(Trouble((targets[0].function,), targets, reads, failed), [user])

    return make


def snapshot(guest: State, *states: FunctionState) -> Snapshot:
    return Snapshot(1, HostFacts("h", "linux"), Topology(), (Setting("virtual_machine", guest, "test"),), states)


def test_reads_of_the_pass_are_kept_in_their_order_and_none_of_those_in_trouble_is_left_out(take, make_target):
    targets = [*(make_target(f"r{n}") for n in range(200)), make_target("bad"), make_target("canary", is_canary=True)]
    answers = {target.register.name: 1 for target in targets} | {"bad": ONES}
    evidence = take(answers, targets)

    assert [read.register for read in evidence.reads] == [f"r{n}" for n in range(MAX_READS - 2)] + ["bad", "canary"]
    assert {read.register for read in evidence.rereads} == {"bad", "canary"}
    assert {register.name for register in evidence.registers} == {read.register for read in evidence.reads}


def test_a_register_says_whether_all_ones_may_be_its_value(take, make_target):
    targets = [
        make_target("any"),
        make_target("canary", is_canary=True),
        make_target("known", expect=0x7666),
        make_target("ones", expect=ONES),
        make_target("masked", expect=0xFF, mask=0xFF),
    ]
    evidence = take({target.register.name: ONES for target in targets}, targets)

    assert {each.name: (each.is_canary, each.is_expected) for each in evidence.registers} == {
        "any": (False, False),
        "canary": (True, False),
        "known": (False, True),
        "ones": (False, False),
        "masked": (False, False),
    }
    assert SeenRegister("any", 0, 0, 4) in evidence.registers


def test_only_what_changed_meanwhile_is_told_a_second_time(take, make_target):
    before, after = ConfigSpace(PLACE, b"\xff" * 4), ConfigSpace(PLACE, b"\x86\x80")

    assert take({"a": ONES}, [make_target("a")], [before, after]).after == (after,)
    assert take({"a": ONES}, [make_target("a")], [before, before]).after == ()


@pytest.mark.parametrize(
    ("errors", "known", "rise"),
    [((7, 3), (4, 1, 2), (3, 0)), ((1, 0), (4, 1, 0), (1, 0)), ((7, None), (4, 1, 0), (3, None))],
)
def test_error_counters_are_compared_with_the_last_look_at_the_machine(take, make_target, errors, known, rise):
    target = make_target("a")
    space = ConfigSpace(PLACE, b"x", correctable_errors=errors[0], uncorrectable_errors=errors[1])
    correctable, nonfatal, fatal = known
    state = FunctionState("f1", 1, aer_correctable=correctable, aer_nonfatal=nonfatal, aer_fatal=fatal)
    (hop,) = take({"a": ONES}, [target], [space, space], snapshot(State.OFF, state)).route

    assert (hop.correctable_rise, hop.uncorrectable_rise) == rise


def test_without_an_earlier_look_nothing_is_said_of_a_rise(take, make_target):
    (hop,) = take({"a": ONES}, [make_target("a")], [ConfigSpace(PLACE, b"x", correctable_errors=7)] * 2).route

    assert hop.correctable_rise is None


@pytest.mark.parametrize(("guest", "is_guest"), [(State.OFF, False), (State.ON, True), (State.UNREADABLE, None)])
def test_it_says_whether_the_host_is_a_virtual_machine(take, make_target, guest, is_guest):
    assert take({"a": ONES}, [make_target("a")], known=snapshot(guest)).is_virtual_machine is is_guest


def test_where_the_bar_was_when_it_was_mapped_is_told(take, make_target):
    evidence = take({"a": ONES}, [make_target("a")], mapped=lambda _: 0xFE00_0000)

    assert evidence.mapped == (MappedBar(0, 0xFE00_0000),)
