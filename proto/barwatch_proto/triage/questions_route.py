"""What the route says: who answers, who sleeps, which link is down, who decodes."""

from barwatch_proto.triage.hop import RETRY, HopFacts
from barwatch_proto.triage.logic import Answer, all_of, any_of, no, unknown, yes
from barwatch_proto.triage.questions_read import reason_says
from barwatch_proto.triage.situation import Situation

ASLEEP = {"D1", "D2", "D3hot", "D3cold"}
COMPLETION_TIMEOUT = 14  # PCIe Base Spec 6.0, 7.8.4.2 Uncorrectable Error Status
UNSUPPORTED_REQUEST = 20
SURPRISE_DOWN = 5
RP_PIO_CAUSES = {
    16: "unsupported request",
    17: "completer abort",
    18: "completion timeout",
}  # 7.9.14.6, memory requests


def is_silent(situation: Situation) -> Answer:
    """Nobody answers for the function."""
    if situation.function.is_silent is None:
        return unknown(f"the Vendor ID of {situation.function.name} would tell")
    if situation.function.is_silent:
        fallen = situation.fallen or situation.function
        above = "" if fallen is situation.function else f", and so does {fallen.name} above it"
        return yes(f"{situation.function.name} does not answer: its Vendor ID reads ffffh{above}")
    return no(f"{situation.function.name} answers with its Vendor ID")


def answers(situation: Situation) -> Answer:
    """The function answers configuration requests."""
    found = situation.function.answers
    if found is None:
        return unknown(f"the Vendor ID of {situation.function.name} would tell")
    return yes(f"{situation.function.name} answers in configuration space") if found else no("it does not answer")


def asks_for_retry(situation: Situation) -> Answer:
    """The Vendor ID reads 0001h."""
    vendor = situation.function.vendor_id
    if vendor is None and not situation.function.is_gone:
        return unknown(f"the Vendor ID of {situation.function.name} would tell")
    if vendor == RETRY:
        return yes(f"{situation.function.name} asks to be asked again: its Vendor ID reads 0001h (RRS)")
    return no("it does not ask to be asked again")


def is_contained(situation: Situation) -> Answer:
    """A port of the route triggered Downstream Port Containment."""
    return any_of(_contained(hop) for hop in situation.bridges) if situation.bridges else _no_port("DPC status")


def _contained(hop: HopFacts) -> Answer:
    if hop.is_dpc_triggered is None:
        return unknown(f"the DPC status of {hop.name} would tell")
    if not hop.is_dpc_triggered:
        return no(f"{hop.name} has contained nothing")
    logged = (hop.dpc.rp_pio_status if hop.dpc else None) or 0
    causes = [words for bit, words in RP_PIO_CAUSES.items() if logged >> bit & 1]
    reason = causes or ([hop.dpc.reason] if hop.dpc and hop.dpc.reason else [])
    return yes(f"{hop.name} cut its link off (DPC){': ' + ', '.join(reason) if reason else ''}")


def is_unplugged(situation: Situation) -> Answer:
    """The OS says that it is gone, or the slot is empty."""
    return any_of((_os_says_gone(situation), slot_is_empty(situation), _reason_says_gone(situation)))


def _os_says_gone(situation: Situation) -> Answer:
    gone = next((hop for hop in situation.hops if hop.is_gone), None)
    if gone is not None:
        return yes(f"the operating system found {gone.name} unplugged")
    known = all(hop.is_gone is False for hop in situation.hops)
    return no("the operating system has every hop") if known else unknown("whether the OS still has every hop")


def _reason_says_gone(situation: Situation) -> Answer:
    return reason_says(situation, "gone", "unplugged", "disconnected")


def slot_is_empty(situation: Situation) -> Answer:
    """No card is seen where the route breaks off."""
    port = situation.port
    if port is None:
        return _no_port("presence in its slot")
    if port.is_slot_occupied is None:
        return unknown(f"the Slot Status of {port.name} would tell whether a card is present")
    if port.is_slot_occupied:
        return no(f"the slot of {port.name} is occupied")
    return yes(f"the slot of {port.name} is empty (Presence Detect State 0)")


def is_in_d3cold(situation: Situation) -> Answer:
    """The OS took its power."""
    function = situation.function
    told = reason_says(situation, "D3cold")
    if function.power == "D3cold":
        return yes(f"the operating system put {function.name} into D3cold")
    return any_of((told, _power(function, no(f"{function.name} is not in D3cold"))))


