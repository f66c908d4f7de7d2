"""What the route says of who answers: whether the function is there, asleep, cut off, or only silent."""

from collections.abc import Callable

from barwatch_proto.pci import PortType
from barwatch_proto.triage.hop import RETRY, HopFacts
from barwatch_proto.triage.logic import Answer, any_of, given, no, opposite, unknown, yes
from barwatch_proto.triage.questions_left import (
    was_left_as_gone,
    was_left_asleep,
    was_left_behind_link,
    was_left_in_recovery,
    was_left_in_reset,
    was_left_without_power,
)
from barwatch_proto.triage.situation import Situation
from barwatch_proto.words import Access, Outcome

ASLEEP = {"D1", "D2", "D3hot", "D3cold"}
AWAKE = {"active", "resuming"}  # runtime status of what the OS wants to be awake
WITHOUT_SLOT = {PortType.UPSTREAM_PORT, PortType.PCIE_TO_PCI_BRIDGE, PortType.PCI_TO_PCIE_BRIDGE}
RP_PIO_CAUSES = {  # PCIe Base Spec 6.0, 7.9.14.6, memory requests
    16: "unsupported request",
    17: "completer abort",
    18: "completion timeout",
}


def is_silent(situation: Situation) -> Answer:
    """Nobody answers for the function, or nothing can reach it."""
    function, fallen = situation.function, situation.fallen
    if function.is_silent is False:
        return no(f"{function.name} answers in configuration space")
    if function.is_silent:
        above = "" if fallen is None or fallen is function else f", and so does {fallen.name} above it"
        how = "is gone" if function.vendor_id is None else "does not answer: its Vendor ID reads ffffh"
        return yes(f"{function.name} {how}{above}")
    return any_of((_ids_read_ones(situation), _is_unreachable(situation)))


def _ids_read_ones(situation: Situation) -> Answer:
    """Where the route does not tell: any register that is read well, else the ids in configuration space."""
    reads = [situation.read, *situation.since]
    if any(each.outcome is Outcome.OK for each in reads):
        return no(f"{situation.function.name} answers: registers of it are read")
    if any(each.outcome is Outcome.ALL_ONES and each.access is Access.CONFIG and not each.offset for each in reads):
        return yes(f"{situation.function.name} does not answer: its ids read as all ones")
    return _vendor_would_tell(situation)


def _vendor_would_tell(situation: Situation) -> Answer:
    return unknown(f"the Vendor ID of {situation.function.name} would tell whether it answers")


def _is_unreachable(situation: Situation) -> Answer:
    """What lies behind an empty slot, a link that is down or a silent bridge does not answer."""
    if _ids_read_ones(situation).is_so is False:
        return no("it answers")
    fallen = situation.fallen
    behind = yes(f"{fallen.name} above it does not answer") if fallen else unknown("the bridges above would tell")
    found = any_of((behind, was_left_as_gone(situation), link_is_inactive(situation), slot_is_empty(situation)))
    return found if found.is_so else _vendor_would_tell(situation)


def answers(situation: Situation) -> Answer:
    """The function answers configuration requests."""
    function = situation.function
    if function.is_silent is False:
        is_so = function.does_answer is not False
        words = "answers in configuration space" if is_so else "is not ready"
        return Answer(is_so, f"{function.name} {words}")
    return opposite(is_silent(situation))


def asks_for_retry(situation: Situation) -> Answer:
    """The Vendor ID reads 0001h, or the OS keeps everybody out until a reset is over."""
    return any_of((was_left_in_reset(situation), *(_retries(hop) for hop in reversed(situation.hops))))


def _retries(hop: HopFacts) -> Answer:
    if hop.vendor_id == RETRY and not hop.is_gone:
        return yes(f"{hop.name} asks to be asked again later: its Vendor ID reads 0001h (RRS)")
    if hop.is_silent is None:
        return unknown(f"the Vendor ID of {hop.name} would tell")
    return no(f"{hop.name} does not ask to be asked again")


def is_contained(situation: Situation) -> Answer:
    """A port triggered Downstream Port Containment, or the OS is recovering from an error at this moment."""
    return any_of(
        (was_left_in_recovery(situation), given(is_silent(situation), _below(situation, _contained, "DPC status")))
    )


def _contained(hop: HopFacts) -> Answer:
    if hop.port_type in WITHOUT_SLOT:
        return no(f"{hop.name} is no port that can contain")
    if hop.is_dpc_triggered is None:
        return unknown(f"the DPC status of {hop.name} would tell")
    if not hop.is_dpc_triggered:
        return no(f"{hop.name} has contained nothing")
    logged = (hop.dpc.rp_pio_status if hop.dpc else None) or 0
    causes = [words for bit, words in RP_PIO_CAUSES.items() if logged >> bit & 1]
    reason = causes or ([hop.dpc.reason.replace("_", " ")] if hop.dpc and hop.dpc.reason else [])
    return yes(f"{hop.name} cut its link off (DPC){': ' + ', '.join(reason) if reason else ''}")


def is_unplugged(situation: Situation) -> Answer:
    """The OS says that it is gone, or the slot is empty."""
    return any_of((_os_says_gone(situation), slot_is_empty(situation), was_left_as_gone(situation)))


