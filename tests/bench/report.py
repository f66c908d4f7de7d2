"""What was measured, for people and for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text
from tests.bench.row import Row

VERDICTS = {True: Text("met", "green"), False: Text("missed", "bold red"), None: Text("")}
WHOLE = 100  # from here on a figure has no decimals


@dataclass(frozen=True, slots=True)
class Measured:
    """One bench that has run."""

    name: str
    seconds: float
    cores_elsewhere: float  # that other programs kept busy meanwhile
    rows: Sequence[Row]
    problem: str | None = None  # why there are no more rows

    @property
    def heading(self) -> str:
        return f"{self.name} ({self.seconds:.0f} s; others kept {self.cores_elsewhere:.1f} cores busy)"


def table(measured: Sequence[Measured]) -> Table:
    """All rows, with notes below what they are about."""
    made = Table(title="barwatch: figures, and the bars of DESIGN.md section 9", title_justify="left")
    for heading, justify in (("what", "left"), ("figure", "right"), ("peer in the same run", "right")):
        made.add_column(heading, justify=justify)  # type: ignore[arg-type]
    made.add_column("ratio", justify="right")
    made.add_column("bar", justify="right")
    made.add_column("")
    for bench in measured:
        made.add_section()
        made.add_row(Text(bench.heading, "bold"))
        for row in bench.rows:
            made.add_row(*_cells(row))
        if bench.problem:
            made.add_row(Text(f"  ended early: {bench.problem}", "bold red"))
    return made


def document(where: Mapping[str, str], measured: Sequence[Measured]) -> Mapping[str, object]:
    """The same as plain values; what is unknown is null."""
    return {"where": where, "benches": [_bench(bench) for bench in measured]}


def _cells(row: Row) -> Sequence[Text]:
    note = Text(f"\n    {row.note}", "dim") if row.note else Text("")
    figure = "not measured" if row.figure is None else f"{_number(row.figure)} {row.unit}"
    peer = (
        Text("") if row.peer is None else Text(f"{_number(row.peer.figure)} {row.unit}\n") + Text(row.peer.name, "dim")
    )
    ratio = "" if row.ratio is None else f"{row.ratio:.2f} x"
    bar = "" if row.bar is None else f"{row.bar.sense.value} {row.bar.limit:,} {row.unit}"
    return Text(f"  {row.what}") + note, Text(figure), peer, Text(ratio), Text(bar), VERDICTS[row.is_met]


def _number(figure: float) -> str:
    return f"{figure:,.0f}" if abs(figure) >= WHOLE else f"{figure:.3g}"


def _bench(bench: Measured) -> Mapping[str, object]:
    return {
        "name": bench.name,
        "seconds": round(bench.seconds, 1),
        "cores_elsewhere": round(bench.cores_elsewhere, 2),
        "problem": bench.problem,
        "rows": [_row(row) for row in bench.rows],
    }


def _row(row: Row) -> Mapping[str, object]:
    return {
        "what": row.what,
        "figure": row.figure,
        "unit": row.unit,
        "peer": None if row.peer is None else {"name": row.peer.name, "figure": row.peer.figure},
        "ratio": row.ratio,
        "bar": None if row.bar is None else {"sense": row.bar.sense.value, "limit": row.bar.limit},
        "is_met": row.is_met,
        "note": row.note,
    }
