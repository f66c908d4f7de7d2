"""Whether the kernel drives an IOMMU, how its groups are translated, and what the command line asked for."""

from collections import Counter

from barwatch_agent.roots import Roots
from barwatch_agent.settings.answers import Answer, absent, ask, entries, read_each, word
from barwatch_agent.settings.kernel_options import CMDLINE, options, read_command_line
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

UNITS = "/sys/class/iommu"
GROUPS = "/sys/kernel/iommu_groups"
SOURCES = {"iommu": UNITS, "iommu_mode": f"{GROUPS}/*/type", "iommu_requested": CMDLINE}
ASKING = frozenset({"iommu", "intel_iommu", "amd_iommu", "iommu.passthrough", "iommu.strict"})


def probe(roots: Roots) -> tuple[Setting, ...]:
    """On or off; the default domain types in use, like ``DMA-FQ,identity``; the options that were given."""
    return (
        ask("iommu", UNITS, "this kernel has no IOMMU support", lambda: _units(entries(roots, UNITS))),
        ask("iommu_mode", SOURCES["iommu_mode"], "this kernel does not tell a group's type", lambda: _mode(roots)),
        ask("iommu_requested", CMDLINE, "no kernel command line", lambda: _requested(read_command_line(roots))),
    )


def _units(names: list[str] | None) -> Answer:
    if names is None:
        return absent("this kernel has no IOMMU support")
    return Answer(State.ON if names else State.OFF, raw=" ".join(names) or None)


def _mode(roots: Roots) -> Answer:
    groups = entries(roots, GROUPS)
    if not groups:
        return absent("no IOMMU groups")
    texts, errors = read_each(roots, (f"{GROUPS}/{group}/type" for group in groups))
    if not texts:
        raise errors[0]
    return mode(Counter(texts.values()), len(errors))


def mode(groups_of: Counter[str], unread: int) -> Answer:
    """The types in use from the number of groups of each; a group that came or went in mid-scan does not hide the rest.

    Raises:
        NotUnderstood: a type that is not one word.

    Source: drivers/iommu/iommu.c, iommu_group_show_type(): DMA, DMA-FQ, identity, blocked, unmanaged, unknown.
    """
    types = sorted(map(word, groups_of))
    counts = [f"{kind} {groups_of[kind]}" for kind in types] + ([f"unread {unread}"] if unread else [])
    return Answer(State.VALUE, ",".join(types), ", ".join(counts))


def _requested(command_line: str) -> Answer:
    asked = [option.text for option in options(command_line) if option.name in ASKING]
    if not asked:
        return absent("the kernel command line asks for nothing: the kernel's own default holds")
    return Answer(State.VALUE, " ".join(sorted(set(asked))), " ".join(asked))
