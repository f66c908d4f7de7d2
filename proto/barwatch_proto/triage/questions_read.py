"""What reads say: the one that is asked about, its repetitions, other registers, other ways in."""

from collections.abc import Sequence

from barwatch_proto.triage.case import CaseRead
from barwatch_proto.triage.logic import Answer, all_of, no, opposite, unknown, yes
from barwatch_proto.triage.situation import Situation, place_of
from barwatch_proto.words import Access, Outcome

REFUSALS = ("eperm", "eacces", "not permitted", "permission denied", "lockdown", "locked down")
POISON_SHIFT, POISON = 20, {0xBAD, 0xDEA}  # 0xbadfxxxx (NVIDIA), 0xdeadxxxx: a unit of the device did not answer
FIRST_EXTENDED = 0x100  # PCIe Base Spec 6.0, 7.2.2


def was_denied(situation: Situation) -> Answer:
    """The OS refused."""
    read = situation.read
    reason = read.reason or ""
    is_refusal = not read.outcome.is_failure or read.outcome is Outcome.FAULT
    if read.outcome is Outcome.DENIED or (is_refusal and any(word in reason.lower() for word in REFUSALS)):
        return yes(f"the system refused the read: {reason or 'it gave no reason'}")
    return no("the system did not refuse the read")


def was_fault(situation: Situation) -> Answer:
    """The read raised an error in place of a value."""
    read = situation.read
    if read.outcome is Outcome.FAULT:
        return yes(f"the read raised an error and gave no value: {read.reason or 'not told which'}")
    return no("the read raised no error")


def is_all_ones(situation: Situation) -> Answer:
    """All ones came back."""
    is_so = situation.read.outcome is Outcome.ALL_ONES
    return _is(is_so, f"{_name(situation.read)} read as all ones", "the read is not all ones")


def is_out_of_order(situation: Situation) -> Answer:
    """All ones in a register that cannot hold them, or a value that devices answer with for a block that is off."""
    read = situation.read
    if read.outcome is Outcome.MISMATCH and read.value is not None and read.value >> POISON_SHIFT in POISON:
        return yes(f"{_name(read)} read as {read.value:#x}, which stands for an error inside the device")
    return all_of((is_all_ones(situation), may_not_hold_ones(situation)))


def is_in_bar(situation: Situation) -> Answer:
    """The register is in a BAR."""
    return _is(situation.is_in_bar, "", "the register is in configuration space")


def by_user(situation: Situation) -> Answer:
    """A user mapping was read."""
    is_so = situation.read.access is Access.USER
    return _is(is_so, "it was read through a user mapping", "it was not read through a user mapping")


def may_hold_ones(situation: Situation) -> Answer:
    """Nothing is known that forbids all ones in this register."""
    read = situation.read
    return _is(
        not (read.is_canary or read.is_expected),
        f"nothing forbids all ones in {_name(read)}",
        f"{_name(read)} can never hold all ones",
    )


def may_not_hold_ones(situation: Situation) -> Answer:
    """The register can never hold all ones."""
    return opposite(may_hold_ones(situation))


def path_works(situation: Situation) -> Answer:
    """The same access reads another register of the same BAR, so the way to this one is good."""
    near = [each for each in _others(situation) if each.bar == situation.read.bar]
    good = _good(near)
    if good:
        where = "configuration space" if situation.read.bar is None else f"BAR {situation.read.bar}"
        return yes(f"{_canary(good[0])}{_name(good[0])} in the same {where} is read well")
    if any(each.outcome.is_failure for each in near):
        return no(f"{_name(near[0])} in the same BAR is not read either")
    return unknown("a canary in the same BAR, read by the same access, would tell")


def others_answer(situation: Situation) -> Answer:
    """Other registers of the function are read by an access that does not read this one."""
    seen = _others(situation)
    good = _good(seen)
    if good:
        return yes(f"{_canary(good[0])}{_name(good[0])} of the same function is read well")
    if any(each.outcome.is_failure for each in seen):
        return no("no other register of the function is read")
    return unknown("other registers of the function would tell")


