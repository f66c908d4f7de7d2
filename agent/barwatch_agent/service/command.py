"""barwatch-agent service: what Windows' service manager starts."""

import logging
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from barwatch_agent.clock import system_clock
from barwatch_agent.command_line import run_options
from barwatch_agent.config import Config, environment, load, windows_state_folder
from barwatch_agent.errors import AgentError, ConfigError
from barwatch_agent.service.installed import collector_here
from barwatch_agent.service.owner import check_owner_here

OURS = "barwatch_agent.service"  # whose information goes to the event log, besides warnings and errors
ELSEWHERE = "barwatch-agent service is for Windows; on Linux deploy/systemd/barwatch-agent.service runs the agent"


class Started(click.Command):
    """A command that somebody waits for to speak: also an option that it does not know is told as a service tells."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options and arguments.

        Raises:
            UsageError: one is wrong, and it is a person who started this.
        """
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if sys.platform == "win32":
                _refuse(error.format_message())
            raise


@click.command(cls=Started)
@run_options
def service(*, config: Path | None, **options: object) -> None:
    r"""Be the Windows service: only the service manager starts this. Options as for `run`.

    The collector is the one that the installer was told. What is then left open is in agent.toml of the state folder,
    %ProgramData%\barwatch-agent, where there is one.
    """
    if sys.platform == "win32":
        _serve(partial(_live, options, config))
    else:
        raise AgentError(ELSEWHERE)


def _live(options: Mapping[str, object], file: Path | None, stop: threading.Event) -> None:
    """Whatever may fail is in here: it is an event then, and an exit code."""
    from barwatch_agent.life import live  # noqa: PLC0415 seconds from a cold disk, for which Windows does not wait

    machine = Machine(collector_here(), check_owner_here)
    settled, state = settle(options, environment(), file, machine)
    live(settled, state, system_clock(), stop)


def _refuse(reason: str) -> None:
    """Tell the service manager, if it is the one that started this, and end the process."""

    def body(_stop: threading.Event) -> None:
        raise ConfigError(reason)

    with suppress(AgentError):  # a person did
        _serve(body)


def _serve(body: Callable[[threading.Event], None]) -> None:
    from barwatch_agent.service.event_log import EventLogHandler, Reports  # noqa: PLC0415 --help must not wait
    from barwatch_agent.service.host import host, this_windows  # noqa: PLC0415

    windows = this_windows()
    manager = windows.servicemanager
    reports = Reports(manager.LogInfoMsg, manager.LogWarningMsg, manager.LogErrorMsg)
    handler = EventLogHandler(reports, system_clock(), OURS)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])  # an event has time and level
    host(windows, body)


@dataclass(frozen=True, slots=True)
class Machine:
    """What the service is told besides its options."""

    collector: str | None  # of the installer
    check_owner: Callable[[Path], None]  # raises ConfigError for a file that others than administrators may change


def settle(
    options: Mapping[str, object], environ: Mapping[str, str], file: Path | None, machine: Machine
) -> tuple[Config, Path]:
    """Configuration and state folder, which is the machine's, whoever the service runs as; the usual file lies in it.

    Args:
        options: from the command line; None means not given.
        environ: the environment.
        file: a TOML file, or None.
        machine: what else counts.

    Raises:
        ConfigError: an option or the file is wrong, or the usual file is one that others may change.
    """
    folder = Path(str(options.get("state") or windows_state_folder(environ, is_root=True)))
    usual = folder / "agent.toml"
    if file is None and usual.exists():
        machine.check_owner(usual)
        file = usual
    settled = load({**options, "collector": options.get("collector") or machine.collector}, environ, file)
    return settled, Path(settled.state) if settled.state else folder
