"""The settings of a Windows machine: those of Linux under their names where they mean the same, and Windows' own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from barwatch_agent.settings.answers import setting, unreadable
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


@dataclass(frozen=True, slots=True)
class Probe:
    """A function that decodes one setting or a family, with the source of each setting by name."""

    sources: Mapping[str, str]
    read: Callable[[Told], tuple[Setting, ...]]


PROBES = (
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


def read_windows_settings(told: Told, probes: Iterable[Probe] = PROBES) -> tuple[Setting, ...]:
    """Every setting, always the same ones in the same order. Never raises: a probe that fails costs only its own."""
    return tuple(found for probe in probes for found in _read(probe, told))


def _read(probe: Probe, told: Told) -> tuple[Setting, ...]:
    try:
        return probe.read(told)
    except Exception as exc:  # noqa: BLE001 an error nobody thought of in one probe must not cost the other settings
        reason = f"the probe failed: {type(exc).__name__}: {exc}"
        return tuple(setting(name, source, unreadable(reason)) for name, source in probe.sources.items())
