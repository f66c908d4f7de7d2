"""A case from evidence as an agent took it: the same at the agent and, later, at the collector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from barwatch_proto.telemetry import ConfigSpace, Evidence, Reread, SeenRegister
from barwatch_proto.triage.case import Case, CaseRead, Hop
from barwatch_proto.words import Access, Outcome


@dataclass(frozen=True, slots=True)
class Asked:
    """The read that a verdict is wanted of: what its series and its episode say."""

    register: SeenRegister
    access: Access
    outcome: Outcome
    value: int | None = None
    reason: str | None = None
    taken_at_ns: int | None = None


def case_of(asked: Asked, evidence: Evidence | None) -> Case:
    """Everything that is known of the read; without evidence, what the read itself says."""
    read = _case_read(asked.register, asked)
    if evidence is None:
        return Case(read)
    registers = {each.name: each for each in evidence.registers}
    return Case(
        read=read,
        others=tuple(_others(read, evidence, registers)),
        route=tuple(_hop(space, evidence.after) for space in evidence.route),
        mapped_start=next((each.start for each in evidence.mapped if each.bar == read.bar), None),
        is_virtual_machine=evidence.is_virtual_machine,
    )


def _others(read: CaseRead, evidence: Evidence, registers: Mapping[str, SeenRegister]) -> list[CaseRead]:
    """The repetitions, and the pass from the read on.

    Reads of one access in one pass have one time, and an order: what was read before says nothing of the trouble.
    Evidence keeps some reads of a long pass, perhaps not this one: then nobody knows which of them were before it.
    """
    passed, again = (
        [_case_read(registers[each.register], each) for each in reads if each.register in registers]
        for reads in (evidence.reads, evidence.rereads)
    )
    own = next((index for index, each in enumerate(passed) if _is_same(each, read)), None)
    if own is None:
        return [*(each for each in passed if not _is_of_one_batch(each, read)), *again]
    before = [each for each in passed[:own] if each.access is not read.access]
    return [*before, *passed[own + 1 :], *again]


def _is_same(each: CaseRead, read: CaseRead) -> bool:
    return (each.register, each.access, each.outcome) == (read.register, read.access, read.outcome) and (
        read.taken_at_ns in {None, each.taken_at_ns}
    )


def _is_of_one_batch(each: CaseRead, read: CaseRead) -> bool:
    return each.access is read.access and each.taken_at_ns == read.taken_at_ns


def _case_read(register: SeenRegister, read: Asked | Reread) -> CaseRead:
    return CaseRead(
        access=read.access,
        outcome=read.outcome,
        register=register.name,
        bar=register.bar,
        offset=register.offset,
        width=register.width,
        value=read.value,
        reason=read.reason,
        is_canary=register.is_canary,
        is_expected=register.is_expected,
        taken_at_ns=read.taken_at_ns,
    )


def _hop(space: ConfigSpace, after: Sequence[ConfigSpace]) -> Hop:
    late = next((each.data for each in after if each.address == space.address), space.data)
    return Hop(
        name=str(space.address),
        config=space.data,
        config_after=late,
        is_gone=space.is_gone,
        power_state=space.power_state,
        runtime_status=space.runtime_status,
        driver=space.driver,
        bars=space.bars or None,
        do_siblings_answer=space.do_siblings_answer,
        correctable_rise=space.correctable_rise,
        uncorrectable_rise=space.uncorrectable_rise,
    )
