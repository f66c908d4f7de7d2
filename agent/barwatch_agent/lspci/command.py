"""barwatch-agent import-lspci: what people paste into bug reports as a recorded host."""

import sys
from pathlib import Path

import click

from barwatch_agent.command_line import write_output
from barwatch_agent.errors import ConfigError
from barwatch_agent.roots import why

MAX_BYTES = 16 << 20  # a server's lspci -vvv -xxxx is 2 MB
STDIN = Path("-")


@click.command(name="import-lspci")
@click.argument("dump", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--output", type=click.Path(path_type=Path), help="The file to write.  [default: stdout]")
@click.option(
    "--dump", "number", type=click.IntRange(1), default=1, show_default=True, help="Where a text has several."
)
def import_lspci(*, dump: Path, output: Path | None, number: int) -> None:
    """Make a recorded host of the output of lspci, in whatever text it stands.

    lspci -nnvvv -xxxx as root tells most. What the text does not tell is said on stderr. Look at the result with
    barwatch-agent replay.
    """
    from barwatch_agent.lspci.importing import import_text  # noqa: PLC0415
    from barwatch_agent.recorded import dump as dumped  # noqa: PLC0415

    where = "stdin" if dump == STDIN else dump.name
    imported = import_text(_read(dump), where, number)
    write_output(dumped(imported.host), output)
    for line in imported.told:
        click.echo(line, err=True)


def _read(dump: Path) -> bytes:
    try:
        if dump == STDIN:
            text = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with dump.open("rb") as file:
                text = file.read(MAX_BYTES + 1)
    except OSError as exc:
        msg = f"{dump}: {why(exc)}"
        raise ConfigError(msg) from exc
    if len(text) > MAX_BYTES:
        msg = f"{dump}: longer than {MAX_BYTES} bytes"
        raise ConfigError(msg)
    return text
