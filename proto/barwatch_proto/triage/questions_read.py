"""What reads say: the one that is asked about, its repetitions, other registers, other ways in."""

from barwatch_proto.triage.logic import Answer, no, unknown, yes
from barwatch_proto.triage.situation import Situation
from barwatch_proto.words import Access, Outcome


def was_denied(situation: Situation) -> Answer:
    """The OS refused."""
    read = situation.read
    if read.outcome is Outcome.DENIED:
        return yes(f"the system refused the read: {read.reason or 'it gave no reason'}")
    return no("the system did not refuse the read")


def was_fault(situation: Situation) -> Answer:
    """The read raised an error in place of a value."""
    read = situation.read
    if read.outcome is Outcome.FAULT:
        return yes(f"the read raised an error and gave no value: {read.reason or 'not told which'}")
    return no("the read raised no error")


def is_all_ones(situation: Situation) -> Answer:
    """All ones came back."""
    return _is(situation.read.outcome is Outcome.ALL_ONES, "the read came back as all ones", "the read is not all ones")


def is_in_bar(situation: Situation) -> Answer:
    """The register is in a BAR."""
    return _is(situation.is_in_bar, "the register is in a BAR", "the register is in configuration space")


def by_user(situation: Situation) -> Answer:
    """A user mapping was read."""
    return _is(
        situation.read.access is Access.USER, "it was read through a user mapping", "it was not read by a user mapping"
    )


def may_hold_ones(situation: Situation) -> Answer:
    """Nothing is known that forbids all ones in this register."""
    read = situation.read
    forbidden = read.is_canary or read.is_expected
    return _is(not forbidden, "nothing forbids all ones in this register", "this register can never hold all ones")


def may_not_hold_ones(situation: Situation) -> Answer:
    """The register can never hold all ones."""
    found = may_hold_ones(situation)
    return Answer(not found.is_so, found.words)


def canary_answers(situation: Situation) -> Answer:
    """A register that can never be all ones was read by the same access."""
    seen = [each for each in situation.elsewhere() if each.is_canary]
    if any(each.outcome is Outcome.OK for each in seen):
        name = next(each.register or hex(each.offset) for each in seen if each.outcome is Outcome.OK)
        return yes(f"the canary {name} of the same function answers")
    if seen:
        return no("the canary does not answer either")
    return unknown("a canary of the same function, read by the same access, would tell")


def others_answer(situation: Situation) -> Answer:
    """Other registers of the function were read by the same access."""
    seen = situation.elsewhere()
    good = [each for each in seen if each.outcome is Outcome.OK]
    if good:
        return yes(f"{good[0].register or hex(good[0].offset)} of the same function answers the same access")
    if any(each.outcome.is_attempt for each in seen):
        return no("no other register of the function answers")
    return unknown("other registers of the function would tell")


def nothing_answers(situation: Situation) -> Answer:
    """Not one register of the function's BARs was read, the one asked about more than once or besides others."""
    reads = [situation.read, *situation.case.others]
    seen = [each for each in reads if each.access is not Access.CONFIG and each.outcome.is_attempt]
    if any(each.outcome is Outcome.OK for each in seen):
        return no("a register of the function answers")
    if len(seen) > 1 or situation.read.is_canary:
        return yes(f"none of {len(seen)} reads of the function's registers is good")
    return unknown("a canary or other registers of the function would tell")


def kernel_reads_it(situation: Situation) -> Answer:
    """The kernel read the same register at the same time."""
    seen = situation.outcomes(Access.KERNEL)
    if Outcome.OK in seen:
        return yes("the kernel reads the same register well at the same time")
    if any(outcome.is_attempt for outcome in seen):
        return no("the kernel does not read it either")
    return unknown("the same read by the kernel would tell")


def is_transient(situation: Situation) -> Answer:
    """The same read again was ok."""
    again = situation.outcomes(situation.read.access)
    good = again.count(Outcome.OK)
    if good:
        return yes(f"read again within milliseconds, {good} of {len(again)} reads are good")
    if any(outcome.is_attempt for outcome in again):
        return no("read again, it is the same")
    return unknown("reading it again within milliseconds would tell")


def is_virtual_machine(situation: Situation) -> Answer:
    """The host is a guest."""
    found = situation.case.is_virtual_machine
    if found is None:
        return unknown("whether this is a virtual machine is not known")
    return _is(found, "this host is a virtual machine", "this host is no virtual machine")


def is_extended(situation: Situation) -> Answer:
    """The register is in extended configuration space."""
    read = situation.read
    is_so = read.access is Access.CONFIG and read.offset >= 0x100  # noqa: PLR2004 PCIe Base Spec 6.0, 7.2.2
    return _is(is_so, "the register is in extended configuration space", "the register is elsewhere")


def reason_says(situation: Situation, *words: str) -> Answer:
    """The reason of a read that was not attempted has one of these words."""
    read = situation.read
    reason = read.reason or ""
    if read.outcome is Outcome.UNREACHABLE and any(word in reason for word in words):
        return yes(f"not touched: {reason}")
    if read.outcome is Outcome.UNREACHABLE and not reason:
        return unknown("the reason why it was not touched would tell")
    return no("it was touched, or left alone for another reason")


def _is(is_so: bool, words: str, otherwise: str) -> Answer:  # noqa: FBT001 a condition is all that this is about
    return yes(words) if is_so else no(otherwise)
