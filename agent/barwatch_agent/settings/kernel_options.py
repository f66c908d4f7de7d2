"""The options of the kernel command line that matter to PCI. Never the whole line: it may hold secrets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from barwatch_agent.roots import Roots, read_text
from barwatch_agent.settings.answers import Answer, absent, ask, at
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

CMDLINE = "/proc/cmdline"
SOURCES = {"kernel_options": CMDLINE}
# Documentation/admin-guide/kernel-parameters.txt; pcie_acs_override comes with a well-known patch.
NAMES = frozenset({
    "pci", "iommu", "intel_iommu", "amd_iommu", "intremap", "iomem", "lockdown", "mem_encrypt", "module.sig_enforce",
    "efi", "noefi",
})  # fmt: skip
PREFIXES = ("pcie_", "pciehp.", "iommu.", "thunderbolt.")
WORD = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')  # double quotes hold blanks together, lib/cmdline.c next_arg()


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the command line; dashes in its name are underscores, as the kernel takes them."""

    name: str
    argument: str | None = None  # None for an option without "="

    @property
    def text(self) -> str:
        """As on the command line."""
        return self.name if self.argument is None else f"{self.name}={self.argument}"

    @property
    def matters(self) -> bool:
        """Whether it changes what PCI functions and their registers do."""
        return self.name in NAMES or self.name.startswith(PREFIXES)


def probe(roots: Roots) -> tuple[Setting, ...]:
    """The options that matter, sorted, like ``intel_iommu=on pci=nocrs``."""
    return (ask("kernel_options", CMDLINE, "no kernel command line", lambda: _matters(read_command_line(roots))),)


def read_command_line(roots: Roots) -> str:
    """The kernel command line; for `options`, never to be recorded.

    Raises:
        OSError: missing or unreadable.
    """
    return read_text(at(roots, CMDLINE))


def options(command_line: str) -> Iterator[Option]:
    """The options that matter to PCI, in the order given; what follows ``--`` belongs to init."""
    for item in WORD.findall(command_line):
        if item == "--":
            return
        name, equals, argument = item.replace('"', "").partition("=")
        option = Option(name.replace("-", "_"), argument if equals else None)
        if option.matters:
            yield option


def _matters(command_line: str) -> Answer:
    given = [option.text for option in options(command_line)]
    if not given:
        return absent("no option that matters to PCI is on the kernel command line")
    return Answer(State.VALUE, " ".join(sorted(set(given))), " ".join(given))
