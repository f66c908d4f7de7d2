"""What the firmware tells of DMA remapping: the ACPI tables DMAR, IVRS and SDEV, as Windows hands them out."""

from functools import partial

from barwatch_agent.settings.acpi_tables import opt_in
from barwatch_agent.settings.answers import Answer, absent, setting, unreadable
from barwatch_agent.settings.windows.asking import answer_of, ask_fact, fact_or_none
from barwatch_agent.windows.facts import Facts
from barwatch_agent.windows.sources import ACPI_NAMES, acpi, where
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

TABLES = {"dmar_table": "DMAR", "ivrs_table": "IVRS", "sdev_table": "SDEV"}
SOURCES = {"dma_remapping_opt_in": where(acpi("DMAR")), **dict.fromkeys(TABLES, where(ACPI_NAMES))}
DMA_GUARD = "dma_guard_policy"
IOMMU_SOURCES = {"iommu": where(DMA_GUARD)}
NO_TABLES = "no DMAR and no IVRS table: the firmware describes no IOMMU"


def probe(facts: Facts) -> tuple[Setting, ...]:
    """Which tables there are, and whether the firmware asks the system to remap DMA from the start."""
    present = [ask_fact(name, facts, ACPI_NAMES, partial(presence, table=table)) for name, table in TABLES.items()]
    return (_opt_in(facts), *present)


def presence(names: bytes, table: str) -> Answer:
    """Whether a table is among the signatures; a list without a single table is no answer."""
    if not names:
        return unreadable("Windows lists no ACPI table at all", "")
    return Answer(State.ON) if table in signatures(names) else absent("the firmware has no such table")


def signatures(names: bytes) -> frozenset[str]:
    """The tables of a list, four bytes for each."""
    return frozenset(names[at : at + 4].decode("ascii", errors="replace") for at in range(0, len(names), 4))


def iommu(facts: Facts) -> tuple[Setting, ...]:
    """On where Windows guards external ports with an IOMMU; off where the firmware describes none it could drive."""
    guard = fact_or_none(facts, DMA_GUARD)
    if guard and guard[0] == 1:
        return (setting("iommu", where(DMA_GUARD), Answer(State.ON, raw=guard.hex())),)
    names = fact_or_none(facts, ACPI_NAMES)
    if names and not {"DMAR", "IVRS"} & signatures(names):
        return (setting("iommu", where(ACPI_NAMES), Answer(State.OFF, raw=None)),)
    reason = "Windows tells that an IOMMU is in use only where it guards external ports with it"
    return (setting("iommu", where(DMA_GUARD), unreadable(reason)),)


def _opt_in(facts: Facts) -> Setting:
    """From DMAR, or from IVRS where there is no DMAR."""
    listed = fact_or_none(facts, ACPI_NAMES)
    if not listed:
        found = answer_of(facts, ACPI_NAMES, lambda names: presence(names, "DMAR"))
        return setting("dma_remapping_opt_in", where(ACPI_NAMES), found)
    table = next((name for name in ("DMAR", "IVRS") if name in signatures(listed)), None)
    if table is None:
        return setting("dma_remapping_opt_in", where(acpi("DMAR")), absent(NO_TABLES))
    return ask_fact("dma_remapping_opt_in", facts, acpi(table), lambda data: opt_in(data[:48]))
