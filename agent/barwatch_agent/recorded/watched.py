"""A sampler over a machine or a recording: reads are booked as a running agent books them."""

from collections.abc import Sequence
from dataclasses import dataclass

from barwatch_agent.access import RegisterReader
from barwatch_agent.accounts import Accounts
from barwatch_agent.breaker import Breaker
from barwatch_agent.clock import Clock
from barwatch_agent.reads import Target
from barwatch_agent.sampler import Sampler, Watch, watch
from barwatch_agent.second_look import SecondLook
from barwatch_proto.fingerprint import topology_fingerprint
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.words import Access, Outcome


@dataclass(slots=True)
class Tireless(Breaker):
    """Lets every read through: a recording has its pauses already."""

    def allows(self, key: str, elapsed_ns: int) -> bool:  # noqa: ARG002 the one answer
        """Always."""
        return True


def sampler(accounts: Accounts, second_look: SecondLook, clock: Clock, breaker: Breaker | None = None) -> Sampler:
    """A sampler that tells nobody how many reads came to what."""
    return Sampler(accounts, second_look, clock, _unheard, breaker or Breaker())


def watched(
    snapshot: Snapshot, readers: Sequence[RegisterReader], targets: Sequence[Target], accounts: Accounts
) -> Watch:
    """Every target by every reader whose access it asks for, each with its account."""
    routes = {route[-1].key: route for route in snapshot.topology.routes()}
    prints = {key: topology_fingerprint(route) for key, route in routes.items()}
    wanted = [
        (target, reader.access, prints[target.function.key])
        for reader in readers
        for target in targets
        if reader.access in target.register.accesses
    ]
    return watch(readers, targets, accounts.begin(snapshot.id, wanted, snapshot.taken_at_ns), routes)


def _unheard(_access: Access, _outcome: Outcome | None, _count: int) -> None:
    """Nobody counts here."""
