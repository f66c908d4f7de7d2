"""The attributes of every place that was read, from the snapshots that held then.

A snapshot's id is its content, so what was derived from it stays true: ``Facts`` that live long decode each snapshot
once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import Connection

from barwatch_collector.attributes import of_access, of_functions, of_host
from barwatch_collector.questions.snapshots import snapshots
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.words import Access

AT_ONCE = 200  # snapshots that are in memory together
Values = Mapping[str, str | None]
Place = tuple[str, str]  # snapshot and function key


@dataclass(slots=True)
class Facts:
    """Attributes of hosts by snapshot, of functions and their routes by place, of accesses by snapshot."""

    hosts: dict[str, Values] = field(default_factory=dict)
    functions: dict[Place, Values] = field(default_factory=dict)
    accesses: dict[tuple[str, Access], Values] = field(default_factory=dict)
    _words: dict[str, str] = field(default_factory=dict)  # ten thousand hosts say the same few words

    def learn(self, connection: Connection, places: Iterable[tuple[int, Place]]) -> None:
        """Derives what is not known yet. A place whose snapshot is lost or cannot be decoded has no attributes.

        Args:
            connection: to the store.
            places: what to know, each with its host's number.
        """
        keys: dict[tuple[int, str], set[str]] = {}
        for host, (snapshot, key) in places:
            if (snapshot, key) not in self.functions:
                keys.setdefault((host, snapshot), set()).add(key)
        for some in _chunks(keys):
            for host, snapshot_id, content in snapshots(connection, some):
                self._take(snapshot_id, content, keys[host, snapshot_id])

    def _take(self, snapshot_id: str, snapshot: Snapshot | None, keys: set[str]) -> None:
        for key in keys:
            self.functions[snapshot_id, key] = {}
        if snapshot is None:
            return
        if snapshot_id not in self.hosts:
            self.hosts[snapshot_id] = self._same(of_host(snapshot))
            self.accesses |= {(snapshot_id, access): self._same(of_access(snapshot, access)) for access in Access}
        for function, values in of_functions(snapshot, keys):
            self.functions[snapshot_id, function.key] = self._same(values)

    def _same(self, values: Values) -> Values:
        """The values, each text once in memory."""
        return {name: None if one is None else self._words.setdefault(one, one) for name, one in values.items()}


def _chunks(keys: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    rest = iter(list(keys))
    while some := list(islice(rest, AT_ONCE)):
        yield some
