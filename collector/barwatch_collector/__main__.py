"""barwatch-collector: the commands of the collector."""

import asyncio
import logging
import os
import sys
import time
from pathlib import Path

import click

from barwatch_collector.config import load_config
from barwatch_collector.errors import CollectorError
from barwatch_proto.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="barwatch-collector")
def main() -> None:
    """Stores what agents read, and answers which topologies fail (ask with the command barwatch)."""


@main.command()
@click.option("--config", type=click.Path(path_type=Path), help="TOML file with any of these options as keys.")
@click.option("--state", help="Folder of the embedded database.  [default: .barwatch/collector]")
@click.option("--database-url", help="postgresql://USER@HOST/DATABASE, for a lab.  [default: SQLite in --state]")
@click.option("--grpc-address", help="HOST:PORT for agents.  [default: 127.0.0.1:7443]")
@click.option("--http-address", help="HOST:PORT for questions and /metrics.  [default: 127.0.0.1:7480]")
@click.option("--max-waiting-batches", type=int, help="Received and not committed; beyond it agents have to wait.")
@click.option("--max-waiting-bytes", type=int, help="The same in bytes.")
@click.option("--retry-after-ms", type=int, help="How long an agent that was sent away stays away.")
def serve(*, config: Path | None, **options: object) -> None:
    """Serve agents and questions until stopped."""
    from barwatch_collector.serve import serve as serve_until_stopped  # noqa: PLC0415 --help must not wait for it

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settled = load_config(options, os.environ, config)  # noqa: TID251 handed on, read in config.py only
    asyncio.run(serve_until_stopped(settled, time.time_ns))  # noqa: TID251 the clock comes in here


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell: eval "$(barwatch-collector completion bash)"."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 seldom asked for

    made = get_completion_class(shell)
    if made is not None:
        click.echo(made(main, {}, "barwatch-collector", "_BARWATCH_COLLECTOR_COMPLETE").source())


def entry() -> None:
    """Run the command; errors that we raise on purpose are one line, not a stack."""
    try:
        main(standalone_mode=True)
    except CollectorError as error:
        click.echo(f"barwatch-collector: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    entry()
