"""What a bench finds out: a figure, what it is measured against, and the bar that it has to reach."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Sense(Enum):
    """On which side of a bar it is good to be."""

    AT_LEAST = "≥"
    BELOW = "<"


@dataclass(frozen=True, slots=True)
class Bar:
    """A limit of DESIGN.md section 9."""

    sense: Sense
    limit: float

    def is_met(self, figure: float) -> bool:
        return figure >= self.limit if self.sense is Sense.AT_LEAST else figure < self.limit


@dataclass(frozen=True, slots=True)
class Peer:
    """What did the same work, or the least of it, in the same run."""

    name: str
    figure: float  # in the unit of the row


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report."""

    what: str
    figure: float | None  # None: not measured; the note says why
    unit: str
    peer: Peer | None = None
    bar: Bar | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The figure in figures of the peer; None where there is no peer."""
        if self.peer is None or self.figure is None or not self.peer.figure:
            return None
        return self.figure / self.peer.figure

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is reached; None where there is none, or nothing was measured."""
        return None if self.bar is None or self.figure is None else self.bar.is_met(self.figure)


@dataclass(frozen=True, slots=True)
class Setup:
    """What each bench is told."""

    folder: Path  # on the disk that is measured
    seconds: float  # how long the running agent is watched
    is_quick: bool  # less of everything: to see that it runs, not to quote
    say: Callable[[str], None]  # shows what is going on

    def new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder))
