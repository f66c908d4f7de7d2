"""A circuit breaker for each function: a function that fails is read less and less often until it answers again."""

from dataclasses import dataclass, field

FIRST_PAUSE_NS = 1_000_000_000
LONGEST_PAUSE_NS = 60_000_000_000


@dataclass(slots=True)
class Breaker:
    """Pauses by function key: none at first, then 1, 2, 4 ... up to 60 seconds."""

    _paused_until_ns: dict[str, int] = field(default_factory=dict)
    _pause_ns: dict[str, int] = field(default_factory=dict)

    def allows(self, key: str, elapsed_ns: int) -> bool:
        """Whether the function may be touched now."""
        return elapsed_ns >= self._paused_until_ns.get(key, 0)

    def failed(self, key: str, elapsed_ns: int) -> None:
        """One more pass in which the function failed: the first failure is looked at again at once."""
        pause = self._pause_ns.get(key)
        self._pause_ns[key] = FIRST_PAUSE_NS if pause is None else min(pause * 2, LONGEST_PAUSE_NS)
        if pause is not None:
            self._paused_until_ns[key] = elapsed_ns + self._pause_ns[key]

    def answered(self, key: str) -> None:
        """The function answers: no more pauses."""
        self._pause_ns.pop(key, None)
        self._paused_until_ns.pop(key, None)

    def forget_all(self) -> None:
        """The topology changed: what failed there may work here."""
        self._paused_until_ns.clear()
        self._pause_ns.clear()
