"""barwatch-agent service: what Windows' service manager starts."""

import logging
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import click

from barwatch_agent.clock import system_clock
from barwatch_agent.command_line import run_options
from barwatch_agent.config import Config, environment, load, windows_state_folder
from barwatch_agent.errors import AgentError

OURS = "barwatch_agent.service"  # whose information goes to the event log, besides warnings and errors
ELSEWHERE = "barwatch-agent service is for Windows; on Linux deploy/systemd/barwatch-agent.service runs the agent"


@click.command()
@run_options
def service(*, config: Path | None, **options: object) -> None:
    r"""Be the Windows service: only the service manager starts this. Options as for `run`.

    What they leave open is in agent.toml of the state folder, %ProgramData%\barwatch-agent, where there is one.
    """
    if sys.platform == "win32":
        _serve(options, config)
    else:
        raise AgentError(ELSEWHERE)


def _serve(options: Mapping[str, object], file: Path | None) -> None:
    from barwatch_agent.service.event_log import EventLogHandler, Reports  # noqa: PLC0415 --help must not wait
    from barwatch_agent.service.host import host, this_windows  # noqa: PLC0415

    windows = this_windows()
    manager = windows.servicemanager
    reports = Reports(manager.LogInfoMsg, manager.LogWarningMsg, manager.LogErrorMsg)
    handler = EventLogHandler(reports, system_clock(), OURS)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])  # an event has time and level

    def body(stop: threading.Event) -> None:
        """Whatever may fail is in here: it is an event then, and an exit code."""
        from barwatch_agent.life import live  # noqa: PLC0415 seconds from a cold disk, for which Windows does not wait

        settled, state = settle(options, environment(), file)
        live(settled, state, system_clock(), stop)

    host(windows, body)


def settle(options: Mapping[str, object], environ: Mapping[str, str], file: Path | None) -> tuple[Config, Path]:
    """Configuration and state folder, which is the machine's, whoever the service runs as; the usual file lies in it.

    Raises:
        ConfigError: an option or the file is wrong.
    """
    folder = Path(str(options.get("state") or windows_state_folder(environ, is_root=True)))
    usual = folder / "agent.toml"
    settled = load(options, environ, file or (usual if usual.exists() else None))
    return settled, Path(settled.state) if settled.state else folder
