"""What the lab does to a machine, as cases: the same failures, told as completely as a live agent tells them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tests.proto.triage.live import (
    BAR_0,
    CARD,
    COMMAND,
    FAR,
    KERNEL,
    MEMORY,
    OK,
    ONES,
    USER,
    at_capability,
    case,
    changed,
    everybody,
    read,
    route,
    word,
)

from barwatch_proto.triage import Case, FailureClass
from barwatch_proto.words import Outcome

BOX, SERVER = "laptop-thunderbolt-box", "server-switches"
LINK_STATUS, SLOT_STATUS = 0x12, 0x1A  # PCIe Base Spec 6.0, 7.5.3.8 and 7.5.3.11
LINK_ACTIVE, PRESENT = 1 << 13, 1 << 6
COMPLETION_TIMEOUT = 1 << 14


@dataclass(frozen=True)
class Expected:
    """What a PCIe engineer would say, and the words that must be among the reasons."""

    failure: FailureClass
    words: tuple[str, ...]
    make: Callable[[], Case]


def _decode_off(host: str, at: int) -> Case:
    hops = route(host)
    return case(host, route=changed(hops, at, {COMMAND: word(hops[at], COMMAND) & ~MEMORY}))


def _removed() -> Case:
    hops = route(BOX)
    slot = len(hops) - 2
    link, status = (at_capability(hops[slot], "express", each) for each in (LINK_STATUS, SLOT_STATUS))
    empty = {link: word(hops[slot], link) & ~LINK_ACTIVE, status: word(hops[slot], status) & ~PRESENT}
    gone = {"config": b"\xff" * 4, "config_after": b"\xff" * 4, "do_siblings_answer": False}
    early = (read(KERNEL, OK, "panel.repeated_000", 0x100, at=5), read(KERNEL, ONES, "panel.repeated_299", 0x5AC, at=9))
    pulled = changed(changed(hops, slot, empty), CARD, **gone)
    return case(BOX, route=pulled, others=(*early, *everybody(ONES, ids=ONES)))


def _moved_under_a_mapping() -> Case:
    hops = route(BOX)
    old = next(bar.start for bar in hops[CARD].bars if bar.index == 0)
    return case(BOX, access=USER, others=everybody(OK, ONES), mapped_start=old + 0x1000000)


def _outside_the_window() -> Case:
    hops = route(SERVER)
    port = len(hops) - 2
    return case(SERVER, route=changed(hops, port, {0x20: 0xD000, 0x22: 0xD0F0}))


def _unassigned() -> Case:
    hops = route(SERVER)
    bars = tuple(replace(bar, start=None) if bar.index == 0 else bar for bar in hops[CARD].bars)
    reason = "the BAR has no address: the kernel assigned none"
    found = case(SERVER, outcome=Outcome.UNREACHABLE, reason=reason, others=everybody(Outcome.UNREACHABLE))
    return replace(found, route=changed(hops, CARD, {BAR_0: 0, BAR_0 + 2: 0}, bars=bars), mapped_start=None)


def _d3hot() -> Case:
    hops = route(SERVER)
    at = at_capability(hops[CARD], "power_management", 4)
    return case(SERVER, route=changed(hops, CARD, {at: word(hops[CARD], at) | 3}, power_state="D3hot"))


def _time_out() -> Case:
    hops = route(SERVER)
    port = len(hops) - 2
    at = at_capability(hops[port], "aer", 4)
    return case(SERVER, route=changed(hops, port, {at: COMPLETION_TIMEOUT}, uncorrectable_rise=1))


def _legitimate() -> Case:
    asked = read(KERNEL, ONES, *FAR, at=10)
    again = tuple(read(way, ONES, *FAR, at=at) for at in (20, 30) for way in (KERNEL, USER))
    return case(SERVER, others=(*again, *everybody(OK)), read=asked)


def _mapping_revoked() -> Case:
    hops = changed(route(SERVER), CARD, driver="nvidia")
    denied = everybody(OK, Outcome.DENIED)
    return case(SERVER, access=USER, outcome=Outcome.FAULT, reason="SIGBUS", route=hops, others=denied)


def _locked_down() -> Case:
    reason = "EPERM: the kernel is locked down"
    return case(SERVER, access=USER, outcome=Outcome.DENIED, reason=reason, others=everybody(OK, Outcome.DENIED))


def _mapping_refused() -> Case:
    reason = "EINVAL: a driver owns BAR 0 exclusively"
    return case(BOX, access=USER, outcome=Outcome.DENIED, reason=reason, others=everybody(OK, Outcome.DENIED))


F = FailureClass
LAB: Mapping[str, Expected] = {
    "decoding is off at the function": Expected(
        F.DECODE_OFF, ("memory decoding is off at 0000:09:00.0",), lambda: _decode_off(BOX, CARD)
    ),
    "decoding is off at a bridge": Expected(
        F.DECODE_OFF, ("memory decoding is off at 0000:02:00.0",), lambda: _decode_off(SERVER, 1)
    ),
    "removed in the middle of a pass": Expected(
        F.REMOVED, ("the slot of 0000:08:01.0 is empty", "the link of 0000:08:01.0 is down"), _removed
    ),
    "a BAR that moved under a user mapping": Expected(
        F.STALE_MAPPING, ("BAR 0 is at 0xd0000000 now", "the kernel reads the same register"), _moved_under_a_mapping
    ),
    "a BAR outside the window of a bridge": Expected(
        F.OUTSIDE_WINDOW, ("outside of what 0000:03:08.0 forwards",), _outside_the_window
    ),
    "a BAR that got no address": Expected(F.BAR_UNASSIGNED, ("assigned none",), _unassigned),
    "a function in D3hot": Expected(F.D3HOT, ("0000:04:00.0 is in D3hot",), _d3hot),
    "reads that time out": Expected(
        F.DEVICE_DEAD_CONFIG_ALIVE, ("0000:03:08.0 logged a completion timeout", "none of 9 reads"), _time_out
    ),
    "a register that holds all ones": Expected(
        F.LEGITIMATE_ONES, ("pmc.boot_0 in the same BAR 0 is read well", "read again 2 times"), _legitimate
    ),
    "a driver takes the BAR for itself": Expected(F.DENIED, ("SIGBUS", "nvidia"), _mapping_revoked),
    "a locked kernel": Expected(F.DENIED, ("locked down",), _locked_down),
    "a mapping that is refused": Expected(F.DENIED, ("owns BAR 0",), _mapping_refused),
}
