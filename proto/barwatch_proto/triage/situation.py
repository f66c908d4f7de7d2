"""A case decoded once, with the few derived things that many questions ask for."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from barwatch_proto.pci import all_ones
from barwatch_proto.topology import Bar
from barwatch_proto.triage.case import Case, CaseRead
from barwatch_proto.triage.hop import HopFacts, Seen, decode_hop, look
from barwatch_proto.words import Access, Outcome

NOWHERE = HopFacts(name="the function")  # a case without a route
Place = tuple[str, int | None, int]  # register, BAR, offset


@dataclass(frozen=True)
class Situation:
    """What the questions of questions_*.py are asked of."""

    case: Case

    @property
    def read(self) -> CaseRead:
        """The read that is asked about."""
        return self.case.read

    @cached_property
    def looks(self) -> tuple[Seen, ...]:
        """The bytes of each hop of the case."""
        return tuple(look(hop) for hop in self.case.route)

    @cached_property
    def hops(self) -> tuple[HopFacts, ...]:
        """The route, root port first; at least the function."""
        return tuple(map(decode_hop, self.case.route, self.looks)) or (NOWHERE,)

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
    def ports(self) -> tuple[HopFacts | None, ...]:
        """The ports below which the route may break off; the one above the function when it does not.

        More than one where it is not known who answers. None stands for a port above the first hop.
        """
        last = self.hops.index(self.fallen) if self.fallen else len(self.hops) - 1
        alive = max((at for at, hop in enumerate(self.hops) if hop.is_silent is False), default=-1)
        doubtful = [at for at in range(last) if at > alive and self.hops[at].is_silent is None]
        return tuple(self.hops[at - 1] if at else None for at in (*doubtful, last))

    @property
    def bar(self) -> Bar | None:
        """The BAR that the register is in, as the OS lists it; None when not known, or there is none."""
        return next((bar for bar in self.function.bars or () if bar.index == self.read.bar), None)

    @property
    def bar_register(self) -> int | None:
        """The address that the register of that BAR holds; None when not known."""
        held, index = self.function.bar_registers, self.read.bar
        return None if held is None or index is None else held.get(index)

    @property
    def is_in_bar(self) -> bool:
        """Whether memory was read, and not configuration space."""
        return self.read.access is not Access.CONFIG

    @property
    def place(self) -> Place:
        """The register that is asked about."""
        return place_of(self.read)

    @cached_property
    def since(self) -> tuple[CaseRead, ...]:
        """Other reads, without those that say nothing of the trouble.

        These are reads that were over before, and those of registers that are to read as all ones and do: a failed
        read would be as good.
        """
        begin = self.read.taken_at_ns
        return tuple(
            each
            for each in self.case.others
            if (begin is None or each.taken_at_ns is None or each.taken_at_ns >= begin) and not _may_have_failed(each)
        )

    def again(self, access: Access) -> list[Outcome]:
        """What the same register gave to an access, the read itself left out."""
        return [each.outcome for each in self.since if each.access is access and place_of(each) == self.place]

    def elsewhere(self, *accesses: Access) -> Iterator[CaseRead]:
        """Reads of other registers by these accesses."""
        return (each for each in self.since if each.access in accesses and place_of(each) != self.place)


def _may_have_failed(read: CaseRead) -> bool:
    return read.outcome is Outcome.OK and read.value == all_ones(read.width)


def place_of(read: CaseRead) -> Place:
    """Which register a read is of."""
    return read.register, read.bar, read.offset
