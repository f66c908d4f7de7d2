"""A recorded host from its text: TOML against a schema, nothing evaluated."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from barwatch_agent.errors import ConfigError
from barwatch_agent.recorded.bars import BarContent, BarValue
from barwatch_agent.recorded.hexdump import from_hexdump
from barwatch_agent.recorded.host import MAX_CONFIG, RecordedHost
from barwatch_agent.recorded.reads_text import ReadsTable, reads_of
from barwatch_agent.roots import MAX_TEXT, why

FORMAT = 1
MAX_DOCUMENT = 8 << 20  # bytes


class _Host(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    description: str
    source: str


class _Bar(msgspec.Struct, forbid_unknown_fields=True):
    length: int
    fill: int = 0x00
    values: dict[str, int] = {}


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    host: _Host
    empty_folders: list[str] = []
    files: dict[str, str | dict[str, str]] = {}
    links: dict[str, str | dict[str, str]] = {}
    config: dict[str, str] = {}
    binary: dict[str, str] = {}
    bars: dict[str, _Bar] = {}
    unreadable: dict[str, str] = {}
    reads: ReadsTable | None = None


def load(path: Path) -> RecordedHost:
    """The recorded host in a file.

    Raises:
        ConfigError: the file cannot be read, is not of this format, or holds what must not be unpacked.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_DOCUMENT + 1)
    except OSError as exc:
        msg = f"{path}: {why(exc)}"
        raise ConfigError(msg) from exc
    return parse(data, str(path))


def parse(data: bytes, where: str) -> RecordedHost:
    """The recorded host in a text; ``where`` names it in errors.

    Raises:
        ConfigError: as for ``load``.
    """
    if len(data) > MAX_DOCUMENT:
        msg = f"{where}: more than the {MAX_DOCUMENT} bytes of a recorded host"
        raise ConfigError(msg)
    try:
        return _host(msgspec.convert(_current(tomllib.loads(data.decode())), _Document))
    except (ValueError, msgspec.MsgspecError, RecursionError, ConfigError) as exc:
        msg = f"{where}: {exc}"
        raise ConfigError(msg) from exc


def _current(document: dict[str, object]) -> dict[str, object]:
    """The document, if it is of the format that we know; judged first, since another format has other fields."""
    found = document.get("format")
    if isinstance(found, int) and found > FORMAT:
        msg = f"format is {found}, and this version reads format {FORMAT}: a newer barwatch wrote it; use that one"
        raise ConfigError(msg)
    if found != FORMAT:
        msg = f"format is {found!r}, and this version reads format {FORMAT}; is this a recorded host?"
        raise ConfigError(msg)
    return document


def _host(document: _Document) -> RecordedHost:
    return RecordedHost(
        name=document.host.name,
        description=document.host.description,
        source=document.host.source,
        files=_flat(document.files),
        links=_flat(document.links),
        config={path: _bytes(path, text, MAX_CONFIG) for path, text in document.config.items()},
        binary={path: _bytes(path, text, MAX_TEXT) for path, text in document.binary.items()},
        bars={path: _bar(path, bar) for path, bar in document.bars.items()},
        unreadable=document.unreadable,
        empty_folders=tuple(sorted(document.empty_folders)),
        reads=None if document.reads is None else reads_of(document.reads),
    )


def _flat(grouped: Mapping[str, str | dict[str, str]]) -> dict[str, str]:
    """Whole paths, whether written whole or as a folder and names."""
    flat: dict[str, str] = {}
    for key, value in grouped.items():
        entries = {key: value} if isinstance(value, str) else {f"{key}/{name}": text for name, text in value.items()}
        if twice := flat.keys() & entries.keys():
            msg = f"{min(twice)!r}: named twice"
            raise ConfigError(msg)
        flat |= entries
    return flat


def _bytes(path: str, text: str, limit: int) -> bytes:
    try:
        return from_hexdump(text, limit)
    except ValueError as exc:
        msg = f"{path!r}: {exc}"
        raise ConfigError(msg) from exc


def _bar(path: str, bar: _Bar) -> BarContent:
    values = sorted(_value(path, key, value) for key, value in bar.values.items())
    return BarContent(bar.length, bar.fill, tuple(values))


def _value(path: str, key: str, value: int) -> BarValue:
    offset, _, width = key.partition(":")
    try:
        return BarValue(int(offset, 16), int(width), value)
    except ValueError as exc:
        msg = f"{path!r}: {key!r} is not an offset and a width, for example '0x1f380:4'"
        raise ConfigError(msg) from exc
