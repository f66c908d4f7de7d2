"""A verdict as a panel for people and as JSON for programs."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from rich.box import ROUNDED
from rich.console import Console, Group
from rich.panel import Panel
from rich.text import Text

from barwatch_agent.triage.evidence_file import EvidenceFile
from barwatch_proto.drawing import printable
from barwatch_proto.triage import FailureClass, Repetition, Verdict

LABEL = 12  # columns in front of each paragraph
PANEL = 100  # columns; longer lines are hard to read
MAX_MISSING = 6  # of what would tell more; --json has all

REPEATED = {
    Repetition.TRANSIENT: "transient: the same read again is good",
    Repetition.PATH_SPECIFIC: "path specific: another access reads the same register",
    Repetition.BLOCK_ONLY: "this register only: others of the function are read",
    Repetition.DEVICE_WIDE: "device wide: nothing of the function is read",
    None: "not known: nothing was read again, or besides",
}


def show(found: Sequence[tuple[EvidenceFile, Verdict]], console: Console) -> None:
    """One panel for each file; on anything but a terminal the same without a frame."""
    width = min(console.width, PANEL) if console.is_terminal else console.width
    for file, verdict in found:
        lines = Group(*_lines(file, verdict, width - 4))
        title = Text(printable(file.where), "bold")
        if console.is_terminal:
            style = "yellow" if verdict.failure is FailureClass.UNKNOWN else "green"
            console.print(Panel(lines, title=title, title_align="left", box=ROUNDED, border_style=style, width=width))
        else:
            console.print(title, lines, "", sep="\n")


def as_json(file: EvidenceFile, verdict: Verdict) -> dict[str, Any]:
    """The same for programs."""
    return {
        "file": file.where,
        "summary": file.summary,
        "source": file.source,
        "class": verdict.failure.value,
        "confidence": verdict.confidence,
        "likely": [failure.value for failure in verdict.likely],
        "reasons": list(verdict.reasons),
        "contradictions": list(verdict.contradictions),
        "missing": list(verdict.missing),
        "repetition": None if verdict.repetition is None else verdict.repetition.value,
        "next": verdict.next_step,
        "expect": None if file.expect is None else file.expect.value,
        "agrees": agrees(file, verdict),
        "table_version": verdict.table_version,
    }


def agrees(file: EvidenceFile, verdict: Verdict) -> bool | None:
    """Whether the verdict is what the file expects; None when it expects nothing."""
    return None if file.expect is None else file.expect is verdict.failure


def _lines(file: EvidenceFile, verdict: Verdict, width: int) -> Iterator[Text]:
    yield Text(f"{verdict.failure.value}{_sure(verdict)}", "bold")
    paragraphs = (
        ("about", [file.summary]),
        ("why", verdict.reasons),
        ("maybe", [", ".join(failure.value for failure in verdict.likely)]),
        ("disagreeing", verdict.contradictions),
        ("repeated", [REPEATED[verdict.repetition]]),
        ("not known", _some(verdict.missing)),
        ("next", [verdict.next_step]),
        ("expected", [_expected(file, verdict)]),
        ("source", [file.source]),
    )
    for label, sentences in paragraphs:
        for at, sentence in enumerate(filter(None, sentences)):
            yield _paragraph("" if at else label, sentence, width)


def _sure(verdict: Verdict) -> str:
    return "" if verdict.failure is FailureClass.UNKNOWN else f", confidence {verdict.confidence:.2f}"


def _some(missing: Sequence[str]) -> list[str]:
    more = len(missing) - MAX_MISSING
    return [*missing[:MAX_MISSING], *([f"and {more} more: --json has them all"] if more > 0 else [])]


def _expected(file: EvidenceFile, verdict: Verdict) -> str:
    if file.expect is None:
        return ""
    return f"{file.expect.value}: {'the same' if agrees(file, verdict) else 'this is another one'}"


def _paragraph(label: str, sentence: str, width: int) -> Text:
    """A sentence behind its label, its further lines indented below its first."""
    room = max(width - LABEL, 20)
    lines = textwrap.wrap(printable(sentence), room, break_on_hyphens=False) or [""]
    indented = ("\n" + " " * LABEL).join(lines)
    return Text.assemble((f"{label:<{LABEL}}", "dim"), indented)
