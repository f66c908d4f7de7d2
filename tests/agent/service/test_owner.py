"""Whose file the service follows; win32security is answered by the test."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from barwatch_agent.errors import ConfigError
from barwatch_agent.service.owner import check_owner, check_owner_here

FILE, PROGRAM = Path("agent.toml"), Path("python.exe")
SYSTEM, ADMINISTRATORS, USER = "S-1-5-18", "S-1-5-32-544", "S-1-5-21-1-2-3-1001"


class WindowsError(Exception):
    strerror = "Access is denied."


def windows(*, names=(), **owners):
    """A win32security for which a SID is its text; ``names`` by SID, others are gone."""

    def info(path, kind, wanted):
        assert (kind, wanted) == (1, 1)
        owner = owners.get(Path(path).stem)
        if owner is None:
            raise WindowsError
        return SimpleNamespace(GetSecurityDescriptorOwner=lambda: owner)

    def look_up(_machine, sid):
        if sid not in dict(names):
            raise WindowsError
        return dict(names)[sid], "LAPTOP", 1

    return SimpleNamespace(
        error=WindowsError,
        SE_FILE_OBJECT=1,
        OWNER_SECURITY_INFORMATION=1,
        GetNamedSecurityInfo=info,
        ConvertSidToStringSid=str,
        LookupAccountSid=look_up,
    )


@pytest.mark.parametrize(
    ("owner", "program"), [(SYSTEM, SYSTEM), (ADMINISTRATORS, SYSTEM), (USER, USER), (SYSTEM, USER)]
)
def test_a_file_of_those_who_could_change_the_service_is_followed(owner, program):
    check_owner(FILE, PROGRAM, windows(agent=owner, python=program))


@pytest.mark.parametrize(("names", "said"), [({USER: "eve"}, r"LAPTOP\\eve"), ({}, USER)])
def test_a_file_of_another_user_is_refused_with_what_to_do(names, said):
    with pytest.raises(ConfigError, match=rf"agent.toml belongs to {said}.*icacls .*S-1-5-32-544"):
        check_owner(FILE, PROGRAM, windows(agent=USER, python=SYSTEM, names=names.items()))


def test_a_file_of_which_windows_does_not_say_whose_it_is_is_refused():
    with pytest.raises(ConfigError, match="Access is denied"):
        check_owner(FILE, PROGRAM, windows(python=SYSTEM))


def test_linux_leaves_that_to_others():
    check_owner_here(Path("/nowhere/agent.toml"))
