"""Who this agent is: a UUID in the state folder, and a lock, so that two agents never write to one spool."""

import contextlib
import sys
import uuid
from pathlib import Path
from typing import IO

from barwatch_agent.errors import ConfigError
from barwatch_agent.roots import why


def agent_id(state: Path) -> str:
    """The agent's UUID; made at the first start and kept.

    Raises:
        ConfigError: the state folder cannot be used, or the file does not hold a UUID.
    """
    path = state / "agent-id"
    try:
        with contextlib.suppress(FileExistsError), path.open("x") as file:
            file.write(f"{uuid.uuid4()}\n")
        return str(uuid.UUID(path.read_text().strip()))
    except OSError as error:
        msg = f"{path}: {why(error)}; name another folder with --state"
        raise ConfigError(msg) from error
    except ValueError as error:
        msg = f"{path}: not a UUID; remove the file to let this machine appear as a new host"
        raise ConfigError(msg) from error


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
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415 Windows has none

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            msg = f"{state}: another agent is running with this state folder; stop it, or name another with --state"
            raise ConfigError(msg) from error
    return file
