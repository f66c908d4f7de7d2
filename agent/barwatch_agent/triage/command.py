"""barwatch-agent triage: what the evidence in files says.

What the command needs is imported in it: ``barwatch-agent --help`` must not wait for rich.
"""

import json
from pathlib import Path

import click


@click.command(name="triage")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@click.option("--schema", "is_schema", is_flag=True, help="Print the JSON schema of evidence files, and nothing else.")
def triage_command(*, files: tuple[Path, ...], is_json: bool, is_schema: bool) -> None:
    """Say why a read failed, from evidence files: written by hand from a bug report, or recorded."""
    from rich.console import Console  # noqa: PLC0415

    from barwatch_agent.triage import report  # noqa: PLC0415
    from barwatch_agent.triage.evidence_file import load  # noqa: PLC0415
    from barwatch_agent.triage.schema import schema  # noqa: PLC0415
    from barwatch_proto.triage import triage  # noqa: PLC0415

    if is_schema:
        click.echo(json.dumps(schema(), indent=2))
        return
    if not files:
        msg = "name at least one evidence file, or ask for --schema"
        raise click.UsageError(msg)
    found = [(loaded, triage(loaded.case)) for loaded in map(load, files)]
    if is_json:
        click.echo(json.dumps({"format": 1, "verdicts": [report.as_json(*each) for each in found]}, indent=2))
    else:
        report.show(found, Console(highlight=False, markup=False))