def nothing_answers(situation: Situation) -> Answer:
    """Not one register of the function's BARs is read, and that is not this register's own doing."""
    reads = [situation.read, *situation.since]
    seen = [each for each in reads if each.access is not Access.CONFIG and each.outcome.is_attempt]
    good, bad = _good(seen), [each for each in seen if each.outcome.is_failure]
    if good:
        return no(f"{_name(good[0])} of the function is read")
    places = {place_of(each) for each in bad}
    if len(places) > 1 or any(each.is_canary or each.is_expected for each in bad):
        registers = "one register" if len(places) == 1 else f"{len(places)} registers"
        return yes(f"none of {len(seen)} reads of {registers} of the function is good")
    return unknown("a canary or other registers of the function would tell")


def kernel_reads_it(situation: Situation) -> Answer:
    """The kernel reads the same register at the same time."""
    seen = situation.again(Access.KERNEL)
    if Outcome.OK in seen:
        return yes("the kernel reads the same register well at the same time")
    if any(outcome.is_failure for outcome in seen):
        return no("the kernel does not read it either")
    return unknown("the same read by the kernel would tell")


def kernel_reads_others(situation: Situation) -> Answer:
    """The kernel reads other registers of the function; whether it reads this one is not known."""
    if situation.read.access is not Access.USER or kernel_reads_it(situation).is_so is not None:
        return no("the kernel read the register itself, or it is the kernel that asks")
    good = _good(list(situation.elsewhere(Access.KERNEL)))
    return yes(f"the kernel reads {_name(good[0])} well") if good else unknown("reads by the kernel would tell")


def is_transient(situation: Situation) -> Answer:
    """The same read again is good."""
    again = situation.again(situation.read.access)
    good = again.count(Outcome.OK)
    if good:
        return yes(f"read again, {good} of {len(again)} reads are good")
    if any(outcome.is_failure for outcome in again):
        times = "once" if len(again) == 1 else f"{len(again)} times"
        return no(f"read again {times}, it is the same")
    return unknown("reading it again within milliseconds would tell")


def is_steady(situation: Situation) -> Answer:
    """The same read again is as bad."""
    return opposite(is_transient(situation))


def does_not_come_back(situation: Situation) -> Answer:
    """As far as it was read again it is as bad; not having read it again is no objection."""
    found = is_transient(situation)
    return no(found.words) if found.is_so else yes("as far as it was read again, it is the same")


def is_virtual_machine(situation: Situation) -> Answer:
    """The host is a guest."""
    found = situation.case.is_virtual_machine
    if found is None:
        return unknown("whether this host is a virtual machine would tell")
    return _is(found, "this host is a virtual machine", "this host is no virtual machine")


def is_extended(situation: Situation) -> Answer:
    """The register is in extended configuration space."""
    read = situation.read
    is_so = read.access is Access.CONFIG and read.offset >= FIRST_EXTENDED
    return _is(is_so, "the register is in extended configuration space", "the register is elsewhere")


def _others(situation: Situation) -> list[CaseRead]:
    """Reads of other registers by those accesses that fail at this one; the kernel's way in is nobody's but the user's.

    What the kernel reads elsewhere says nothing of a user mapping, unless the kernel fails here, too.
    """
    own = situation.read.access
    ways: set[Access] = {own} if own is Access.CONFIG else {own, Access.USER}
    if kernel_reads_it(situation).is_so is False:
        ways.add(Access.KERNEL)
    return list(situation.elsewhere(*ways))


def _good(reads: Sequence[CaseRead]) -> list[CaseRead]:
    """Those that are good, canaries first."""
    return sorted((each for each in reads if each.outcome is Outcome.OK), key=lambda each: not each.is_canary)


def _name(read: CaseRead) -> str:
    if read.register:
        return read.register
    where = "configuration space" if read.bar is None else f"BAR {read.bar}"
    return f"{where} + {read.offset:#x}"


def _canary(read: CaseRead) -> str:
    return "the canary " if read.is_canary else ""


def _is(is_so: bool, words: str, otherwise: str) -> Answer:  # noqa: FBT001 a condition is all that this is about
    return yes(words) if is_so else no(otherwise)
