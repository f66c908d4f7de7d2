"""The kernel's policy for PCIe link power states."""

from barwatch_agent.roots import Roots
from barwatch_agent.settings.answers import Answer, ask_file, chosen
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

SOURCES = {"aspm_policy": "/sys/module/pcie_aspm/parameters/policy"}


def probe(roots: Roots) -> tuple[Setting, ...]:
    """The policy in force: ``default``, ``performance``, ``powersave`` or ``powersupersave``."""
    return tuple(ask_file(roots, name, at, "this kernel has no ASPM support", policy) for name, at in SOURCES.items())


def policy(text: str) -> Answer:
    """What ``[default] performance powersave powersupersave`` says.

    Raises:
        NotUnderstood: no policy is in brackets.

    Source: drivers/pci/pcie/aspm.c, pcie_aspm_get_policy().
    """
    return Answer(State.VALUE, chosen(text), text)
