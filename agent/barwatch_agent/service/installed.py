r"""What the installer was told and left for the service: HKLM\Software\barwatch, where only administrators write.

Not in the service's command line: an installer does not change that of a service that is there.
Source: deploy/windows/tables.py.
"""

import sys

from barwatch_agent.errors import ConfigError
from barwatch_agent.roots import why
from barwatch_agent.windows.calls import Library

KEY, VALUE = r"Software\barwatch", "Collector"
NAME = rf"HKLM\{KEY}, value {VALUE}"


def collector_here() -> str | None:
    """Of this system."""
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 only Windows has it

        return collector(winreg)
    else:  # noqa: RET505 mypy knows a platform by its branch
        return None


def collector(winreg: Library) -> str | None:
    """Host:port of the collector; None where no installer was here.

    Raises:
        ConfigError: it cannot be read, or is no text.
    """
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, KEY) as key:
            value, kind = winreg.QueryValueEx(key, VALUE)
    except FileNotFoundError:
        return None
    except OSError as exc:
        msg = f"{NAME}: {why(exc)}"
        raise ConfigError(msg) from exc
    if kind != winreg.REG_SZ:
        msg = f"{NAME} is not REG_SZ"
        raise ConfigError(msg)
    return str(value) or None