def is_in_d3hot(situation: Situation) -> Answer:
    """It sleeps, and says so itself."""
    function = situation.function
    if function.power in {"D1", "D2", "D3hot"}:
        return yes(f"{function.name} is in {function.power}: it answers configuration requests only")
    return _power(function, no(f"{function.name} is awake"))


def _power(hop: HopFacts, awake: Answer) -> Answer:
    return unknown(f"the power state of {hop.name} would tell") if hop.power is None else awake


def is_upstream_asleep(situation: Situation) -> Answer:
    """A bridge of the route is not in D0."""
    told = reason_says(situation, "asleep", "suspended")
    return any_of((told, *(_sleeps(hop) for hop in situation.bridges)))


def _sleeps(hop: HopFacts) -> Answer:
    if hop.power in ASLEEP:
        return yes(f"{hop.name} above it is in {hop.power} and forwards nothing")
    if hop.runtime_status == "suspended" and hop.power is None:
        return yes(f"{hop.name} above it is suspended")
    return _power(hop, no(f"{hop.name} is awake"))


def is_link_down(situation: Situation) -> Answer:
    """The link where the route breaks off is not active."""
    return any_of((reason_says(situation, "link"), all_of((is_silent(situation), link_is_inactive(situation)))))


def link_is_inactive(situation: Situation) -> Answer:
    """Data Link Layer Link Active is clear at the port above."""
    port = situation.port
    if port is None:
        return _no_port("link")
    if port.is_link_active is None:
        return unknown(f"the Link Status of {port.name} would tell whether its link is active")
    return no(f"the link of {port.name} is active") if port.is_link_active else yes(f"the link of {port.name} is down")


def link_is_active(situation: Situation) -> Answer:
    """Data Link Layer Link Active is set at the port above."""
    found = link_is_inactive(situation)
    return Answer(None if found.is_so is None or situation.port is None else not found.is_so, found.words)


def requests_time_out(situation: Situation) -> Answer:
    """A port of the route logged a completion timeout."""
    return _logged(situation, COMPLETION_TIMEOUT, "a completion timeout")


def is_refused_by_device(situation: Situation) -> Answer:
    """Somebody on the route logged an unsupported request."""
    return _logged(situation, UNSUPPORTED_REQUEST, "an unsupported request")


def went_down_by_surprise(situation: Situation) -> Answer:
    """A port logged that its link went down."""
    return _logged(situation, SURPRISE_DOWN, "a surprise link down")


def _logged(situation: Situation, bit: int, what: str) -> Answer:
    statuses = [(hop.name, hop.uncorrectable_status) for hop in situation.hops]
    logged = [name for name, status in statuses if status is not None and status >> bit & 1]
    if logged:
        return yes(f"{logged[0]} logged {what} (AER)")
    if any(status is None for _, status in statuses):
        return unknown(f"the AER status of every hop would tell of {what}")
    return no(f"no hop logged {what}")


def siblings_answer(situation: Situation) -> Answer:
    """Its neighbours are there."""
    found = situation.function.do_siblings_answer
    if found is None:
        return unknown("whether other functions of the device answer would tell")
    return yes("other functions of the device answer") if found else no("no other function of the device answers")


def is_decoding_off(situation: Situation) -> Answer:
    """The function, or a bridge above it, does not decode memory."""
    return any_of(_decodes_not(hop) for hop in reversed(situation.hops))


def _decodes_not(hop: HopFacts) -> Answer:
    if hop.is_decoding is None:
        return unknown(f"the Command register of {hop.name} would tell whether it decodes memory")
    if hop.is_decoding:
        return no(f"{hop.name} decodes memory")
    return yes(f"memory decoding is off at {hop.name} (Command register, bit 1)")


def errors_rise(situation: Situation) -> Answer:
    """A link of the route counts correctable errors."""
    rises = [(hop.name, hop.correctable_rise) for hop in situation.hops]
    risen = [(name, rise) for name, rise in rises if rise]
    if risen:
        name, rise = max(risen, key=lambda each: each[1])
        return yes(f"{name} counted {rise} correctable errors meanwhile")
    if any(rise is None for _, rise in rises):
        return unknown("correctable error counters before and after would tell")
    return no("no correctable error was counted meanwhile")


def is_extended_hidden(situation: Situation) -> Answer:
    """Configuration space beyond 256 bytes is all ones."""
    found = situation.function.are_extended_ones
    if found is None:
        return unknown("configuration space beyond 256 bytes would tell")
    return yes("configuration space is all ones beyond 256 bytes") if found else no("extended configuration is there")


def _no_port(what: str) -> Answer:
    return unknown(f"the {what} of the port above would tell; no port above is known")
