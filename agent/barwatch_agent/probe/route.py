"""The route of a function that fails, hop by hop, and the hop at which it breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from barwatch_agent.probe.judging import Card
from barwatch_agent.probe.looking import Look
from barwatch_proto.pci import WindowKind
from barwatch_proto.telemetry import ConfigSpace
from barwatch_proto.topology import Bar, Function, FunctionState, Window
from barwatch_proto.triage import FailureClass

NO_ANSWER = b"\xff\xff"  # the Vendor ID that nobody has: PCIe Base Spec 6.0, 2.3.1
AWAKE = {"D0", "unknown", "error"}  # Documentation/ABI/testing/sysfs-bus-pci, power_state
ENDS_THERE = {
    FailureClass.CONTAINED,
    FailureClass.REMOVED,
    FailureClass.LINK_DOWN,
    FailureClass.NOT_READY,
    FailureClass.HUNG,
    FailureClass.HIDDEN,
}
NOWHERE = {FailureClass.DENIED, FailureClass.LEGITIMATE_ONES, FailureClass.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Hop:
    """One function of a route as it was found; None where nothing tells."""

    function: Function
    state: FunctionState | None
    space: ConfigSpace | None  # as the second look found it
    bar: Bar | None  # the BAR of the function at the end in which reads fail

    @property
    def is_silent(self) -> bool:
        """Whether nobody answers here."""
        return self.space is not None and (bool(self.space.is_gone) or self.space.data[:2] == NO_ANSWER)

    @property
    def power(self) -> str | None:
        """As the OS tells it, the second look's word first."""
        told = self.space.power_state if self.space else None
        return told or (self.state.power_state if self.state else None)

    @property
    def is_asleep(self) -> bool:
        """Whether it forwards, or answers, nothing for want of power."""
        runtime = self.space.runtime_status if self.space else None
        return (self.power not in {None, *AWAKE}) or runtime == "suspended"

    @property
    def is_decoding(self) -> bool | None:
        """Whether memory decoding is on."""
        return self.state.is_memory_decoding if self.state else None

    @property
    def windows(self) -> Sequence[Window]:
        """The memory windows of a bridge."""
        return [window for window in self.function.windows if window.kind is not WindowKind.IO]

    @property
    def window(self) -> Window | None:
        """The window that holds the BAR; None when none does."""
        bar = self.bar
        if bar is None or bar.start is None:
            return None
        last = bar.start + bar.length_bytes - 1
        return next((window for window in self.windows if window.start <= bar.start and last <= window.end), None)

    @property
    def keeps_bar_out(self) -> bool:
        """Whether it is a bridge whose windows are known and do not hold the BAR."""
        bar = self.bar
        return bool(bar and bar.start is not None and self.windows) and self.window is None


def hops(found: Look, card: Card) -> tuple[Hop, ...]:
    """The route of the card's function, root port first."""
    states = {state.key: state for state in found.snapshot.states}
    evidence = found.evidence.get(card.function.key)
    spaces = {space.address: space for space in evidence.route} if evidence else {}
    bar = _bar(card)
    return tuple(
        Hop(function, states.get(function.key), spaces.get(function.address), bar)
        for function in found.snapshot.topology.route(card.function)
    )


def break_at(failure: FailureClass, route: Sequence[Hop]) -> int | None:
    """The hop at which the route breaks; None where the class names none."""
    last = len(route) - 1
    signs: Mapping[FailureClass, Sequence[bool]] = {
        FailureClass.UPSTREAM_ASLEEP: [hop.is_asleep for hop in route[:-1]],
        FailureClass.OUTSIDE_WINDOW: [hop.keeps_bar_out for hop in route[:-1]],
        FailureClass.DECODE_OFF: [hop.is_decoding is False for hop in route],
        FailureClass.MARGINAL_LINK: [bool(hop.space and hop.space.correctable_rise) for hop in route],
        **{ends: [hop.is_silent for hop in route] for ends in ENDS_THERE},
    }
    if failure in NOWHERE:
        return None
    return next((index for index, is_there in enumerate(signs.get(failure, ())) if is_there), last)


def _bar(card: Card) -> Bar | None:
    wanted = next((read.target.bar for read in card.reads if read.target.bar is not None), None)
    return next((bar for bar in card.function.bars if bar.index == wanted), None)
