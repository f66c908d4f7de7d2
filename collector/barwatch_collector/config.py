"""What the collector is told: options before environment before file before defaults. The only reader of all three."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from barwatch_collector.errors import ConfigError

PREFIX = "BARWATCH_COLLECTOR_"
MAX_PORT = 65_535
DATABASE_FILE = "barwatch.db"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address to listen on."""

    host: str
    port: int  # 0: any free one

    @classmethod
    def parse(cls, text: str) -> Self:
        """The endpoint that ``host:port`` or ``[::1]:port`` means.

        Raises:
            ValueError: the text is not of that form.
        """
        host, colon, port = text.rpartition(":")
        bare = host.removeprefix("[").removesuffix("]")
        if not colon or not bare or not (port.isascii() and port.isdigit()) or int(port) > MAX_PORT:
            msg = f"{text!r} is not host:port with a port from 0 to {MAX_PORT}, for example 127.0.0.1:7443"
            raise ValueError(msg)
        return cls(bare, int(port))

    def __str__(self) -> str:
        """The form that ``parse`` reads."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class CollectorConfig:
    """All that varies between two collectors."""

    state: Path = Path(".barwatch/collector")  # folder of the embedded database
    database_url: str = ""  # empty: SQLite in the state folder
    grpc_address: Endpoint = Endpoint("127.0.0.1", 7443)
    http_address: Endpoint = Endpoint("127.0.0.1", 7480)
    max_waiting_batches: int = 4096  # received and not committed; beyond it agents are told to come back
    max_waiting_bytes: int = 128 << 20  # the same, in bytes on the wire
    retry_after_ms: int = 2000  # how long an agent that was sent away stays away

    @property
    def database(self) -> str:
        """The database that is meant."""
        return self.database_url or f"sqlite:///{self.state / DATABASE_FILE}"


def load_config(options: Mapping[str, object], environ: Mapping[str, str], file: Path | None = None) -> CollectorConfig:
    """The configuration that options, environment and file amount to.

    Args:
        options: by field name, as a command line gives them; None where it gives none.
        environ: looked up with the prefix BARWATCH_COLLECTOR_ and the field name in capitals.
        file: TOML with the field names as keys; None: no file.

    Raises:
        ConfigError: unknown key, wrong type, value out of range, unreadable file.
    """
    values = _from_file(file) if file else {}
    values |= _from_environ(environ)
    for name, value in options.items():
        if value is not None:
            values[name] = _parsed(name, value, f"option --{name.replace('_', '-')}")
    return CollectorConfig(**values)


def _from_file(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as exc:
        msg = f"{file}: cannot be read: {exc.strerror}"
        raise ConfigError(msg) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        msg = f"{file}: not TOML: {exc}"
        raise ConfigError(msg) from exc
    return {name: _parsed(name, value, f"{file}: {name}") for name, value in table.items()}


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    names = {PREFIX + field.name.upper(): field.name for field in fields(CollectorConfig)}
    return {name: _parsed(name, environ[key], key) for key, name in names.items() if key in environ}


def _parsed(name: str, value: object, where: str) -> object:
    parse = _PARSERS.get(name)
    if parse is None:
        msg = f"{where}: no such key; there are {', '.join(sorted(_PARSERS))}"
        raise ConfigError(msg)
    try:
        return parse(value)
    except ValueError as exc:
        msg = f"{where}: {exc}"
        raise ConfigError(msg) from exc


def _text(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    msg = f"{value!r} is not a text of at least one character"
    raise ValueError(msg)


def _path(value: object) -> Path:
    return value if isinstance(value, Path) else Path(_text(value))


def _endpoint(value: object) -> Endpoint:
    return value if isinstance(value, Endpoint) else Endpoint.parse(_text(value))


def _count(value: object) -> int:
    digits = str(value)
    if isinstance(value, bool) or not (digits.isascii() and digits.isdigit()) or int(digits) < 1:
        msg = f"{value!r} is not a whole number from 1 up"
        raise ValueError(msg)
    return int(digits)


_PARSERS: Mapping[str, Callable[[object], object]] = {
    "state": _path,
    "database_url": _text,
    "grpc_address": _endpoint,
    "http_address": _endpoint,
    "max_waiting_batches": _count,
    "max_waiting_bytes": _count,
    "retry_after_ms": _count,
}
