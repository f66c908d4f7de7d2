"""The policy that the driver puts in force each time it starts: left there, and taken away again."""

from barwatch_agent.driver.at_start import NAME, AtStart
from barwatch_agent.driver.device import Info
from barwatch_agent.errors import ConfigError
from barwatch_agent.policy.driver_here import DriverHere
from barwatch_agent.policy.in_force import REFUSED, NotYet, put_in_force
from barwatch_agent.policy.rule import Policy
from barwatch_agent.roots import why

ELSEWHERE = (
    "--at-start and forget are for the driver of a machine that runs Windows; on Linux barwatch-policy.service loads "
    "/etc/barwatch/policy.toml each time the machine starts: deploy/README.md"
)


def put_in_force_for_good(policy: Policy, here: DriverHere, *, lock: bool) -> Info | str:
    """Load a policy, and leave it for each later start; what the driver says, or why it is in force only from then on.

    What the driver refused is not left there. Where no driver is loaded yet, or it has locked another policy, that the
    file is valid must do: the next start would else bring the old policy back, or none.

    Raises:
        ConfigError: as for ``put_in_force``; or no driver is installed, or this is not Windows.
    """
    at_start = _of(here)
    try:
        found: Info | str = put_in_force(policy, here, lock=lock)
    except NotYet as exc:
        found = str(exc)
    try:
        at_start.keep(policy.packed(), lock=lock)
    except FileNotFoundError as exc:
        msg = f"the barwatch driver is not installed: it has no service to leave a policy for; {here.advice.install}"
        raise ConfigError(msg) from exc
    except OSError as exc:
        now = "" if isinstance(found, str) else "in force, but not left for the next start: "
        raise _refused(here, exc, now) from exc
    return found


def forget(here: DriverHere) -> bool:
    """Take away what was left; whether there was anything.

    Raises:
        ConfigError: we are no administrator, or this is not Windows.
    """
    try:
        return _of(here).forget()
    except OSError as exc:
        raise _refused(here, exc) from exc


def _of(here: DriverHere) -> AtStart:
    if here.at_start is None:
        raise ConfigError(ELSEWHERE)
    return here.at_start


def _refused(here: DriverHere, exc: OSError, now: str = "") -> ConfigError:
    who_may = f"; {here.advice.who_may_load}" if exc.errno in REFUSED else ""
    return ConfigError(f"{now}{NAME}: {why(exc)}{who_may}")
