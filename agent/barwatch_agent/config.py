"""What the agent is told: options, environment and a TOML file, in this order of precedence, as one frozen value."""

import ctypes
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from barwatch_agent.errors import ConfigError
from barwatch_agent.roots import why

PREFIX = "BARWATCH_AGENT_"
MAX_FILE_BYTES = 1 << 20  # a configuration is a page; what is longer is another file, or a device that never ends
Seconds = Annotated[float, msgspec.Meta(ge=0.1, le=3600)]
Hostname = Annotated[str, msgspec.Meta(max_length=255)]  # what the protocol takes; no DNS name is longer
DEFAULT_SYSFS = "/sys"
UserMapping = Literal["auto", "driver", "sysfs"]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every key may stand in the file, as BARWATCH_AGENT_KEY in the environment, or as --key on the command line."""

    collector: str = "127.0.0.1:7443"  # host:port of the collector's gRPC
    state: str = ""  # folder for identity and spool; empty: /var/lib/barwatch-agent, or the user's own
    metrics: str = "127.0.0.1:7481"  # host:port of /metrics; "off" serves none
    sysfs: str = DEFAULT_SYSFS  # a copy of another machine's may stand in; proc, etc and dev are its neighbours
    plan: tuple[str, ...] = ()  # files with registers besides the built-in ones
    simulate: str = ""  # file with simulated registers; then no real one is read
    user_mapping: UserMapping = "auto"  # who maps BARs for the user access; auto: the driver where it has a policy
    hostname: Hostname = ""  # empty: what the system says
    flush: Seconds = 10.0  # between batches, in seconds
    rescan: Seconds = 60.0  # between looks at topology and settings, in seconds
    spool_mib: Annotated[int, msgspec.Meta(ge=1, le=65_536)] = 256  # what may wait for the collector


def load(options: Mapping[str, object], environ: Mapping[str, str], file: Path | None) -> Config:
    """The configuration that options, environment and file amount to.

    Args:
        options: from the command line; None means not given.
        environ: the environment.
        file: a TOML file, or None.

    Raises:
        ConfigError: says which of the three is wrong, where and why.
    """
    given: dict[str, Any] = {}
    for source, values in (
        (str(file), _from_file(file)),
        ("the environment", _from_environment(environ)),
        ("the command line", {key: value for key, value in options.items() if value not in (None, ())}),
    ):
        try:
            msgspec.convert(values, Config, strict=False)
        except msgspec.ValidationError as error:
            msg = f"{source}: {error}"
            raise ConfigError(msg) from error
        given |= values
    return msgspec.convert(given, Config, strict=False)


def state_folder(config: Config, environ: Mapping[str, str], *, is_root: bool) -> Path:
    """Where identity and spool live."""
    if config.state:
        return Path(config.state)
    if sys.platform == "win32":
        return windows_state_folder(environ, is_root=is_root)
    else:  # noqa: RET505 mypy knows a platform by its branch
        return linux_state_folder(environ, is_root=is_root)


def linux_state_folder(environ: Mapping[str, str], *, is_root: bool) -> Path:
    """Where identity and spool live on Linux: the machine's for root, or the user's."""
    if is_root:
        return Path("/var/lib/barwatch-agent")
    home = Path(environ.get("HOME") or ".")
    return Path(environ.get("XDG_STATE_HOME") or home / ".local/state") / "barwatch-agent"


def windows_state_folder(environ: Mapping[str, str], *, is_root: bool) -> Path:
    """Where identity and spool live on Windows: the machine's for an administrator and the service, or the user's."""
    return Path(environ.get("PROGRAMDATA" if is_root else "LOCALAPPDATA") or ".") / "barwatch-agent"


def split_address(name: str, text: str) -> tuple[str, int]:
    """Host and port of ``host:port``.

    Raises:
        ConfigError: not of that form.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:  # noqa: PLR2004 the last TCP port
        msg = f"--{name} {text}: expected HOST:PORT, for example 127.0.0.1:7481"
        raise ConfigError(msg)
    return host.strip("[]"), int(port)


def environment() -> Mapping[str, str]:
    """The process environment; nobody else reads it."""
    return os.environ


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for key in Config.__struct_fields__:
        text = environ.get(PREFIX + key.upper())
        if text is not None:
            values[key] = tuple(text.split(os.pathsep)) if key == "plan" else text
    return values


def _from_file(file: Path | None) -> dict[str, object]:
    if file is None:
        return {}
    try:
        values = msgspec.toml.decode(_contents(file))
    except OSError as error:
        msg = f"{file}: {why(error)}"
        raise ConfigError(msg) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        msg = f"{file}: {error}"
        raise ConfigError(msg) from error
    return dict(values)


def _contents(file: Path) -> bytes:
    """All of a file that may be a configuration; one byte more than that is enough to refuse it."""
    with file.open("rb") as opened:
        contents = opened.read(MAX_FILE_BYTES + 1)
    if len(contents) > MAX_FILE_BYTES:
        msg = f"{file}: longer than {MAX_FILE_BYTES >> 20} MiB: this is no configuration file"
        raise ConfigError(msg)
    return contents


def is_root() -> bool:
    """Whether we are root, or an administrator of a Windows machine with all rights."""
    if sys.platform == "win32":
        return bool(ctypes.WinDLL("shell32").IsUserAnAdmin())
    else:  # noqa: RET505 mypy knows a platform by its branch
        return os.geteuid() == 0
