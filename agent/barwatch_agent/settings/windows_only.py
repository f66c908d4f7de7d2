"""Protections that only Windows has: asked for by name, so that a fleet of both answers in one table."""

from barwatch_agent.roots import Roots
from barwatch_agent.settings.answers import absent, setting
from barwatch_proto.snapshot import Setting

DEVICE_GUARD = "Win32_DeviceGuard"  # the WMI class that tells on Windows
SOURCES = {"vbs": DEVICE_GUARD, "hvci": DEVICE_GUARD, "credential_guard": DEVICE_GUARD}


def probe(_roots: Roots) -> tuple[Setting, ...]:
    """Virtualization-based security, memory integrity and Credential Guard: absent."""
    return tuple(setting(name, source, absent("a feature of Windows")) for name, source in SOURCES.items())
