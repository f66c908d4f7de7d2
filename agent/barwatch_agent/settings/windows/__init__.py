"""The settings of a Windows machine: those of Linux under their names where they mean the same, and Windows' own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from barwatch_agent.settings.probing import Probe, read_each
from barwatch_agent.settings.windows import (
    acpi,
    aspm,
    code_integrity,
    device_guard,
    dma_remapping,
    linux_only,
    power,
    secure_boot,
    smbios,
    tpm,
    version,
    virtual_machine,
)
from barwatch_agent.windows.facts import Devnode, Facts
from barwatch_proto.snapshot import Setting


@dataclass(frozen=True, slots=True)
class Told:
    """What the probes look at."""

    facts: Facts
    devices: Sequence[Devnode]


PROBES: tuple[Probe[Told], ...] = (
    Probe(secure_boot.SOURCES, lambda told: secure_boot.probe(told.facts)),
    Probe(linux_only.SOURCES, lambda _: linux_only.probe()),
    Probe(acpi.IOMMU_SOURCES, lambda told: acpi.iommu(told.facts)),
    Probe(device_guard.DMA_SOURCES, lambda told: device_guard.dma_protection(told.facts)),
    Probe(acpi.SOURCES, lambda told: acpi.probe(told.facts)),
    Probe(device_guard.SOURCES, lambda told: device_guard.probe(told.facts)),
    Probe(aspm.SOURCES, lambda told: aspm.probe(told.facts)),
    Probe(tpm.SOURCES, lambda told: tpm.probe(told.facts)),
    Probe(smbios.SOURCES, lambda told: smbios.probe(told.facts)),
    Probe(version.SOURCES, lambda told: version.probe(told.facts)),
    Probe(power.SOURCES, lambda told: power.probe(told.facts)),
    Probe(virtual_machine.SOURCES, lambda told: virtual_machine.probe(told.facts)),
    Probe(code_integrity.SOURCES, lambda told: code_integrity.probe(told.facts)),
    Probe(dma_remapping.SOURCES, lambda told: dma_remapping.probe(told.devices)),
)


def read_windows_settings(told: Told, probes: Iterable[Probe[Told]] = PROBES) -> tuple[Setting, ...]:
    """Every setting of a Windows machine, as ``read_each`` says."""
    return read_each(probes, told)
