"""Where functions of a Windows machine are now, and whether they may be touched through a mapping.

The driver judges its own reads. A load from a mapping asks nobody, so the configuration manager is asked before it: a
function that is gone, that did not start, or that may have lost its power is left alone.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from barwatch_agent.reads import Target
from barwatch_agent.topology.windows_now import Now, Standing
from barwatch_proto.pci import Address

AWAKE = frozenset({"D0", None})  # None: Windows does not know, as for devices without power management


@dataclass(slots=True)
class DevnodePlaces:
    """As the configuration manager has it, which is asked once in a pass, for all functions of it."""

    now: Now
    _latest: Mapping[Address, Standing] = field(default_factory=dict)

    def refusals(self, addresses: Iterable[Address]) -> dict[Address, str]:
        """The functions among these that must not be touched, and why."""
        wanted = set(addresses)
        self._latest = self.now.look(wanted)
        reasons = ((address, refusal(address, self._latest.get(address))) for address in wanted)
        return {address: reason for address, reason in reasons if reason is not None}

    def identity(self, address: Address) -> Hashable | None:
        """The function's instance id."""
        known = self._latest.get(address)
        return None if known is None else known.instance_id

    def start_now(self, target: Target) -> int | None:
        """Where the target's BAR is, as the function was assigned its ranges."""
        return next((bar.start for bar in self.now.bars(target.function.address) if bar.index == target.bar), None)

    def close(self) -> None:
        """Nothing is open."""


def refusal(address: Address, known: Standing | None) -> str | None:
    """Why a function must not be touched; None when it may be."""
    if known is None:
        return f"the function is gone: Windows has none at {address}"
    if known.problem:
        return f"Windows has not started the function: problem code {known.problem}"
    for hop, power in known.power.items():
        if hop != address and power not in AWAKE:
            return f"the bridge {hop} upstream is in {power}, and a read would find no link"
    if known.power.get(address) == "D3" and known.can_be_cold is not False:
        return "the function is in D3, which may be D3cold: it may have no power"
    return None
