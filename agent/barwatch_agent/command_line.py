"""What several commands share: options that say which machine it is about, a stop, a result to write."""

import ctypes
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import click

from barwatch_agent.errors import ConfigError
from barwatch_agent.roots import why
from barwatch_agent.windows.console import StopByConsole

Command = Callable[..., None]
Option = Callable[[Command], Command]

CONFIG: Option = click.option(
    "--config", type=click.Path(path_type=Path), help="TOML file with any of these options as keys."
)
SYSFS: Option = click.option("--sysfs", help="Stands in for /sys; proc, etc and dev are its neighbours.")
PLAN: Option = click.option("--plan", multiple=True, help="A file with registers to read besides the built-in ones.")
SIMULATE: Option = click.option("--simulate", help="A file with simulated registers; then no real register is read.")
USER_MAPPING: Option = click.option(
    "--user-mapping",
    type=click.Choice(["auto", "driver", "sysfs"]),
    help="Who maps BARs for the user access; auto is the driver where it has a policy.",
)
HOSTNAME: Option = click.option("--hostname", help="What to call this machine.")


def options(*wanted: Option) -> Option:
    """Several options as one decorator, in their order."""

    def apply(command: Command) -> Command:
        for option in reversed(wanted):
            command = option(command)
        return command

    return apply


machine_options = options(CONFIG, SYSFS, PLAN, SIMULATE, USER_MAPPING, HOSTNAME)
run_options = options(
    machine_options,
    click.option("--collector", help="HOST:PORT of the collector's gRPC.  [default: 127.0.0.1:7443]"),
    click.option("--state", help="Folder for identity and spool.  [default: /var/lib/barwatch-agent]"),
    click.option("--metrics", help='HOST:PORT of /metrics, or "off".  [default: 127.0.0.1:7481]'),
    click.option("--flush", type=float, help="Seconds between batches.  [default: 10]"),
    click.option("--rescan", type=float, help="Seconds between looks at topology and settings.  [default: 60]"),
    click.option("--spool-mib", type=int, help="How much may wait for the collector.  [default: 256]"),
)


def stop_on_interrupt() -> threading.Event:
    """Set by Ctrl-C, by SIGTERM and by what Windows' console tells, so that what was done until then is kept."""
    if sys.platform == "win32":
        return StopByConsole(ctypes.WinDLL("kernel32", use_last_error=True))
    else:  # noqa: RET505 mypy knows a platform by its branch
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        return stop


def write_output(text: str, output: Path | None) -> None:
    """To the file of ``--output``, or to stdout.

    Raises:
        ConfigError: the file cannot be written.
    """
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as exc:
        msg = f"--output {output}: {why(exc)}"
        raise ConfigError(msg) from exc
