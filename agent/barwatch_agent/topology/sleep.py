"""Whether reading configuration space would wake something: the kernel resumes the bridges above a function for it.

Source: Linux drivers/pci/pci.c, pci_config_pm_runtime_get.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from barwatch_proto.pci import Address

ASLEEP = frozenset({"suspended", "suspending"})


@dataclass(frozen=True, slots=True)
class Power:
    """The power of one function as the OS tells it; None when it does not."""

    state: str | None
    runtime_status: str | None

    @property
    def is_asleep(self) -> bool:
        """Whether an access would have to wake it first."""
        return self.state == "D3cold" or self.runtime_status in ASLEEP


def sleeper(chain: Sequence[Address], power: Mapping[Address, Power]) -> Address | None:
    """The first function on a route that is asleep, root port first; None when all are awake."""
    return next((hop for hop in chain if hop in power and power[hop].is_asleep), None)


def would_wake(hop: Address) -> str:
    """Why configuration space was not read."""
    return f"not read: {hop} is asleep, reading would wake it"
