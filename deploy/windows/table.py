"""A table of an MSI as text that msibuild imports (.idt).

Source: Microsoft Learn, "Text Archive Files", "Column Definition Format".
"""

from dataclasses import dataclass

Value = str | int | None
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """``columns`` as in Microsoft's reference, each with its type: ``Action s72``; the first ``keys`` are the key."""

    name: str
    columns: str
    keys: int
    rows: tuple[Row, ...]

    @property
    def text(self) -> str:
        """Names, types, key, then the rows."""
        columns = [column.split() for column in self.columns.split(",")]
        names, types = [column[0] for column in columns], [column[1] for column in columns]
        lines = [
            names,
            types,
            [self.name, *names[: self.keys]],
            *([_written(value) for value in row] for row in self.rows),
        ]
        return "".join("\t".join(line) + "\r\n" for line in lines)


def _written(value: Value) -> str:
    return "" if value is None else str(value)
