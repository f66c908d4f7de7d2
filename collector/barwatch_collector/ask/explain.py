"""``barwatch explain --table``: what explains the failures in any table; needs no collector."""

import json
import sys
from pathlib import Path

import click

from barwatch_collector.ask.console import console_for


@click.command()
@click.option("--table", "path", metavar="FILE.csv", required=True, type=click.Path(path_type=Path), help="The table.")
@click.option("--outcome", metavar="COLUMN", required=True, help="0 or 1; with --weight how many attempts failed.")
@click.option("--weight", metavar="COLUMN", help="How many attempts a row stands for; 1 when left out.")
@click.option("--unit", metavar="COLUMN", help="What is counted, such as the host; every row when left out.")
@click.option("--permutations", type=click.IntRange(0, 100_000), default=1_000, show_default=True,
              help="How often chance is asked, at most.")  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="The same gives the same answer."
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
def explain(path: Path, outcome: str, as_json: bool, **how: str | int | None) -> None:  # noqa: FBT001 as click passes it
    """Which configuration explains the failures in a table, how sure that is, and what it is not.

    Rows of FILE.csv are observations, columns are attributes. No unit counts more than another, however many rows it
    has.
    """
    from barwatch_collector.ask.explain_text import report_lines  # noqa: PLC0415
    from barwatch_collector.correlate.document import document  # noqa: PLC0415 other commands must not wait for scipy
    from barwatch_collector.correlate.explain import explained  # noqa: PLC0415
    from barwatch_collector.correlate.reader import Roles, TableError, read_table  # noqa: PLC0415
    from barwatch_collector.correlate.settings import Settings  # noqa: PLC0415

    roles = Roles(outcome, _name(how["weight"]), _name(how["unit"]))
    try:
        loaded = read_table(path, roles)
    except TableError as error:
        raise click.ClickException(str(error)) from error
    settings = Settings(seed=int(how["seed"] or 0), permutations=int(how["permutations"] or 0), names=loaded.names)
    report = explained(loaded.table, settings)
    if as_json:
        click.echo(json.dumps(document(report, loaded.table, loaded.left_out), indent=2, ensure_ascii=False))
        return
    console = console_for(sys.stdout)
    for line in report_lines(report, loaded.left_out):
        console.print(line)


def _name(option: str | int | None) -> str | None:
    return None if option is None else str(option)
