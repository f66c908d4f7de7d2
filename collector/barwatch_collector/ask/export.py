"""``barwatch export``: cells with their attributes as a file, for spreadsheets, notebooks and Spark."""

import csv
import importlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import click

from barwatch_collector.ask.finding_commands import which_failures
from barwatch_collector.ask.operator import Operator, timespan

FORMATS = ("csv", "json", "parquet")
NUMBERS = ("attempts", "failures")
BINARY = "parquet"
NO_PYARROW = 'Parquet needs pyarrow: pip install "barwatch[export]", or export CSV'


@click.command()
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="Where to; the terminal or pipe when left out.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(FORMATS),
              help="As FILE ends when left out, else CSV. JSON is one object to a line.")  # fmt: skip
@which_failures
@timespan
@click.pass_obj
def export(operator: Operator, /, *, output: Path | None, form: str | None, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    """Every cell with its attributes: one row for each host, function, access and configuration.

    barwatch explain --table FILE --outcome failures --weight attempts --unit host explains it again.
    """
    form = form or _by_name(output)
    if form == BINARY and output is None:
        msg = "Parquet is not for a terminal: name a file with -o"
        raise click.UsageError(msg)
    with TemporaryDirectory(prefix="barwatch-") as folder:
        cells = Path(folder) / "cells.csv"
        operator.download(("cells",), how, cells)
        if form == BINARY:
            _to_parquet(cells, output or Path())
            return
        with cells.open(encoding="utf-8", newline="") as read, click.open_file(str(output or "-"), "w", "utf-8") as out:
            WRITERS[form](read, out)


def _by_name(output: Path | None) -> str:
    ending = output.suffix[1:].lower() if output else ""
    return {"jsonl": "json"}.get(ending, ending) if ending in {*FORMATS, "jsonl"} else FORMATS[0]


def _to_json(read: IO[str], out: IO[str]) -> None:
    """One object to a line; what is not known is null."""
    for row in csv.DictReader(read):
        out.write(json.dumps({name: int(value) if name in NUMBERS else value or None for name, value in row.items()}))
        out.write("\n")


def _to_parquet(cells: Path, output: Path) -> None:
    """Words as dictionaries, which is what they are; a batch at a time."""
    try:
        arrow, files, written = (importlib.import_module(f"pyarrow{part}") for part in ("", ".csv", ".parquet"))
    except ImportError as exc:
        raise click.ClickException(NO_PYARROW) from exc
    kinds = {name: arrow.int64() for name in NUMBERS}
    with cells.open(encoding="utf-8", newline="") as head:
        names = next(csv.reader(head))
    types = {name: kinds.get(name, arrow.string()) for name in names}
    options = files.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""])
    with (
        files.open_csv(cells, convert_options=options) as batches,
        written.ParquetWriter(output, batches.schema) as out,
    ):
        for batch in batches:
            out.write_batch(batch)


WRITERS: Mapping[str, Callable[[IO[str], IO[str]], object]] = {"csv": shutil.copyfileobj, "json": _to_json}
