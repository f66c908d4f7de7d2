"""What the route says besides who answers: who decodes, who logged or counted errors."""

from barwatch_proto.triage.hop import STANDARD, SURPRISE_DOWN, HopFacts
from barwatch_proto.triage.logic import Answer, any_of, no, opposite, unknown, yes
from barwatch_proto.triage.questions_read import others_answer
from barwatch_proto.triage.situation import Situation
from barwatch_proto.words import Access, Outcome

# PCIe Base Spec 6.0, 7.8.4.2 Uncorrectable Error Status
COMPLETION_TIMEOUT = 14
COMPLETER_ABORT = 15
UNSUPPORTED_REQUEST = 20


def is_decoding_off(situation: Situation) -> Answer:
    """The function, or a bridge above it, does not decode memory."""
    return any_of((_decodes_not(hop) for hop in reversed(situation.hops)), "every hop of the route decodes memory")


def _decodes_not(hop: HopFacts) -> Answer:
    if hop.is_virtual_function:
        return unknown(f"the SR-IOV control of the physical function would tell whether {hop.name} decodes memory")
    if hop.is_decoding is None:
        return unknown(f"the Command register of {hop.name} would tell whether it decodes memory")
    if hop.is_decoding:
        return no(f"{hop.name} decodes memory")
    return yes(f"memory decoding is off at {hop.name} (Command register, bit 1)")


def is_decoding(situation: Situation) -> Answer:
    """Nothing is known to be in the way: each hop that answers decodes memory, as far as anybody tells."""
    other = others_answer(situation)
    if other.is_so:
        return other
    off = is_decoding_off(situation)
    doubtful = [hop for hop in situation.hops if hop.is_decoding is None and not hop.does_answer]
    return opposite(off) if off.is_so is not None or doubtful else yes("")


def requests_time_out(situation: Situation) -> Answer:
    """Somebody on the route logged a completion timeout."""
    return _logged(situation, "a completion timeout", COMPLETION_TIMEOUT)


def is_refused_by_device(situation: Situation) -> Answer:
    """Somebody on the route logged that a request was refused."""
    return _logged(situation, "an unsupported request or a completer abort", UNSUPPORTED_REQUEST, COMPLETER_ABORT)


def went_down_by_surprise(situation: Situation) -> Answer:
    """A port logged that its link went down."""
    return _logged(situation, "a surprise link down", SURPRISE_DOWN)


def _logged(situation: Situation, what: str, *bits: int) -> Answer:
    statuses = [(hop.name, hop.uncorrectable_status) for hop in situation.hops]
    logged = [name for name, status in statuses if status is not None and any(status >> bit & 1 for bit in bits)]
    if logged:
        return yes(f"{logged[0]} logged {what} (AER)")
    if any(hop.uncorrectable_status is None and not hop.is_silent for hop in situation.hops):
        return unknown(f"the AER status of every hop would tell of {what}")
    return no(f"no hop logged {what}")


def errors_rise(situation: Situation) -> Answer:
    """A link of the route counts correctable errors."""
    return _rose([(hop.name, hop.correctable_rise) for hop in situation.hops], "correctable")


def uncorrectable_errors_rise(situation: Situation) -> Answer:
    """Somebody on the route counts uncorrectable errors."""
    return _rose([(hop.name, hop.uncorrectable_rise) for hop in situation.hops], "uncorrectable")


def _rose(rises: list[tuple[str, int | None]], what: str) -> Answer:
    risen = [(name, rise) for name, rise in rises if rise]
    if risen:
        name, rise = max(risen, key=lambda each: each[1])
        return yes(f"{name} counted {rise} {what} error{'' if rise == 1 else 's'} meanwhile")
    if any(rise is None for _, rise in rises):
        return unknown(f"{what} error counters before and after would tell")
    return no(f"no {what} error was counted meanwhile")


def is_extended_hidden(situation: Situation) -> Answer:
    """Configuration space beyond 256 bytes is all ones."""
    found = situation.function.are_extended_ones
    if found is None and first_extended_is_ones(situation):
        return yes("the first extended register reads as all ones, which no function can have there")
    if found is None:
        return unknown("configuration space beyond 256 bytes would tell")
    return yes("configuration space is all ones beyond 256 bytes") if found else no("extended configuration is there")


def first_extended_is_ones(situation: Situation) -> bool:
    """A function without extended capabilities has zeros there; PCIe Base Spec 6.0, 7.6.2."""
    read = situation.read
    is_first = read.access is Access.CONFIG and read.offset == STANDARD
    return is_first and read.outcome is Outcome.ALL_ONES