def _os_says_gone(situation: Situation) -> Answer:
    gone = next((hop for hop in situation.hops if hop.is_gone), None)
    if gone is not None:
        return yes(f"the operating system found {gone.name} unplugged")
    known = all(hop.is_gone is False for hop in situation.hops)
    return no("the operating system has every hop") if known else unknown("whether the OS still has every hop")


def slot_is_empty(situation: Situation) -> Answer:
    """No card is seen where the route breaks off."""
    return _below(situation, _is_empty, "presence in the slot")


def _is_empty(port: HopFacts) -> Answer:
    if port.is_slot_occupied is None:
        return unknown(f"the Slot Status of {port.name} would tell whether a card is present")
    if port.is_slot_occupied:
        return no(f"the slot of {port.name} is occupied")
    return yes(f"the slot of {port.name} is empty (Presence Detect State 0)")


def is_in_d3cold(situation: Situation) -> Answer:
    """The OS took its power. Linux shows D3cold also for what stopped to answer: pci_update_current_state."""
    function = situation.function
    told = was_left_without_power(situation)
    if answers(situation).is_so:
        return no(f"{function.name} answers, so it has power")
    if function.power == "D3cold" and function.runtime_status not in AWAKE:
        return yes(f"the operating system put {function.name} into D3cold")
    if function.power is None and function.runtime_status == "suspended":
        return any_of((told, is_silent_while_suspended(situation)))
    return any_of((told, _awake(function)))


def is_silent_while_suspended(situation: Situation) -> Answer:
    """What is suspended and does not answer has no power: in D3hot it would answer."""
    found = is_silent(situation)
    name = situation.function.name
    return yes(f"{name} is suspended and does not answer: it has no power") if found.is_so else unknown(found.words)


def _awake(hop: HopFacts) -> Answer:
    if hop.power is None:
        return unknown(f"the power state of {hop.name} would tell")
    return no(f"the operating system has not put {hop.name} to sleep")


def is_in_d3hot(situation: Situation) -> Answer:
    """It sleeps, and says so itself."""
    function = situation.function
    if function.power is None:
        return unknown(f"the power state of {function.name} would tell")
    if function.power in ASLEEP - {"D3cold"}:
        return yes(f"{function.name} is in {function.power}: it answers configuration requests only")
    return no(f"{function.name} is in {function.power}")


def is_upstream_asleep(situation: Situation) -> Answer:
    """A bridge of the route is not in D0, and nothing behind it is reached."""
    told = was_left_asleep(situation)
    if answers(situation).is_so:
        return no(f"{situation.function.name} answers, so every bridge above it forwards")
    if not situation.bridges:
        return any_of((told, _no_port("power state")))
    return any_of((told, *(_sleeps(hop) for hop in situation.bridges)))


def _sleeps(hop: HopFacts) -> Answer:
    if hop.power in ASLEEP:
        return yes(f"{hop.name} above it is in {hop.power} and forwards nothing")
    if hop.power is None and hop.runtime_status == "suspended":
        return yes(f"{hop.name} above it is suspended")
    return unknown(f"the power state of {hop.name} would tell") if hop.power is None else no(f"{hop.name} is awake")


def is_link_down(situation: Situation) -> Answer:
    """The link where the route breaks off is not active."""
    return any_of((was_left_behind_link(situation), given(is_silent(situation), link_is_inactive(situation))))


def link_is_inactive(situation: Situation) -> Answer:
    """Data Link Layer Link Active is clear where the route breaks off."""
    return _below(situation, _is_link_down, "link")


def _is_link_down(port: HopFacts) -> Answer:
    if port.is_link_active is not None:
        return (no if port.is_link_active else yes)(f"the link of {port.name} is {_active(port.is_link_active)}")
    if port.port_type is PortType.UPSTREAM_PORT:
        return no(f"{port.name} leads to the inside of a switch")
    return unknown(f"the Link Status of {port.name} would tell whether its link is active")


def _active(is_active: bool) -> str:  # noqa: FBT001 one word for each
    return "active" if is_active else "down"


def link_is_active(situation: Situation) -> Answer:
    """Data Link Layer Link Active is set where the route breaks off."""
    return opposite(link_is_inactive(situation))


def siblings_answer(situation: Situation) -> Answer:
    """Its neighbours are there."""
    found = situation.function.do_siblings_answer
    if found is None:
        return unknown("whether other functions of the device answer would tell")
    return yes("other functions of the device answer") if found else no("no other function of the device answers")


def _below(situation: Situation, question: Callable[[HopFacts], Answer], what: str) -> Answer:
    """Yes where it is so at any port; no where it is not so at each port where the route may break off."""
    found = [question(hop) for hop in situation.bridges]
    decided = next((answer for answer in found if answer.is_so), None)
    if decided:
        return decided
    asked = [question(port) if port else _no_port(what) for port in situation.ports]
    return any_of(asked) if asked else _no_port(what)


def _no_port(what: str) -> Answer:
    return unknown(f"the {what} of the port above would tell; no port above is known")
