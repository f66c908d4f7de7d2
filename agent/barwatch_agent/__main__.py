"""barwatch-agent: the commands of the agent."""

import json
import logging
import sys
from importlib import import_module
from pathlib import Path

import click

from barwatch_agent.clock import system_clock
from barwatch_agent.command_line import machine_options, run_options, stop_on_interrupt
from barwatch_agent.config import Config, environment, is_root, load, state_folder
from barwatch_agent.errors import AgentError
from barwatch_proto.version import __version__

ELSEWHERE = {  # commands that come from a module of their own: imported when asked for, `run` must not carry them
    "driver": "barwatch_agent.driver.command:driver",
    "policy": "barwatch_agent.policy.command:policy",
    "record": "barwatch_agent.recorded.command:record",
    "replay": "barwatch_agent.recorded.command:replay",
    "service": "barwatch_agent.service.command:service",
    "import-lspci": "barwatch_agent.lspci.command:import_lspci",
    "triage": "barwatch_agent.triage.command:triage_command",
}


class Commands(click.Group):
    """The commands of this module, and those from elsewhere."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the alphabet."""
        return sorted([*super().list_commands(ctx), *ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None when there is none."""
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, _, name = ELSEWHERE[cmd_name].partition(":")
        found: click.Command = getattr(import_module(module), name)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="barwatch-agent")
def main() -> None:
    """Reads PCIe registers of this machine, and tells a collector or you how that went."""


@main.command()
@machine_options
@click.option("--all", "is_whole", is_flag=True, help="Every function, read and setting, also when something fails.")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@click.option(
    "--watch",
    "every_s",
    type=click.FloatRange(0.1, 3600),
    is_flag=False,
    flag_value=1.0,
    metavar="[SECONDS]",
    help="Look again every so often (each second) until Ctrl-C, and count what fails.",
)
def probe(*, config: Path | None, is_whole: bool, is_json: bool, every_s: float | None, **options: object) -> None:
    """Look at this machine, without a collector: what fails, why, and what to try; exit code 1 when a read fails."""
    from barwatch_agent import build, probe_report  # noqa: PLC0415 --help must not wait for them
    from barwatch_agent.probe import Eyes  # noqa: PLC0415

    clock = system_clock()
    machine = build.build_machine(_config(options, config), clock)
    eyes = Eyes(machine.inventory, machine.readers, machine.locate, clock, machine.second_look)
    console = probe_report.console_for(sys.stdout, environment())
    try:
        if every_s is not None:
            from barwatch_agent.probe_report.watching import Beat, watch  # noqa: PLC0415

            watch(eyes.look, Beat(clock, every_s, stop_on_interrupt()), console, is_json=is_json)
            return
        found = eyes.look()
    finally:
        for reader in machine.readers:
            reader.close()
    if is_json:
        click.echo(json.dumps(probe_report.as_json(found), indent=2))
    else:
        probe_report.show(found, console, is_whole=is_whole)
    sys.exit(probe_report.exit_code(found))


@main.command()
@run_options
def run(*, config: Path | None, **options: object) -> None:
    """Sample until stopped, and stream to the collector."""
    from barwatch_agent.life import live  # noqa: PLC0415 --help must not wait for it

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settled = _config(options, config)
    state = state_folder(settled, environment(), is_root=is_root())
    live(settled, state, system_clock(), stop_on_interrupt())


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell: eval "$(barwatch-agent completion bash)"."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 seldom asked for

    made = get_completion_class(shell)
    if made is not None:
        click.echo(made(main, {}, "barwatch-agent", "_BARWATCH_AGENT_COMPLETE").source())


def _config(options: dict[str, object], file: Path | None) -> Config:
    return load(options, environment(), file)


def entry() -> None:
    """Run the command; errors that we raise on purpose are one line, not a stack."""
    try:
        main(standalone_mode=True)
    except AgentError as error:
        click.echo(f"barwatch-agent: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    entry()
