"""An evidence file as a case, or an error that says file, key and reason."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from barwatch_agent.errors import ConfigError
from barwatch_agent.triage.as_case import Wrong, as_case
from barwatch_agent.triage.entry import FORMAT, EvidenceEntry
from barwatch_agent.user_file import read_limited
from barwatch_proto.triage import Case, FailureClass

MAX_BYTES = 1 << 20  # a report with 32 configuration spaces is half of it


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """What a file says: the case, where it comes from, and what it should come to."""

    where: str
    summary: str
    source: str
    expect: FailureClass | None  # None: the file does not say
    case: Case


def load(file: Path) -> EvidenceFile:
    """The evidence in a file.

    Raises:
        ConfigError: it cannot be read, or a key is wrong.
    """
    return parse(_read(file), str(file))


def parse(text: str, where: str) -> EvidenceFile:
    """The evidence that a text holds.

    Args:
        text: the file.
        where: its name, for messages.

    Raises:
        ConfigError: ``where: reason``, with the key in it.
    """
    try:
        entry = _entry(text)
        return EvidenceFile(where, entry.summary, entry.source, entry.expect, as_case(entry))
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, Wrong) as exc:
        msg = f"{where}: {exc}"
        raise ConfigError(msg) from exc
    except RecursionError as exc:
        msg = f"{where}: nested too deeply"
        raise ConfigError(msg) from exc


def _entry(text: str) -> EvidenceEntry:
    document = tomllib.loads(text)
    version = document.get("format", FORMAT)
    if version != FORMAT:
        msg = f"format: this is {version!r}; this version of barwatch knows format {FORMAT}"
        raise Wrong(msg)
    return msgspec.convert(document, EvidenceEntry)


def _read(file: Path) -> str:
    content = read_limited(file, MAX_BYTES, f"longer than {MAX_BYTES >> 20} MiB: this is no evidence file")
    try:
        return content.decode()
    except UnicodeDecodeError as exc:
        msg = f"{file}: not UTF-8"
        raise ConfigError(msg) from exc
