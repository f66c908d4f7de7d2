"""Settings that only Linux has: asked for by name, so that a fleet of both answers in one table."""

from barwatch_agent.settings.answers import absent, setting, unreadable
from barwatch_proto.snapshot import Setting

LINUX = "Linux"
ABSENT = ("lockdown", "kernel_tainted", "kernel_options", "iommu_mode", "iommu_requested")
NOT_TOLD = "thunderbolt_security"  # the domains have a level on Windows, too: the firmware keeps it to itself
SOURCES = {**dict.fromkeys(ABSENT, LINUX), NOT_TOLD: "Thunderbolt firmware"}


def probe() -> tuple[Setting, ...]:
    """Absent; the security level of Thunderbolt domains is there and no call of Windows tells it."""
    found = [setting(name, LINUX, absent("a feature of Linux")) for name in ABSENT]
    return (*found, setting(NOT_TOLD, SOURCES[NOT_TOLD], unreadable("no call of Windows tells it")))
