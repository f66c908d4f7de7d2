"""barwatch-agent policy: make, check, show, load and forget what the driver may read.

What a command needs is imported in it: ``barwatch-agent --help`` must not wait for a scanner and for rich.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from barwatch_agent.command_line import CONFIG, PLAN, SYSFS, options, write_output
from barwatch_agent.config import Config, environment, load
from barwatch_agent.errors import ConfigError

if TYPE_CHECKING:
    from barwatch_agent.policy.driver_here import DriverHere

FindDriver = Callable[[Config], "DriverHere"]
_about_machine = options(CONFIG, SYSFS)
_file_argument = click.argument("file", type=click.Path(path_type=Path))
_json_option = click.option("--json", "is_json", is_flag=True, help="For programs.")


@click.group()
@click.pass_context
def policy(context: click.Context) -> None:
    """Say which registers the driver may read: none, until root or an administrator of Windows loads a policy."""
    if context.obj is None:
        from barwatch_agent.policy.driver_here import driver_here  # noqa: PLC0415

        context.obj = driver_here


@policy.command()
@_about_machine
@PLAN
@click.option("--map", "is_mapped", is_flag=True, help="Let the whole page around each register be mapped, too.")
@click.option("--shared", "is_shared", is_flag=True, help="Also while a driver is bound: reading does not disturb it.")
@click.option("--output", type=click.Path(path_type=Path), help="The file to write.  [default: stdout]")
def make(*, config: Path | None, is_mapped: bool, is_shared: bool, output: Path | None, **options: object) -> None:
    """Make a policy from the plan: each register, and nothing around it. Read it before you load it."""
    from barwatch_agent.policy import here, making, text  # noqa: PLC0415
    from barwatch_agent.policy.report import told_of_making  # noqa: PLC0415
    from barwatch_agent.policy.schema import judge_count  # noqa: PLC0415

    settled = load(options, environment(), config)
    found, wanted = here.look(settled), making.Wanted(is_mapped, is_shared)
    made = making.make_policy(found.machine.plan, found.topology, found.machine.config_of, wanted)
    judge_count(made.policy, "what the plan asks for")
    write_output(text.as_text(made, text.origin(settled.plan, wanted)), output)
    for line in told_of_making(made, found.topology, wanted):
        click.echo(line, err=True)


@policy.command()
@_file_argument
@_about_machine
@PLAN
@_json_option
@click.pass_obj
def check(find: FindDriver, /, *, file: Path, config: Path | None, is_json: bool, **options: object) -> None:
    """Say whether a policy is valid, what it grants on this host, and whether the driver has it."""
    from barwatch_agent.policy import here, report  # noqa: PLC0415
    from barwatch_agent.policy.coverage import coverage  # noqa: PLC0415
    from barwatch_agent.policy.in_force import answer  # noqa: PLC0415
    from barwatch_agent.policy.schema import load_policy  # noqa: PLC0415
    from barwatch_agent.probe_report import console_for  # noqa: PLC0415

    settled = load(options, environment(), config)
    loaded, driver = load_policy(file), find(settled)
    covered = coverage(loaded, here.look(settled).targets()) if here.has_pci(settled) else None
    checked = report.Checked(loaded, answer(driver), covered, driver.kept())
    if is_json:
        click.echo(json.dumps(report.check_as_json(checked), indent=2))
    else:
        report.show_checked(checked, console_for(sys.stdout, environment()))


@policy.command()
@_about_machine
@_json_option
@click.pass_obj
def show(find: FindDriver, /, *, config: Path | None, is_json: bool, **options: object) -> None:
    """Show what the driver has in force, and on Windows at its next start: state, number of rules and digest."""
    from barwatch_agent.policy import report  # noqa: PLC0415
    from barwatch_agent.policy.in_force import answer  # noqa: PLC0415

    driver = find(load(options, environment(), config))
    info, kept = answer(driver), driver.kept()
    if is_json:
        click.echo(json.dumps(report.shown_as_json(info, kept), indent=2))
    else:
        for line in report.shown_lines(info, kept):
            click.echo(line)
    if isinstance(info, str):
        raise ConfigError(info)


@policy.command(name="load")
@_file_argument
@_about_machine
@click.option("--lock", is_flag=True, help="Refuse every other policy until the driver is loaded anew.")
@click.option("--at-start", "is_kept", is_flag=True, help="On Windows: also each time that the driver starts.")
@click.pass_obj
def load_(
    find: FindDriver, /, *, file: Path, config: Path | None, lock: bool, is_kept: bool, **options: object
) -> None:
    """Put a policy in force, in place of the one before. Only root may, or an administrator of Windows."""
    from barwatch_agent.policy.at_start import put_in_force_for_good  # noqa: PLC0415
    from barwatch_agent.policy.in_force import put_in_force  # noqa: PLC0415
    from barwatch_agent.policy.report import loaded_lines  # noqa: PLC0415
    from barwatch_agent.policy.schema import load_policy  # noqa: PLC0415

    driver = find(load(options, environment(), config))
    put = put_in_force_for_good if is_kept else put_in_force
    info = put(load_policy(file), driver, lock=lock)
    for line in loaded_lines(info, driver.kept()):
        click.echo(line)


@policy.command()
@_about_machine
@click.pass_obj
def forget(find: FindDriver, /, *, config: Path | None, **options: object) -> None:
    """Take away what load --at-start left: from its next start on the driver has no policy, and reads nothing."""
    from barwatch_agent.policy import at_start  # noqa: PLC0415

    was_kept = at_start.forget(find(load(options, environment(), config)))
    click.echo("forgotten; what is in force stays until the driver starts anew" if was_kept else "nothing was kept")
