"""A recorded host in memory: checked when it is made, so that unpacking it can only make files below its folder."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import basename, dirname

from barwatch_agent.errors import ConfigError
from barwatch_agent.recorded.bars import BarContent, check_bar, offset_in_page, write_bar
from barwatch_agent.recorded.paths import TOPS, check_link, check_no_overlap, check_path
from barwatch_agent.recorded.series import RecordedReads
from barwatch_agent.roots import MAX_TEXT, Roots, why

MAX_ENTRIES = 20_000  # files, links, BARs, values of BARs: a server with 600 functions needs 15,000
MAX_CONFIG = 4096  # bytes of an extended configuration space: PCIe Base Spec 6.0, 7.2


@dataclass(frozen=True, slots=True)
class RecordedHost:
    """One machine: what its files hold, where its links lead, what its BARs show. All keys are paths.

    Raises:
        ConfigError: a path or link leaves the folder, two entries claim one place, or something is too large.
    """

    name: str
    description: str
    source: str  # what was recorded, what was transcribed from where, what was filled in
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, bytes] = field(default_factory=dict)  # as far as it could be read: 64 bytes for ordinary users
    binary: Mapping[str, bytes] = field(default_factory=dict)
    bars: Mapping[str, BarContent] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)  # and why
    empty_folders: tuple[str, ...] = ()
    reads: RecordedReads | None = None  # None: nobody read registers while it was recorded

    def __post_init__(self) -> None:
        _check_count(self)
        for path in _leaves(self):
            check_path(path)
        check_no_overlap(_leaves(self))
        for path, target in self.links.items():
            check_link(path, target)
        for path, bar in self.bars.items():
            check_bar(path, bar)
        for path, length, limit in _sizes(self):
            if length > limit:
                msg = f"{path!r}: {length} bytes are more than the {limit} that fit here"
                raise ConfigError(msg)

    def unpack(self, folder: Path) -> Roots:
        """Make the machine's folders below ``folder`` and return where they are.

        What is unreadable becomes a folder in place of the file, so that reading fails for root too.

        Raises:
            ConfigError: the folder is not empty, or the disk refuses.
        """
        try:
            _lay_down(self, folder)
        except OSError as exc:
            msg = f"{folder}: cannot unpack {self.name}: {why(exc)}"
            raise ConfigError(msg) from exc
        return Roots.beside(folder / "sys")


def _leaves(host: RecordedHost) -> Iterator[str]:
    for paths in (host.files, host.links, host.config, host.binary, host.bars, host.unreadable, host.empty_folders):
        yield from paths


def _sizes(host: RecordedHost) -> Iterator[tuple[str, int, int]]:
    """Path, length and limit of all that has contents."""
    yield from ((path, len(text.encode()), MAX_TEXT) for path, text in host.files.items())
    yield from ((path, len(data), MAX_CONFIG) for path, data in host.config.items())
    yield from ((path, len(data), MAX_TEXT) for path, data in host.binary.items())


def _check_count(host: RecordedHost) -> None:
    count = sum(1 for _ in _leaves(host)) + sum(len(bar.values) for bar in host.bars.values())
    if count > MAX_ENTRIES:
        msg = f"{count} entries are more than the {MAX_ENTRIES} of a recorded host"
        raise ConfigError(msg)


def _lay_down(host: RecordedHost, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        msg = f"{folder}: not empty; unpack into a new folder"
        raise ConfigError(msg)
    for place in (*TOPS, *host.unreadable, *host.empty_folders):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for above in {(folder / path).parent for path in _leaves(host)}:
        above.mkdir(parents=True, exist_ok=True)
    for path, text in host.files.items():
        (folder / path).write_bytes(text.encode())
    for path, data in (*host.config.items(), *host.binary.items()):
        (folder / path).write_bytes(data)
    for path, bar in host.bars.items():
        resource = host.files.get(f"{dirname(path)}/resource", "")
        write_bar(folder / path, bar, offset_in_page(basename(path), resource))
    for path, target in host.links.items():  # last, so that nothing is written through a link
        (folder / path).symlink_to(target)
