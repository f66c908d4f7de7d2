"""Recording a running machine: the paths of ``sources``, as they are read now, and no others."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from posixpath import basename, dirname

from barwatch_agent.recorded.host import MAX_CONFIG, RecordedHost
from barwatch_agent.recorded.paths import is_name, lead
from barwatch_agent.recorded.sources import SOURCES, Kind, Source
from barwatch_agent.roots import MAX_TEXT, Roots, why
from barwatch_agent.settings.answers import read_start
from barwatch_agent.topology.linux import asleep
from barwatch_agent.topology.sysfs_config import read_config_space
from barwatch_proto.pci import ADDRESS, Address

MAX_LINKS = 40  # on the way to one path, as the kernel's MAXSYMLINKS
GONE = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR}  # absent, or vanished while we looked


def record(roots: Roots, name: str, description: str) -> RecordedHost:
    """The machine behind the roots, as far as it can be read.

    What vanishes meanwhile is left out; what cannot be read is recorded as such, with the reason. BARs are not touched:
    which registers may be read is the plan's business.
    """
    recorder = _Recorder(roots)
    for source in SOURCES:
        for place in recorder.places(source.path):
            recorder.take(source, place)
    return RecordedHost(
        name=name,
        description=description,
        source="Recorded on a running Linux. BARs were not read.",
        files=recorder.files,
        links=recorder.links,
        config=recorder.config,
        binary=recorder.binary,
        unreadable=recorder.unreadable,
        empty_folders=recorder.empty_folders(),
    )


@dataclass(slots=True)
class _Recorder:
    """Walks the roots by names that hold no link, and keeps what it finds under these names."""

    roots: Roots
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    config: dict[str, bytes] = field(default_factory=dict)
    binary: dict[str, bytes] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    def places(self, pattern: str) -> Iterator[str]:
        """The paths that a pattern stands for, without links in them; the links are recorded on the way."""
        top, *parts = pattern.split("/")
        yield from self._below(top, parts)

    def take(self, source: Source, place: str) -> None:
        """Keep of one path what its source says, without waking anything."""
        if source.wakes and self._is_asleep(basename(dirname(place))):
            return
        try:
            self._keep(source, place)
        except OSError as exc:
            self.files.pop(place, None)  # its existence may have been recorded before
            self.folders.discard(place)
            if exc.errno not in GONE:
                self.unreadable[place] = why(exc)

    def empty_folders(self) -> tuple[str, ...]:
        """Folders that exist and of which nothing else is recorded."""
        leaves = {*self.files, *self.links, *self.config, *self.binary, *self.unreadable, *self.folders}
        filled = {above for leaf in leaves for above in _above(leaf)}
        return tuple(sorted(self.folders - filled))

    def _below(self, place: str, parts: list[str]) -> Iterator[str]:
        if not parts:
            yield place
            return
        for name in self._names(place, parts[0]):
            found = self._followed(f"{place}/{name}")
            if found is not None:
                yield from self._below(found, parts[1:])

    def _names(self, place: str, pattern: str) -> list[str]:
        if "*" not in pattern:
            return [pattern]
        try:
            names = sorted(os.listdir(self._real(place)))  # noqa: PTH208 - names, not paths
        except OSError:
            return []
        if not names:
            self.folders.add(place)
        return [name for name in names if fnmatchcase(name, pattern) and is_name(name)]

    def _followed(self, place: str) -> str | None:
        """Where a path leads once links are followed; each link that stays among the roots is recorded."""
        for _ in range(MAX_LINKS):
            target = _link_target(self._real(place))
            if target is None:
                return place
            further = lead(place, target)
            if further is None:
                return place  # it leaves the roots: what it leads to is kept in its place
            self.links[place] = target
            place = further
        return None

    def _keep(self, source: Source, place: str) -> None:
        real = self._real(place)
        if source.kind is Kind.EXISTENCE:
            self._keep_existence(place, real)
        elif source.kind is Kind.TEXT:
            self.files[place] = _cut(source.keep(_read(real, MAX_TEXT).decode(errors="replace")))
        elif source.kind is Kind.CONFIG:
            self._keep_config(place, real)
        else:
            self.binary[place] = read_start(self.roots, f"/{place}", source.length)
            self.files.pop(place, None)

    def _keep_config(self, place: str, real: Path) -> None:
        """As the scanner reads it, which spares registers that need not exist."""
        config, problem = read_config_space(str(real))
        if config:
            self.config[place] = config[:MAX_CONFIG]
        elif real.exists():
            self.unreadable[place] = problem or "empty"

    def _keep_existence(self, place: str, real: Path) -> None:
        if real.is_dir():
            self.folders.add(place)
        elif real.exists():
            self.files[place] = ""

    def _is_asleep(self, name: str) -> bool:
        return ADDRESS.fullmatch(name) is not None and asleep(self.roots, Address.parse(name)) is not None

    def _real(self, place: str) -> Path:
        top, _, rest = place.partition("/")
        above: Path = getattr(self.roots, top)
        return above / rest


def _above(place: str) -> Iterator[str]:
    while place := dirname(place):
        yield place


def _cut(text: str) -> str:
    """At most what a recorded file may hold: rubbish grows when it is decoded."""
    return text.encode()[:MAX_TEXT].decode(errors="ignore")


def _link_target(path: Path) -> str | None:
    try:
        return str(path.readlink())
    except OSError:
        return None


def _read(path: Path, limit: int) -> bytes:
    """Up to ``limit`` bytes, however few the kernel gives at a time."""
    with path.open("rb", buffering=0) as file:
        data = b""
        while len(data) < limit and (piece := file.read(limit - len(data))):
            data += piece
    return data
