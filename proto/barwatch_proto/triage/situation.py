"""A case decoded once, with the few derived things that many questions ask for."""

from dataclasses import dataclass
from functools import cached_property

from barwatch_proto.topology import Bar
from barwatch_proto.triage.case import Case, CaseRead
from barwatch_proto.triage.hop import HopFacts, decode_hop
from barwatch_proto.words import Access, Outcome

NOWHERE = HopFacts("the function", *[None] * 18)  # a case without a route


@dataclass(frozen=True)
class Situation:
    """What the questions of questions_*.py are asked of."""

    case: Case

    @property
    def read(self) -> CaseRead:
        """The read that is asked about."""
        return self.case.read

    @cached_property
    def hops(self) -> tuple[HopFacts, ...]:
        """The route, root port first; at least the function."""
        return tuple(decode_hop(hop) for hop in self.case.route) or (NOWHERE,)

    @property
    def function(self) -> HopFacts:
        """The function that was read."""
        return self.hops[-1]

    @property
    def bridges(self) -> tuple[HopFacts, ...]:
        """Every hop above it, root port first."""
        return self.hops[:-1]

    @cached_property
    def fallen(self) -> HopFacts | None:
        """The hop nearest to the root for which nobody answers; None when there is none, or it is not known."""
        return next((hop for hop in self.hops if hop.is_silent), None)

    @cached_property
    def port(self) -> HopFacts | None:
        """The port above the hop where the route breaks off; above the function when it does not. None: no port."""
        broken = self.hops.index(self.fallen) if self.fallen else len(self.hops) - 1
        return self.hops[broken - 1] if broken else None

    @property
    def bar(self) -> Bar | None:
        """The BAR that the register is in, as the OS assigned it; None when not known, or there is none."""
        return next((bar for bar in self.function.bars or () if bar.index == self.read.bar), None)

    @property
    def is_in_bar(self) -> bool:
        """Whether memory was read, and not configuration space."""
        return self.read.access is not Access.CONFIG

    def outcomes(self, access: Access) -> list[Outcome]:
        """Of the same register by an access, the read itself left out."""
        return [
            each.outcome
            for each in self.case.others
            if each.access is access and (each.register, each.bar, each.offset) == self._place
        ]

    def elsewhere(self) -> list[CaseRead]:
        """Reads of other registers in the BARs of the function by the same access."""
        return [
            each
            for each in self.case.others
            if each.access is self.read.access and (each.register, each.bar, each.offset) != self._place
        ]

    @property
    def _place(self) -> tuple[str, int | None, int]:
        return self.read.register, self.read.bar, self.read.offset
