"""What was received and is not committed yet: bounded in number and in bytes, taken in groups."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """Anything that knows its bytes on the wire."""

    @property
    def wire_bytes(self) -> int:
        """Bytes on the wire."""


T = TypeVar("T", bound=Sized)


@dataclass(slots=True)
class Backlog(Generic[T]):
    """A queue between many givers and one taker. ``_changed`` guards everything."""

    max_items: int
    max_bytes: int
    _items: deque[T] = field(default_factory=deque)
    _bytes: int = 0
    _is_closed: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def offer(self, item: T) -> bool:
        """Whether there was room. A single item always fits into an empty queue."""
        with self._changed:
            is_over = len(self._items) >= self.max_items or self._bytes + item.wire_bytes > self.max_bytes
            if self._is_closed or (self._items and is_over):
                return False
            self._items.append(item)
            self._bytes += item.wire_bytes
            self._changed.notify()
            return True

    def take(self, max_items: int, max_bytes: int) -> Sequence[T]:
        """Waits for items, and takes what is there up to these limits; empty: closed, and nothing is left."""
        with self._changed:
            while not self._items and not self._is_closed:
                self._changed.wait()
            taken: list[T] = []
            taken_bytes = 0
            while self._items and len(taken) < max_items and (not taken or taken_bytes < max_bytes):
                taken.append(self._items.popleft())
                taken_bytes += taken[-1].wire_bytes
            self._bytes -= taken_bytes
            return taken

    def close(self) -> None:
        """Takes no more; what is there can still be taken."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
