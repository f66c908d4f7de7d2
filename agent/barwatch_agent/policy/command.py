"""barwatch-agent policy: make, check, show and load what the driver may read.

What a command needs is imported in it: ``barwatch-agent --help`` must not wait for a scanner and for rich.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from barwatch_agent.command_line import CONFIG, PLAN, SYSFS, options, write_output
from barwatch_agent.config import environment, load

if TYPE_CHECKING:
    from barwatch_agent.policy.in_force import Opener

_about_machine = options(CONFIG, SYSFS)
_file_argument = click.argument("file", type=click.Path(path_type=Path))
_json_option = click.option("--json", "is_json", is_flag=True, help="For programs.")


@click.group()
@click.pass_context
def policy(context: click.Context) -> None:
    """Say which registers the driver may read: none, until root loads a policy."""
    if context.obj is None:
        from barwatch_agent.driver.linux import open_device  # noqa: PLC0415

        context.obj = open_device


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
    made = making.make_policy(found.plan, found.topology, found.config_of, wanted)
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
def check(opener: "Opener", /, *, file: Path, config: Path | None, is_json: bool, **options: object) -> None:
    """Say whether a policy is valid, what it grants on this host, and whether the driver has it."""
    from rich.console import Console  # noqa: PLC0415

    from barwatch_agent.policy import here, report  # noqa: PLC0415
    from barwatch_agent.policy.coverage import coverage  # noqa: PLC0415
    from barwatch_agent.policy.in_force import answer  # noqa: PLC0415
    from barwatch_agent.policy.schema import load_policy  # noqa: PLC0415

    settled = load(options, environment(), config)
    loaded = load_policy(file)
    covered = coverage(loaded, here.look(settled).targets()) if here.has_pci(settled) else None
    checked = report.Checked(loaded, answer(here.device(settled), opener), covered)
    if is_json:
        click.echo(json.dumps(report.check_as_json(checked), indent=2))
    else:
        report.show_checked(checked, Console(highlight=False, markup=False))


@policy.command()
@_about_machine
@_json_option
@click.pass_obj
def show(opener: "Opener", /, *, config: Path | None, is_json: bool, **options: object) -> None:
    """Show what the driver has in force: state, number of rules and digest."""
    from barwatch_agent.policy import here, report  # noqa: PLC0415
    from barwatch_agent.policy.in_force import ask  # noqa: PLC0415

    info = ask(here.device(load(options, environment(), config)), opener)
    if is_json:
        click.echo(json.dumps({"format": 1, **report.info_as_json(info)}, indent=2))
        return
    click.echo(f"driver {info.version}: {report.state_in_words(info)}")
    click.echo("It does not list its rules: barwatch-agent policy check FILE says whether they are those of a file.")


@policy.command(name="load")
@_file_argument
@_about_machine
@click.option("--lock", is_flag=True, help="Refuse every other policy until the driver is loaded anew.")
@click.pass_obj
def load_(opener: "Opener", /, *, file: Path, config: Path | None, lock: bool, **options: object) -> None:
    """Put a policy in force, in place of the one before. Only root may."""
    from barwatch_agent.policy import here  # noqa: PLC0415
    from barwatch_agent.policy.in_force import put_in_force  # noqa: PLC0415
    from barwatch_agent.policy.report import state_in_words  # noqa: PLC0415
    from barwatch_agent.policy.schema import load_policy  # noqa: PLC0415

    device = here.device(load(options, environment(), config))
    click.echo(state_in_words(put_in_force(load_policy(file), device, opener, lock=lock)))
