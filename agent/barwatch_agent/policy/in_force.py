"""The policy that the driver has, and putting another one in force."""

import errno
from pathlib import Path
from typing import Protocol

from barwatch_agent.driver import abi
from barwatch_agent.driver.abi import PolicyState
from barwatch_agent.driver.device import Device, Info, RuleError
from barwatch_agent.errors import ConfigError
from barwatch_agent.policy.rule import Policy, counted
from barwatch_agent.roots import why

ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO}
REFUSED = {errno.EPERM, errno.EACCES, errno.EBADF}
LOCKED = "it stays until the driver is loaded anew: modprobe -r barwatch && modprobe barwatch, or a reboot"
INSTALL = "driver/README.md says how to build and load it"
ONLY_ROOT = "only root may load a policy: it takes CAP_SYS_RAWIO, and the device opened for writing"
ONLY_GROUP = "only root may ask the driver, and the group that its udev rule names (driver/linux/60-barwatch.rules)"


class Opener(Protocol):
    """Opens the driver's device."""

    def __call__(self, path: Path, *, for_writing: bool = False) -> Device:
        """An open handle; raises OSError."""


def ask(path: Path, opener: Opener) -> Info:
    """What the driver says of itself.

    Raises:
        ConfigError: there is none, it may not be asked, or it speaks another language.
    """
    try:
        device = opener(path)
        try:
            return _understood(device, path)
        finally:
            device.close()
    except OSError as exc:
        raise _error(path, exc, ONLY_GROUP) from exc


def answer(path: Path, opener: Opener) -> Info | str:
    """What the driver says of itself, or why it says nothing."""
    try:
        return ask(path, opener)
    except ConfigError as exc:
        return str(exc)


def put_in_force(policy: Policy, path: Path, opener: Opener, *, lock: bool) -> Info:
    """Load a policy; what the driver says then. The locked policy itself may be loaded again: that changes nothing.

    Raises:
        ConfigError: there is no driver, we are not root, another policy is locked, or the driver refuses a rule.
    """
    try:
        device = opener(path, for_writing=True)
        try:
            before = _understood(device, path)
            if before.policy is PolicyState.LOCKED:
                return _locked(before, policy, path)
            device.load_policy(policy.packed(), lock=lock)
            return device.info()
        finally:
            device.close()
    except RuleError as exc:
        raise _refused_rule(policy, exc) from exc
    except OSError as exc:
        raise _error(path, exc, ONLY_ROOT) from exc


def is_in_force(policy: Policy, info: Info) -> bool:
    """Whether the driver has this policy, as far as number of rules and digest tell."""
    is_any = info.policy is not PolicyState.NONE
    return is_any and (info.rules, info.digest) == (len(policy.packed()), policy.digest)


def _understood(device: Device, path: Path) -> Info:
    info = device.info()
    if info.abi != abi.ABI:
        msg = f"{path}: the driver speaks version {info.abi} of its contract, this agent version {abi.ABI}"
        raise ConfigError(msg)
    return info


def _locked(info: Info, policy: Policy, path: Path) -> Info:
    if is_in_force(policy, info):
        return info
    msg = f"{path}: a policy of {counted(info.rules)}, digest {info.digest:016x}, is locked; {LOCKED}"
    raise ConfigError(msg)


def _refused_rule(policy: Policy, exc: RuleError) -> ConfigError:
    table = policy.table_of(exc.number)
    return ConfigError(f"the driver refuses rule {table + 1} {policy.rules[table].summary!r}: {exc}")


def _error(path: Path, exc: OSError, who_may: str) -> ConfigError:
    if exc.errno in ABSENT:
        return ConfigError(f"the barwatch driver is not loaded: {path}: {why(exc)}; {INSTALL}")
    if exc.errno in REFUSED:
        return ConfigError(f"{path}: {why(exc)}; {who_may}")
    if exc.errno == errno.ENOTTY:
        return ConfigError(f"{path}: {why(exc)}; this is not the barwatch driver")
    return ConfigError(f"{path}: {why(exc)}")
