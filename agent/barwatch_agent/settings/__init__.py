"""The platform's settings: one fact per probe, each with its source, and "not there" told from "could not read"."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from barwatch_agent.roots import Roots
from barwatch_agent.settings import (
    acpi_tables,
    aspm,
    chassis,
    dmi,
    iommu,
    kernel,
    kernel_options,
    lockdown,
    os_build,
    power_source,
    secure_boot,
    thunderbolt,
    tpm,
    virtual_machine,
    windows_only,
)
from barwatch_agent.settings.answers import setting, unreadable
from barwatch_proto.snapshot import Setting


@dataclass(frozen=True, slots=True)
class Probe:
    """A function that reads one setting or a family, with the source of each setting by name."""

    sources: Mapping[str, str]
    read: Callable[[Roots], tuple[Setting, ...]]


PROBES = (
    Probe(secure_boot.SOURCES, secure_boot.probe),
    Probe(lockdown.SOURCES, lockdown.probe),
    Probe(iommu.SOURCES, iommu.probe),
    Probe(thunderbolt.SOURCES, thunderbolt.probe),
    Probe(acpi_tables.SOURCES, acpi_tables.probe),
    Probe(windows_only.SOURCES, windows_only.probe),
    Probe(aspm.SOURCES, aspm.probe),
    Probe(tpm.SOURCES, tpm.probe),
    Probe(dmi.SOURCES, dmi.probe),
    Probe(os_build.SOURCES, os_build.probe),
    Probe(kernel.SOURCES, kernel.probe),
    Probe(kernel_options.SOURCES, kernel_options.probe),
    Probe(chassis.SOURCES, chassis.probe),
    Probe(power_source.SOURCES, power_source.probe),
    Probe(virtual_machine.SOURCES, virtual_machine.probe),
)


def read_settings(roots: Roots, probes: Iterable[Probe] = PROBES) -> tuple[Setting, ...]:
    """Every setting, always the same ones in the same order. Never raises: a probe that fails costs only its own."""
    return tuple(found for probe in probes for found in _read(probe, roots))


def _read(probe: Probe, roots: Roots) -> tuple[Setting, ...]:
    try:
        return probe.read(roots)
    except Exception as exc:  # noqa: BLE001 an error nobody thought of in one probe must not cost the other settings
        reason = f"the probe failed: {type(exc).__name__}: {exc}"
        return tuple(setting(name, source, unreadable(reason)) for name, source in probe.sources.items())
