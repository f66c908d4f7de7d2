"""A snapshot: all topology and settings of one host at one time, addressed by its content."""

import hashlib
import json
from dataclasses import dataclass

from barwatch_proto.plain import to_plain
from barwatch_proto.topology import FunctionState, Topology
from barwatch_proto.words import State


@dataclass(frozen=True, slots=True)
class Setting:
    """One platform fact, with where it came from."""

    name: str
    state: State
    source: str  # the file, table or call that told
    value: str | None = None  # decoded; None when on, off or absent says it all
    raw: str | None = None  # as read, kept next to what we made of it
    reason: str | None = None  # why it is absent or unreadable


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What names a machine and its make."""

    hostname: str
    system: str  # "linux" or "windows"
    hardware_uuid: str | None = None  # SMBIOS; an attribute, never the identity: cloned firmware is real
    machine_vendor: str | None = None
    machine_model: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All topology and settings of a host at one time.

    The id is 32 hex digits over what is configuration; time and states do not count, so it changes when the host does.
    It is computed once and travels along: a collector of another version, which knows other fields, would come to
    another one.
    """

    taken_at_ns: int
    host: HostFacts
    topology: Topology
    settings: tuple[Setting, ...]
    states: tuple[FunctionState, ...] = ()
    id: str = ""

    def __post_init__(self) -> None:
        """The id, where it did not come along."""
        if not self.id:
            object.__setattr__(self, "id", _content_id(self.host, self.topology, self.settings))

    def setting(self, name: str) -> Setting | None:
        """The setting of that name; None when nobody looked for it."""
        return next((setting for setting in self.settings if setting.name == name), None)


def _content_id(*parts: object) -> str:
    text = json.dumps(to_plain(parts), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
