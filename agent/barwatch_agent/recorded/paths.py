"""Paths in a recorded host: what may be named, and where a link may lead, so that unpacking never leaves its folder."""

from collections.abc import Iterable
from posixpath import dirname

from barwatch_agent.errors import ConfigError

TOPS = ("sys", "proc", "etc", "dev", "windows")
MAX_PATH = 1024  # characters; the longest path of a deep sysfs has about 300
MAX_NAME = 255  # bytes of one component: NAME_MAX of Linux file systems


def check_path(path: str) -> None:
    """Accept a relative path below one of the folders of a machine, without detours.

    Raises:
        ConfigError: anything else.
    """
    parts = path.split("/")
    if parts[0] not in TOPS or len(parts) < 2:  # noqa: PLR2004 - a folder and something in it
        msg = f"{path!r}: a path has to lie below {', '.join(TOPS)}"
        raise ConfigError(msg)
    if len(path) > MAX_PATH or any(not is_name(part) for part in parts):
        msg = f"{path!r}: a path has at most {MAX_PATH} characters and no empty, '.', '..' or unprintable parts"
        raise ConfigError(msg)


def check_link(path: str, target: str) -> None:
    """Accept a link that stays inside: relative, with ``..`` only at its beginning, as sysfs makes them.

    A ``..`` behind a name could turn back through another link; so it is refused, and what is left can be judged
    without following anything.

    Raises:
        ConfigError: the link leaves the folder, or could.
    """
    parts = target.split("/")
    ups = next((index for index, part in enumerate(parts) if part != ".."), len(parts))
    if ups > path.count("/") or any(not is_name(part) for part in parts[ups:]) or len(target) > MAX_PATH:
        msg = f"{path!r}: the link leads to {target!r}, out of the recorded host or by a detour"
        raise ConfigError(msg)


def check_no_overlap(leaves: Iterable[str]) -> None:
    """Accept paths of which each is named once and none lies below another.

    Raises:
        ConfigError: two entries claim one place.
    """
    known: set[str] = set()
    for path in leaves:
        if path in known:
            msg = f"{path!r}: named twice"
            raise ConfigError(msg)
        known.add(path)
    for path in known:
        above = dirname(path)
        while above:
            if above in known:
                msg = f"{path!r}: lies below {above!r}, which is no folder"
                raise ConfigError(msg)
            above = dirname(above)


def lead(path: str, target: str) -> str | None:
    """Where a link at ``path`` leads, by the names alone; None when it leaves the recorded host, or could."""
    try:
        check_link(path, target)
    except ConfigError:
        return None
    parts = target.split("/")
    ups = parts.count("..")
    found = path.split("/")[:-1][: path.count("/") - ups] + parts[ups:]
    return "/".join(found) if found and found[0] in TOPS else None


def is_name(part: str) -> bool:
    """Whether this can be the name of a file or folder in a recorded host."""
    return part not in {"", ".", ".."} and part.isprintable() and len(part.encode(errors="replace")) <= MAX_NAME
