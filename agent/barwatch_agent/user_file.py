"""Files that users write, read up to a limit: what is longer is another file, or a device that never ends."""

from pathlib import Path

from barwatch_agent.errors import ConfigError
from barwatch_agent.roots import why


def read_limited(file: Path, max_bytes: int, too_long: str) -> bytes:
    """All of a file. One byte more than the limit is enough to refuse it.

    Args:
        file: what to read.
        max_bytes: the longest that it may be.
        too_long: what is said of a longer one.

    Raises:
        ConfigError: ``file: reason``.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(max_bytes + 1)
    except OSError as exc:
        msg = f"{file}: cannot be read: {why(exc)}"
        raise ConfigError(msg) from exc
    if len(content) > max_bytes:
        msg = f"{file}: {too_long}"
        raise ConfigError(msg)
    return content
