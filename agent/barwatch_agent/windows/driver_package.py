"""The barwatch driver's package in Windows' driver store: put there, and taken away again.

Source: newdev.h; Microsoft Learn, "DiInstallDriverW function", "DiUninstallDriverW function" (Windows 10 1703).
"""

import ctypes
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from barwatch_agent.windows.calls import POINTER, U32, Library, bound, last_error

SERVICE = "barwatch"
EXTENSION_ID = "{6d3f1d5e-58a2-4a6b-9d0c-3c1e0b7f9a41}"  # of barwatch.inf and barwatch-bridges.inf, in every version
NO_BETTER_MATCH = 259  # ERROR_NO_MORE_ITEMS: in the store, and no device here wants it
NOT_THERE = frozenset({2, 3, 1060})  # no file, no path, ERROR_SERVICE_DOES_NOT_EXIST
MEANING = {  # winerror.h, setupapi.h; the last of Microsoft Learn, "Device installation error codes"
    5: "only an administrator may",
    0x800B0100: "the package has no signature that Windows accepts: deploy/windows/NOT-RUN.md says how to sign it",
    0x800B0109: "it is signed by somebody whom this machine does not trust: is it a test signature?",
    0xE000022F: "the package has no catalog: barwatch.cat belongs beside the INF",
    0xE0000241: "its signer is not known to this machine as a publisher to trust: install the certificate there first",
    0xE0000242: "nobody said that its signer is to be trusted: put the certificate among the trusted publishers first",
    0xE0000243: "this machine was told not to trust its signer",
    0xE0000247: "Windows could not add it to the driver store: %SystemRoot%\\INF\\setupapi.dev.log says why",
    0xE000024B: "the catalog does not list these files: it was made for others",
}


class PackageError(OSError):
    """Windows did not do it; ``strerror`` says why, ``errno`` is its number."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left to do."""

    needs_restart: bool
    is_for_nobody: bool = False  # no function of this machine is one of the package's


@dataclass(frozen=True, slots=True)
class DriverStore:
    """Calls of newdev.dll; ``delete_service`` takes a service's entry away and raises OSError.

    ``published`` has the INF files of all packages in the store, by the names that Windows gave them.
    """

    newdev: Library
    delete_service: Callable[[str], None]
    published: Callable[[], Iterable[Path]]

    def install(self, inf: Path) -> Outcome:
        """Into the store, and onto the stacks of the functions that the INF lists.

        Windows starts these functions anew, so a screen may go dark for a moment; where it cannot, it wants a restart.

        Raises:
            PackageError: Windows refuses.
        """
        code, needs_restart = self._call("DiInstallDriverW", inf)
        if code == NO_BETTER_MATCH:
            return Outcome(needs_restart=False, is_for_nobody=True)
        if code:
            raise _refused(code)
        return Outcome(needs_restart)

    def remove(self, inf: Path) -> Outcome:
        """Out of the store and off the stacks, and the driver's service with its policy; what is not there is no error.

        So is every other package of barwatch's, older or with the bridges: Windows would put its filter on the stacks
        in place of this one's, and a device whose filter has no service does not start. If one stays, the service does.

        Raises:
            PackageError: Windows refuses.
        """
        needs_restart = self._uninstall(inf)
        for other in filter(is_ours, self.published()):
            needs_restart |= self._uninstall(other)
        try:
            self.delete_service(SERVICE)
        except OSError as error:
            if (error.errno or 0) not in NOT_THERE:
                raise _refused(error.errno or 0) from error
        return Outcome(needs_restart)

    def _uninstall(self, inf: Path) -> bool:
        code, needs_restart = self._call("DiUninstallDriverW", inf)
        if code and code != NO_BETTER_MATCH and code not in NOT_THERE:
            raise _refused(code)
        return needs_restart

    def _call(self, name: str, inf: Path) -> tuple[int, bool]:
        """Win32 error or 0, and whether Windows has to be restarted."""
        call = bound(self.newdev, name, U32, POINTER, ctypes.c_wchar_p, U32, POINTER)
        needs_restart = U32()
        is_done = call(None, str(inf), 0, ctypes.byref(needs_restart))
        error = 0 if is_done else last_error() & 0xFFFFFFFF  # ctypes gives it as a signed number
        return error, bool(needs_restart.value)


def published_infs(windows: Path) -> list[Path]:
    r"""Those of the packages in the driver store: %SystemRoot%\INF has a copy of each, as oem and a number."""
    return sorted((windows / "INF").glob("oem*.inf"))


def is_ours(inf: Path) -> bool:
    """Whether a package is barwatch's, whatever Windows calls it; one that went meanwhile is not."""
    try:
        return EXTENSION_ID.encode() in inf.read_bytes().lower()
    except OSError:
        return False


def _refused(code: int) -> PackageError:
    return PackageError(code, MEANING.get(code, f"Windows error {code:#x}"))
