"""What WMI tells of virtualization-based security: the only source for Credential Guard.

Source: Microsoft Learn, "Enable memory integrity", section "Win32_DeviceGuard WMI class".
"""

from importlib import import_module

from barwatch_agent.windows.facts import Fact, Refusal
from barwatch_agent.windows.sources import DEVICE_GUARD_NAMES

MONIKER = r"winmgmts:{impersonationLevel=impersonate}!root\Microsoft\Windows\DeviceGuard"
QUERY = "SELECT * FROM Win32_DeviceGuard"


def ask_device_guard() -> Fact:
    """The numbers of Win32_DeviceGuard, a line for each name; through pywin32, which the service needs anyway."""
    try:
        client = import_module("win32com.client")
    except ImportError as error:
        return Refusal(0, f"pywin32 is not installed: {error}")
    try:
        found = list(client.GetObject(MONIKER).ExecQuery(QUERY))
        return "".join(f"{name}={_numbers(getattr(found[0], name))}\n" for name in DEVICE_GUARD_NAMES).encode()
    except Exception as error:  # noqa: BLE001 COM errors are a class of pywin32's own, with no common ancestor
        return Refusal(_code(error), f"WMI: {type(error).__name__}")


def _numbers(value: object) -> str:
    values = value if isinstance(value, list | tuple) else (value,)
    return ",".join(str(each) for each in values if isinstance(each, int))


def _code(error: Exception) -> int:
    code = getattr(error, "hresult", 0)
    return code & 0xFFFFFFFF if isinstance(code, int) else 0
