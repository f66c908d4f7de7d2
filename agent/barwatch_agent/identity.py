"""Who this agent is: a UUID in the state folder, and a lock, so that two agents never write to one spool."""

import logging
import os
import sys
import uuid
from pathlib import Path
from typing import IO

from barwatch_agent.errors import ConfigError
from barwatch_agent.roots import read_text, why

log = logging.getLogger(__name__)


def agent_id(state: Path) -> str:
    """The agent's UUID; made at the first start and kept.

    An empty file is the trace of a power cut at the first start, before anything was sent under an id.

    Raises:
        ConfigError: the state folder cannot be used, or the file does not hold a UUID.
    """
    path = state / "agent-id"
    try:
        return str(uuid.UUID(_kept(path) or _made(path)))
    except OSError as error:
        msg = f"{path}: {why(error)}; name another folder with --state"
        raise ConfigError(msg) from error
    except ValueError as error:
        msg = f"{path}: not a UUID; remove the file to let this machine appear as a new host"
        raise ConfigError(msg) from error


def _kept(path: Path) -> str:
    """What the file holds; empty when there is none, or when a power cut left it without contents."""
    try:
        text = read_text(path)
    except FileNotFoundError:
        return ""
    if not text:
        log.warning("%s is empty, as a power cut leaves it: this machine gets a new id and appears as a new host", path)
    return text


def _made(path: Path) -> str:
    """A new id, on the disk before it is used: written aside and renamed, so that the file is never there by halves."""
    identity = str(uuid.uuid4())
    aside = path.with_name(f"{path.name}.new")
    with aside.open("w") as file:
        file.write(f"{identity}\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    _sync_folder(path.parent)
    return identity


def _sync_folder(folder: Path) -> None:
    """The rename reaches the disk too; Windows opens no folders, and its journal keeps the order."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def lock(state: Path) -> IO[str]:
    """An open file that keeps other agents out of the state folder until it is closed or the process ends.

    Raises:
        ConfigError: another agent is running with this folder, or it cannot be made.
    """
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = (state / "lock").open("w")
    except OSError as error:
        msg = f"{state}: {why(error)}; name another state folder with --state"
        raise ConfigError(msg) from error
    try:
        _keep_others_out(file)
    except OSError as error:
        file.close()
        msg = f"{state}: another agent is running with this state folder; stop it, or name another with --state"
        raise ConfigError(msg) from error
    return file


def _keep_others_out(file: IO[str]) -> None:
    """Until the file is closed.

    Raises:
        OSError: another process does.
    """
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 only Windows has it

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415 Windows has none

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
