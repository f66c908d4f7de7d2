"""The libraries of Windows as values, and calls of theirs with fixed-width types.

``wintypes`` has other sizes on Linux; here every type has the size that it has on 64-bit Windows, so that structures
and calls are the same wherever they are tested.
"""

import ctypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

U8, U16, U32, U64 = ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, ctypes.c_uint64
SIZE, POINTER = ctypes.c_size_t, ctypes.c_void_p
Library = Any  # what ctypes.WinDLL makes: an attribute for each export


@dataclass(frozen=True, slots=True)
class Libraries:
    """What the agent calls; None where the system does not have it."""

    cfgmgr32: Library
    kernel32: Library
    ntdll: Library
    powrprof: Library | None = None
    tbs: Library | None = None
    wevtapi: Library | None = None


def of_this_system() -> Libraries:
    """The libraries of the running Windows.

    Raises:
        OSError: this is no Windows, or one without what every Windows has.
    """
    if sys.platform != "win32":
        msg = "not Windows"
        raise OSError(msg)
    else:  # noqa: RET506 mypy knows a platform by its branch
        return Libraries(
            cfgmgr32=ctypes.WinDLL("cfgmgr32"),
            kernel32=ctypes.WinDLL("kernel32", use_last_error=True),
            ntdll=ctypes.WinDLL("ntdll"),
            powrprof=_optional("powrprof"),
            tbs=_optional("tbs"),
            wevtapi=_optional("wevtapi"),
        )


def bound(library: Library, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:  # noqa: ANN401 ctypes types
    """An export with its types.

    Raises:
        OSError: this Windows does not have it.
    """
    try:
        function = getattr(library, name)
    except AttributeError as error:
        msg = f"this Windows has no {name}"
        raise OSError(msg) from error
    function.restype, function.argtypes = result, list(arguments)
    return function  # type: ignore[no-any-return]


def last_error() -> int:
    """The Win32 error of the latest call; 0 where there is none."""
    if sys.platform == "win32":
        return ctypes.get_last_error()
    else:  # noqa: RET505 mypy knows a platform by its branch
        return ctypes.get_errno()


def _optional(name: str) -> Library | None:
    if sys.platform == "win32":
        try:
            return ctypes.WinDLL(name, use_last_error=True)
        except OSError:
            return None
    else:
        return None
