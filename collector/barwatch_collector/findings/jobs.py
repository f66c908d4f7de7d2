"""What is asked of the worker: pickled on the way there.

The collector itself never imports what does the work: numpy and scipy would cost it a second and 100 MB.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from barwatch_collector.findings.answers import Contrast, Experiments, Explained
from barwatch_collector.findings.facts import Facts
from barwatch_collector.findings.wanted import How, Which
from barwatch_collector.questions.asked import Asked
from barwatch_collector.store.findings import Finding


@dataclass(frozen=True, slots=True)
class Found:
    """A finding on its way into the table, and how many explanations it has."""

    finding: Finding
    explanations: int


@dataclass(frozen=True, slots=True)
class Watch:
    """Explains the fleet when its failing cells are others than those of the digest."""

    asked: Asked
    seen: str | None

    def __call__(self, engine: Engine, facts: Facts) -> tuple[str, Sequence[Found]]:
        """The digest of the failing cells, and what explains them."""
        from barwatch_collector.findings.work import watch  # noqa: PLC0415 see above

        return watch(self, engine, facts)


@dataclass(frozen=True, slots=True)
class Explain:
    """What explains the failures of a span."""

    asked: Asked
    how: How

    def __call__(self, engine: Engine, facts: Facts) -> Explained:
        """One report for each class that was asked for."""
        from barwatch_collector.findings.work import explain  # noqa: PLC0415 see above

        return explain(self, engine, facts)


@dataclass(frozen=True, slots=True)
class Propose:
    """What to try next."""

    asked: Asked
    how: How
    most: int  # experiments for each class

    def __call__(self, engine: Engine, facts: Facts) -> Experiments:
        """For each class that was asked for."""
        from barwatch_collector.findings.work import propose  # noqa: PLC0415 see above

        return propose(self, engine, facts)


@dataclass(frozen=True, slots=True)
class Compare:
    """What differs between two hosts, and what of it goes along with failures."""

    asked: Asked
    left: str
    right: str
    which: Which

    def __call__(self, engine: Engine, facts: Facts) -> Contrast:
        """Both as they are at the end of the span."""
        from barwatch_collector.findings.work import compare  # noqa: PLC0415 see above

        return compare(self, engine, facts)


@dataclass(frozen=True, slots=True)
class Export:
    """Cells with their attributes, into a file of CSV."""

    asked: Asked
    which: Which
    file: Path

    def __call__(self, engine: Engine, facts: Facts) -> int:
        """How many rows were written."""
        from barwatch_collector.findings.work import export  # noqa: PLC0415 see above

        return export(self, engine, facts)
