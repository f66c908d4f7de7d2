"""barwatch-agent driver: the driver's package, into Windows and out of it; the installer calls it."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from barwatch_agent.config import environment
from barwatch_agent.errors import ConfigError
from barwatch_agent.windows.driver_package import DriverStore, Outcome, PackageError, published_infs

ELSEWHERE = "barwatch-agent driver is for Windows; on Linux DKMS installs the driver: driver/README.md says how"
_inf_argument = click.argument("inf", type=click.Path(path_type=Path))


@click.group()
@click.pass_context
def driver(context: click.Context) -> None:
    """Put the driver's package into Windows, or take it away; administrators may."""
    if context.obj is None:
        context.obj = this_store


@driver.command()
@_inf_argument
@click.pass_obj
def install(store: Callable[[], DriverStore], inf: Path) -> None:
    """Put the package of an INF file into the driver store, and the driver onto the stacks of its functions."""
    if not inf.is_file():
        msg = f"{inf}: not there; barwatch.sys, barwatch.inf and barwatch.cat belong into one folder"
        raise ConfigError(msg)
    outcome = _done(inf, store().install)
    if outcome.is_for_nobody:
        click.echo("The driver is installed; no function of this machine is one that its INF lists.")
        return
    begin = (
        "reads once Windows is restarted" if outcome.needs_restart else "was put onto its functions, which began anew"
    )
    click.echo(f"The driver is installed and {begin}; it reads only what a policy lists:")
    click.echo("  barwatch-agent policy make --map --shared --output policy.toml")
    click.echo("  barwatch-agent policy load policy.toml --lock --at-start")


@driver.command()
@_inf_argument
@click.pass_obj
def remove(store: Callable[[], DriverStore], inf: Path) -> None:
    """Take the package of an INF file away, and all others of the driver's, its service and its policy."""
    outcome = _done(inf, store().remove)
    last = "; its code stays loaded until Windows is restarted" if outcome.needs_restart else ""
    click.echo(f"The driver is removed{last}.")


def _done(inf: Path, step: Callable[[Path], Outcome]) -> Outcome:
    try:
        return step(inf.absolute())
    except PackageError as error:
        msg = f"{inf}: {error.strerror}"
        raise ConfigError(msg) from error
    except OSError as error:
        msg = f"{inf}: {error}"
        raise ConfigError(msg) from error


def this_store() -> DriverStore:
    """That of this Windows.

    Raises:
        ConfigError: this is no Windows.
    """
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 only here is it of use

        windows = Path(environment()["SYSTEMROOT"])
        newdev = ctypes.WinDLL("newdev", use_last_error=True)
        return DriverStore(newdev, delete_service, lambda: published_infs(windows))
    else:  # noqa: RET505 mypy knows a platform by its branch
        raise ConfigError(ELSEWHERE)


def delete_service(name: str) -> None:
    """Take a service's entry away, by pywin32.

    Raises:
        OSError: with the Win32 error as its number.
    """
    from importlib import import_module  # noqa: PLC0415 only Windows has it

    service = import_module("win32service")
    try:
        manager = service.OpenSCManager(None, None, service.SC_MANAGER_CONNECT)
        handle = service.OpenService(manager, name, service.DELETE)
        service.DeleteService(handle)
    except service.error as error:
        raise OSError(error.winerror, error.strerror) from error
