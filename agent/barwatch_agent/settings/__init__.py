"""The platform's settings: one fact per probe, each with its source, and "not there" told from "could not read"."""

from collections.abc import Iterable

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
from barwatch_agent.settings.probing import Probe, read_each
from barwatch_proto.snapshot import Setting

__all__ = ["PROBES", "Probe", "read_settings"]

PROBES: tuple[Probe[Roots], ...] = (
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


def read_settings(roots: Roots, probes: Iterable[Probe[Roots]] = PROBES) -> tuple[Setting, ...]:
    """Every setting of a Linux machine, as ``read_each`` says."""
    return read_each(probes, roots)
