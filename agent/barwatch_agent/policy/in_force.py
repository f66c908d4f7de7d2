"""The policy that the driver has, and putting another one in force."""

import errno
from collections.abc import Sequence

from barwatch_agent.driver import abi
from barwatch_agent.driver.abi import PolicyState
from barwatch_agent.driver.device import Device, Info, RuleError
from barwatch_agent.errors import ConfigError
from barwatch_agent.policy.driver_here import DriverHere
from barwatch_agent.policy.rule import Policy, counted, digest_of
from barwatch_agent.roots import why

ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO}
REFUSED = {errno.EPERM, errno.EACCES, errno.EBADF}


class NotYet(ConfigError):
    """Nothing is wrong with the policy; it can be in force once the driver has started anew."""


class NotLoaded(NotYet):
    """No driver is there to be asked."""


class AnotherIsLocked(NotYet):
    """The driver keeps the policy that it has until then."""


def ask(here: DriverHere) -> Info:
    """What the driver says of itself.

    Raises:
        ConfigError: there is none, it may not be asked, or it speaks another language.
    """
    try:
        device = here.opener(here.path)
        try:
            return _understood(device, here)
        finally:
            device.close()
    except OSError as exc:
        raise _error(here, exc, here.advice.who_may_ask) from exc


def answer(here: DriverHere) -> Info | str:
    """What the driver says of itself, or why it says nothing."""
    try:
        return ask(here)
    except ConfigError as exc:
        return str(exc)


def put_in_force(policy: Policy, here: DriverHere, *, lock: bool) -> Info:
    """Load a policy; what the driver says then. The locked policy itself may be loaded again: that changes nothing.

    Raises:
        NotLoaded: there is no driver.
        AnotherIsLocked: it takes no other policy any more.
        ConfigError: we are not root, or the driver refuses a rule.
    """
    try:
        device = here.opener(here.path, for_writing=True)
        try:
            before = _understood(device, here)
            if before.policy is PolicyState.LOCKED:
                return _locked(before, policy, here)
            device.load_policy(policy.packed(), lock=lock)
            return device.info()
        finally:
            device.close()
    except RuleError as exc:
        raise _refused_rule(policy, exc) from exc
    except OSError as exc:
        raise _error(here, exc, here.advice.who_may_load) from exc


def is_in_force(rules: Sequence[bytes], info: Info) -> bool:
    """Whether the driver has these rules, as far as their number and digest tell."""
    is_any = info.policy is not PolicyState.NONE
    return is_any and (info.rules, info.digest) == (len(rules), digest_of(rules))


def _understood(device: Device, here: DriverHere) -> Info:
    info = device.info()
    if info.abi != abi.ABI:
        msg = f"{here.name}: the driver speaks version {info.abi} of its contract, this agent version {abi.ABI}"
        raise ConfigError(msg)
    return info


def _locked(info: Info, policy: Policy, here: DriverHere) -> Info:
    if is_in_force(policy.packed(), info):
        return info
    msg = f"{here.name}: a policy of {counted(info.rules)}, digest {info.digest:016x}, is locked; {here.advice.unlock}"
    raise AnotherIsLocked(msg)


def _refused_rule(policy: Policy, exc: RuleError) -> ConfigError:
    table = policy.table_of(exc.number)
    return ConfigError(f"the driver refuses rule {table + 1} {policy.rules[table].summary!r}: {exc}")


def _error(here: DriverHere, exc: OSError, who_may: str) -> ConfigError:
    if exc.errno in ABSENT:
        return NotLoaded(f"the barwatch driver is not loaded: {here.name}: {why(exc)}; {here.advice.install}")
    if exc.errno in REFUSED:
        return ConfigError(f"{here.name}: {why(exc)}; {who_may}")
    if exc.errno == errno.ENOTTY:
        return ConfigError(f"{here.name}: {why(exc)}; this is not the barwatch driver")
    return ConfigError(f"{here.name}: {why(exc)}")
