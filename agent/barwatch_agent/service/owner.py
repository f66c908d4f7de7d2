r"""Whose a file is: the service follows one in %ProgramData%, where any user may put a file before the installer comes.

Source: aclapi.h, GetNamedSecurityInfo; Microsoft Learn, "Well-known SIDs". Calls are those of pywin32's win32security.
"""

import sys
from pathlib import Path

from barwatch_agent.errors import ConfigError
from barwatch_agent.windows.calls import Library

Sid = object  # pywin32's own, which nobody looks into
SYSTEM, ADMINISTRATORS = "S-1-5-18", "S-1-5-32-544"


def check_owner_here(file: Path) -> None:
    """Of this system; elsewhere than on Windows every file passes.

    Raises:
        ConfigError: see check_owner.
    """
    if sys.platform == "win32":
        from importlib import import_module  # noqa: PLC0415 only Windows has it

        check_owner(file, Path(sys.executable), import_module("win32security"))


def check_owner(file: Path, program: Path, win32security: Library) -> None:
    """Pass a file of the system's, of administrators, or of the owner of the program, who could change that as well.

    Raises:
        ConfigError: it is somebody else's, or Windows does not say whose.
    """
    try:
        owner, ours = (_owner(path, win32security) for path in (file, program))
        if _text(owner, win32security) in {SYSTEM, ADMINISTRATORS, _text(ours, win32security)}:
            return
        name = _name(owner, win32security)
    except win32security.error as error:
        msg = f"{file}: Windows does not tell whose it is: {error.strerror}"
        raise ConfigError(msg) from error
    msg = (
        f"{file} belongs to {name}, who could change it later, and is not followed. Read it; then, as administrator: "
        f'icacls "{file}" /setowner *{ADMINISTRATORS} and icacls "{file}" /reset, or delete it'
    )
    raise ConfigError(msg)


def _owner(path: Path, win32security: Library) -> Sid:
    security = win32security.GetNamedSecurityInfo(
        str(path), win32security.SE_FILE_OBJECT, win32security.OWNER_SECURITY_INFORMATION
    )
    return security.GetSecurityDescriptorOwner()


def _text(sid: Sid, win32security: Library) -> str:
    return str(win32security.ConvertSidToStringSid(sid))


def _name(sid: Sid, win32security: Library) -> str:
    r"""``MACHINE\user``, or the number of an account that is gone."""
    try:
        name, domain, _ = win32security.LookupAccountSid(None, sid)
    except win32security.error:
        return _text(sid, win32security)
    return f"{domain}\\{name}"
