"""Topology and settings as one snapshot, and what of it changed since the last look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from barwatch_agent.topology import Scanner
from barwatch_proto.snapshot import HostFacts, Setting, Snapshot
from barwatch_proto.topology import FunctionState


@dataclass(slots=True)
class Inventory:
    """Looks at the machine; each argument reads it anew. ``ways_in`` tells which accesses work."""

    scanner: Scanner
    settings: Callable[[], Sequence[Setting]]
    ways_in: Callable[[], Sequence[Setting]]
    facts: Callable[[], HostFacts]
    now_ns: Callable[[], int]

    def look(self) -> Snapshot:
        """The machine as it is now."""
        scan = self.scanner.scan()
        settings = (*self.settings(), *self.ways_in())
        return Snapshot(self.now_ns(), self.facts(), scan.topology, settings, scan.states)


@dataclass(slots=True)
class StateChanges:
    """Function states as last told: a link that retrains and comes back is two changes."""

    _told: dict[str, FunctionState] = field(default_factory=dict)

    def since_last(self, states: Sequence[FunctionState]) -> list[FunctionState]:
        """The states that say something new, apart from their time."""
        changed = [state for state in states if _content(state) != _content(self._told.get(state.key))]
        self._told.update({state.key: state for state in changed})
        return changed


def _content(state: FunctionState | None) -> tuple[object, ...] | None:
    if state is None:
        return None
    return (
        state.power_state,
        state.runtime_status,
        state.link_speed_gts,
        state.link_width,
        state.is_memory_decoding,
        state.aer_correctable,
        state.aer_nonfatal,
        state.aer_fatal,
    )
