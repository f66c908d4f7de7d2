"""barwatch-agent record, replay: a machine as one text file, and that file as a machine.

What a command needs is imported in it: ``barwatch-agent --help`` must not wait for a scanner and for rich.
"""

import json
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from barwatch_agent.command_line import machine_options, stop_on_interrupt
from barwatch_agent.config import environment, load, split_address
from barwatch_agent.errors import ConfigError
from barwatch_agent.roots import why

if TYPE_CHECKING:
    from barwatch_agent.recorded.replaying import RecordedMachine


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@machine_options
@click.option("--seconds", type=click.FloatRange(0, 86_400), default=10.0, show_default=True, help="Of reads.")
@click.option("--redact", "is_redacted", is_flag=True, help="Leave out what names this machine; stderr says what.")
def record(*, file: Path, config: Path | None, seconds: float, is_redacted: bool, **options: object) -> None:
    """Record this machine into FILE: topology, configuration spaces, settings, and some seconds of reads.

    Serial numbers and UUIDs of the firmware and options of the kernel command line that have nothing to do with PCI are
    never recorded. Ctrl-C ends the reads early; what was read until then is kept.
    """
    from barwatch_agent import build  # noqa: PLC0415
    from barwatch_agent.clock import system_clock  # noqa: PLC0415
    from barwatch_agent.recorded.recording import Wanted, record_machine  # noqa: PLC0415
    from barwatch_agent.recorded.shown import progress  # noqa: PLC0415

    settled, clock = load(options, environment(), config), system_clock()
    _check_writable(file)
    machine = build.build_machine(settled, clock)
    try:
        with progress("recording", seconds) as on_seconds:
            made = record_machine(machine, clock, Wanted(seconds, is_redacted, stop_on_interrupt()), on_seconds)
    finally:
        for reader in machine.readers:
            reader.close()
    _write(made.text, file)
    for line in made.told:
        click.echo(line, err=True)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--collector", help="HOST:PORT of a collector's gRPC: stream the recording there.")
@click.option("--hostname", help="What to call the machine.  [default: its name in the recording]")
@click.option("--plan", multiple=True, help="For a recording without reads: registers besides the built-in ones.")
@click.option(
    "--speed",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    help="With --collector: so many times as fast; 0: as fast as it goes.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    help="With --collector: folder for identity and spool.  [default: a temporary one]",
)
@click.option("--all", "is_whole", is_flag=True, help="Every function, read and setting, also when something fails.")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
def replay(  # noqa: PLR0913 one for each option
    *,
    file: Path,
    collector: str | None,
    hostname: str | None,
    plan: tuple[str, ...],
    speed: float,
    state: Path | None,
    is_whole: bool,
    is_json: bool,
) -> None:
    """Play a recording: show what a look at that machine finds, or stream it to a collector.

    Exit code: as of probe, 1 when a register fails at the end of the recording.
    With --collector it ends when everything is acknowledged. Reads are told as if the recording ended just then.
    """
    from barwatch_agent.clock import system_clock  # noqa: PLC0415
    from barwatch_agent.recorded import load as load_host  # noqa: PLC0415
    from barwatch_agent.recorded.replaying import unpacked  # noqa: PLC0415

    host = load_host(file)
    with unpacked(host, {"hostname": hostname or host.name, "plan": plan}, system_clock()) as machine:
        if collector is None:
            _show(machine, is_whole=is_whole, is_json=is_json)
        else:
            _stream(machine, collector, Streamed(speed, state))


@dataclass(frozen=True, slots=True)
class Streamed:
    """How a recording is streamed."""

    speed: float
    state: Path | None  # None: a temporary one


def _show(machine: "RecordedMachine", *, is_whole: bool, is_json: bool) -> None:
    from barwatch_agent.probe_report import console_for, exit_code  # noqa: PLC0415
    from barwatch_agent.recorded.replay_report import replayed_as_json, show_replayed  # noqa: PLC0415
    from barwatch_agent.recorded.replaying import play  # noqa: PLC0415
    from barwatch_agent.recorded.shown import progress  # noqa: PLC0415

    with progress("replaying", machine.reads.length_us / 1e6) as on_seconds:
        replayed = play(machine, on_seconds)
    for address in replayed.missing:
        click.echo(f"{address}: read, but not a function of the recorded machine: left out", err=True)
    if is_json:
        click.echo(json.dumps(replayed_as_json(replayed), indent=2))
    else:
        show_replayed(replayed, console_for(sys.stdout, environment()), is_whole=is_whole)
    sys.exit(exit_code(replayed.found))


def _stream(machine: "RecordedMachine", collector: str, wanted: Streamed) -> None:
    import tempfile  # noqa: PLC0415

    import msgspec  # noqa: PLC0415

    from barwatch_agent.recorded.replaying import Pace, stream  # noqa: PLC0415
    from barwatch_agent.recorded.shown import progress  # noqa: PLC0415

    split_address("collector", collector)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    config = msgspec.structs.replace(machine.config, collector=collector)
    with tempfile.TemporaryDirectory(prefix="barwatch-replay-") as folder:
        with progress("replaying", machine.reads.length_us / 1e6) as on_seconds:
            pace = Pace(wanted.speed, stop_on_interrupt(), on_seconds)
            said = stream(machine, config, wanted.state or Path(folder), pace)
        click.echo(said, err=True)


def _check_writable(file: Path) -> None:
    """Before an hour of reads, not after it."""
    try:
        with file.open("a", encoding="utf-8"):
            pass
    except OSError as exc:
        msg = f"{file}: {why(exc)}"
        raise ConfigError(msg) from exc


def _write(text: str, file: Path) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as exc:
        msg = f"{file}: {why(exc)}"
        raise ConfigError(msg) from exc
