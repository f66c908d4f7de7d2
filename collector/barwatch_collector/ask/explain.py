"""``barwatch explain``: what explains the failures of the fleet, or with ``--table`` those in any table."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from barwatch_collector.ask import printing
from barwatch_collector.ask.console import console_for
from barwatch_collector.ask.explain_text import report_lines
from barwatch_collector.ask.finding_commands import which_failures
from barwatch_collector.ask.operator import Operator, when
from barwatch_collector.findings.answers import Explained
from barwatch_proto.plain import to_plain

OF_A_TABLE = ("outcome", "weight", "unit", "ignore", "engine", "master")
ALWAYS_THERE = ("java_home",)
OF_THE_FLEET = ("failure", "access", "since", "as_of")
LOCAL, SPARK = "local", "spark"


@click.command()
@click.option("--table", metavar="FILE", type=click.Path(path_type=Path),
              help="Explain this table (CSV or Parquet) instead of the fleet; needs no collector.")  # fmt: skip
@click.option("--outcome", metavar="COLUMN", help="Of the table: 0 or 1; with --weight how many attempts failed.")
@click.option("--weight", metavar="COLUMN", help="Of the table: how many attempts a row stands for; 1 when left out.")
@click.option("--unit", metavar="COLUMN", help="Of the table: what is counted, such as the host; else every row.")
@click.option("--ignore", metavar="COLUMN", multiple=True, help="Of the table: not an attribute. May be repeated.")
@click.option("--engine", type=click.Choice([LOCAL, SPARK]), help="What counts a table: this machine, or Apache Spark.")
@click.option("--master", metavar="URL", help="Of Spark, for example spark://HOST:7077.  [default: local[*]]")
@click.option("--java-home", envvar="JAVA_HOME", hidden=True)
@click.option("--permutations", type=click.IntRange(0, 10_000), default=1_000, show_default=True,
              help="How often chance is asked, at most.")  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="The same gives the same answer."
)
@which_failures
@when
@click.pass_obj
def explain(operator: Operator, /, *, table: Path | None, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    """Which configuration explains the failures, how sure that is, and what it is not.

    Without --table the failures of the fleet, one answer for each failure class. With it any table: rows are
    observations, columns attributes. No unit counts more than another, however many rows it has.
    """
    if table is not None:
        _refuse(how, OF_THE_FLEET, "is about a fleet; --table has neither times nor verdicts")
        _explain_table(table, **how)
        return
    _refuse(how, OF_A_TABLE, "is about a table: name it with --table")
    asked = {name: value for name, value in how.items() if name not in (*OF_A_TABLE, *ALWAYS_THERE)}
    operator.ask(Explained, printing.print_explained, ("explain",), asked)


def _refuse(how: dict[str, Any], names: Sequence[str], why: str) -> None:
    for name in names:
        if how[name]:
            msg = f"--{name.replace('_', '-')} {why}"
            raise click.UsageError(msg)


def _explain_table(path: Path, *, as_json: bool, **how: Any) -> None:  # noqa: ANN401 options as click passes them
    from barwatch_collector.findings.tables import TableError, explain_table  # noqa: PLC0415 others need no scipy

    with console_for(sys.stderr).status(f"explaining {path.name}"):
        try:
            report = explain_table(path, **how)
        except TableError as error:
            raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(to_plain(report), indent=2, ensure_ascii=False))
        return
    console = console_for(sys.stdout)
    for line in report_lines(report):
        console.print(line)
