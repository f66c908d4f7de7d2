"""Where two sources tell different things of one fact. Raw bytes count first; what they contradict is shown.

Removing evidence never raises the confidence of a verdict, as long as each fact has one source. Two sources that differ
break that (without the first, the second counts), so every such pair is named here and takes from the confidence.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from barwatch_proto.triage.case import CaseRead, Hop
from barwatch_proto.triage.hop import NO_BYTES, SURPRISE_DOWN, HopFacts, Seen, decode_hop
from barwatch_proto.triage.questions_bar import has_moved, is_mapped_elsewhere, is_outside_window, is_unassigned
from barwatch_proto.triage.questions_errors import first_extended_is_ones, is_decoding_off
from barwatch_proto.triage.questions_left import was_left_out_of_reach
from barwatch_proto.triage.questions_route import ASLEEP, AWAKE, is_in_d3hot
from barwatch_proto.triage.questions_route import is_silent as route_is_silent
from barwatch_proto.triage.situation import Situation
from barwatch_proto.words import Access, Outcome

FACTS: Mapping[str, str] = {  # of HopFacts, and what they are called
    "vendor_id": "Vendor ID",
    "power": "power state",
    "is_decoding": "memory decoding",
    "is_link_active": "link",
    "is_slot_occupied": "presence in its slot",
    "is_dpc_triggered": "DPC status",
    "bar_registers": "BAR registers",
    "windows": "windows",
    "uncorrectable_status": "AER status",
    "port_type": "port type",
}


def contradictions(situation: Situation) -> tuple[str, ...]:
    """What disagrees, in words; empty for evidence that fits together."""
    hops = zip(situation.case.route, situation.looks, situation.hops, strict=False)
    return tuple(
        dict.fromkeys(
            (
                *(
                    words
                    for hop, seen, facts in hops
                    for words in (*_of_sources(hop, seen), *_of_a_hop(hop, seen, facts))
                ),
                *_of_the_route(situation),
                *_of_reads(situation),
                *_of_good_reads(situation),
                *_of_good_reads_and_route(situation),
            )
        )
    )


def _of_sources(hop: Hop, seen: Seen) -> Iterator[str]:
    """What is told against what the bytes say."""
    told, decoded = decode_hop(hop, NO_BYTES), decode_hop(Hop(hop.name), seen)
    for fact, name in FACTS.items():
        ours, theirs = getattr(decoded, fact), getattr(told, fact)
        if ours is not None and theirs is not None and _plain(ours) != _plain(theirs):
            yield f"{hop.name}: its configuration space and what was told differ in {name}"


def _plain(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value


def _of_a_hop(hop: Hop, seen: Seen, facts: HopFacts) -> Iterator[str]:
    name = hop.name
    bare = decode_hop(replace(hop, is_gone=None, vendor_id=None), NO_BYTES)
    if facts.does_answer is False and bare.does_answer:
        yield f"{name} does not answer, and registers of it are told"
    if facts.is_gone and decode_hop(replace(hop, is_gone=None), seen).does_answer:
        yield f"{name} is gone for the operating system, and answers"
    if facts.power == "D3cold" and facts.does_answer:
        yield f"{name} is in D3cold for the operating system, and answers"
    if facts.power == "D3cold" and facts.runtime_status in AWAKE:
        yield f"{name} is in D3cold and {facts.runtime_status}: Linux shows D3cold also for what does not answer"
    if facts.power == "D0" and facts.runtime_status == "suspended":
        yield f"{name} is in D0 and suspended"
    if facts.is_link_active and (facts.uncorrectable_status or 0) >> SURPRISE_DOWN & 1:
        yield f"the link of {name} is active, and went down at some time (AER, Surprise Down)"
    if facts.is_link_active and facts.is_slot_occupied is False:
        yield f"the link of {name} is active, and its slot is empty"


def _of_the_route(situation: Situation) -> Iterator[str]:
    """Who answers against what is above."""
    for at, hop in enumerate(situation.hops):
        for above in situation.hops[:at] if hop.is_silent is False else ():
            if above.is_silent:
                yield f"{hop.name} answers behind {above.name}, which does not"
            if above.is_link_active is False or above.is_slot_occupied is False or above.is_dpc_triggered:
                yield f"{hop.name} answers, and the port {above.name} is cut off"
            if above.power not in {None, "D0"} or (above.power is None and above.runtime_status == "suspended"):
                yield f"{hop.name} answers, and {above.name} above it is asleep"


def _of_reads(situation: Situation) -> Iterator[str]:
    """Reads against the route, and against each other."""
    name, is_silent = situation.function.name, situation.function.is_silent
    ids = [each.outcome for each in _reads(situation) if each.access is Access.CONFIG and not each.offset]
    good = [each for each in _reads(situation) if each.outcome is Outcome.OK]
    if Outcome.ALL_ONES in ids and (is_silent is False or any(each.bar is not None for each in good)):
        yield f"{name} answers, and its ids read as all ones"
    if Outcome.ALL_ONES in ids and Outcome.OK in ids:
        yield f"the ids of {name} are read well and as all ones"
    if situation.function.power in ASLEEP - {"D3cold"} and route_is_silent(situation).is_so:
        yield f"{name} is in {situation.function.power} for the operating system, and would then answer"
    if situation.function.are_extended_ones is False and first_extended_is_ones(situation):
        yield f"the first extended register of {name} reads as all ones, and its configuration space has another value"


def _of_good_reads_and_route(situation: Situation) -> Iterator[str]:
    """Registers that are read well where nothing should be reached."""
    name, is_silent = situation.function.name, situation.function.is_silent
    is_good = any(each.outcome is Outcome.OK for each in _reads(situation))
    if is_good and (is_silent or situation.fallen or situation.function.does_answer is False):
        yield f"{name} does not answer, and registers of it are read well"
    if is_good and any(
        hop.is_link_active is False or hop.is_slot_occupied is False or hop.is_dpc_triggered
        for hop in situation.bridges
    ):
        yield f"registers of {name} are read well behind a port that is cut off"
    if is_good and any(hop.power not in {None, "D0"} for hop in situation.bridges):
        yield f"registers of {name} are read well behind a bridge that is asleep"
    if is_good and situation.function.power == "D3cold":
        yield f"{name} is in D3cold for the operating system, and registers of it are read well"
    if (is_good or is_silent is False) and was_left_out_of_reach(situation).is_so:
        yield f"{name} answers, and the register was left alone: {situation.read.reason}"
    if situation.read.access is Access.KERNEL and Outcome.OK in situation.again(Access.USER):
        yield "a user mapping reads the register, the kernel does not"


def _reads(situation: Situation) -> tuple[CaseRead, ...]:
    return (situation.read, *situation.since)


def _of_good_reads(situation: Situation) -> Iterator[str]:
    """What cannot be while a register of a BAR, or of this BAR, is read well."""
    good = [each for each in situation.since if each.outcome is Outcome.OK and each.access is not Access.CONFIG]
    near = [each for each in good if each.bar == situation.read.bar]
    # what raised an error was mapped anew before it was read again
    is_mapped_anew = any(each.access is Access.USER and each.outcome is Outcome.FAULT for each in _reads(situation))
    mapped = [each for each in near if each.access is Access.USER and not is_mapped_anew]
    for seen, questions in (
        (good, (is_decoding_off, is_in_d3hot)),
        (near, (has_moved, is_unassigned, is_outside_window)),
        (mapped, (is_mapped_elsewhere,)),
    ):
        for answer in (question(situation) for question in questions if seen):
            if answer.is_so:
                yield f"{seen[0].register or 'a register'} is read well, and {answer.words}"
