"""Where BARs were when they were mapped: what tells a stale mapping from one that leads where it should."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from barwatch_agent.reads import Target
from barwatch_agent.roots import Roots, read_text
from barwatch_agent.topology.attributes import assigned_bars
from barwatch_proto.pci import Address

Place = tuple[Address, Hashable, int]  # function at its address, and BAR


@dataclass(slots=True)
class MappedStarts:
    """Addresses of BARs at the time of their first load by a mapping process: it keeps its mappings."""

    start_now: Callable[[Target], int | None]  # as the OS has it now, which may be later than the snapshot
    _process: int | None = None
    _starts: dict[Place, int | None] = field(default_factory=dict)
    _before: dict[Place, int | None] = field(default_factory=dict)  # when the latest pass began

    def begin(self) -> None:
        """A pass begins: a mapping that it ends was where it is now."""
        self._before = dict(self._starts)

    def note(self, process: int | None, target: Target, identity: Hashable) -> None:
        """The process has just loaded a register of the target's BAR."""
        if process != self._process:
            self._process = process
            self._starts.clear()
        key = _key(target, identity)
        if key not in self._starts:
            self._starts[key] = self.start_now(target)

    def start(self, target: Target, identity: Hashable) -> int | None:
        """Where the mapping that the latest pass used first leads; None when there was none, or nobody knows."""
        key = _key(target, identity)
        return self._before[key] if key in self._before else self._starts.get(key)


def start_in_sysfs(roots: Roots, target: Target) -> int | None:
    """Where the target's BAR is now."""
    file = roots.sys / "bus/pci/devices" / str(target.function.address) / "resource"
    try:
        bars = assigned_bars(read_text(file)) or ()
    except (OSError, ValueError):
        return None
    return next((bar.start for bar in bars if bar.index == target.bar), None)


def _key(target: Target, identity: Hashable) -> Place:
    return target.function.address, identity, -1 if target.bar is None else target.bar
