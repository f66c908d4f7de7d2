"""The policy that the driver puts in force each time it starts: on Windows it lies in the registry.

Value Policy (REG_BINARY) of the key Parameters below the driver's service: the bytes of a POLICY request. Only
administrators may write there. Source: driver/windows/registry.c.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from barwatch_agent.driver import abi
from barwatch_agent.driver.device import Device
from barwatch_agent.roots import why
from barwatch_agent.windows.calls import Library

SERVICE = r"SYSTEM\CurrentControlSet\Services\barwatch"
PARAMETERS, VALUE = "Parameters", "Policy"
NAME = rf"HKLM\{SERVICE}\{PARAMETERS}, value {VALUE}"
NOTHING = "no policy: nothing is kept for it"


@dataclass(frozen=True, slots=True)
class Kept:
    """A policy that waits for the driver's next start."""

    rules: tuple[bytes, ...]  # each a ``struct bw_rule``
    is_locked: bool  # whether the driver then refuses every other one

    def packed(self) -> bytes:
        """A POLICY request: what a device would be asked, so that it is written in one place."""
        asked = bytearray()
        Device(lambda _, buffer: asked.extend(buffer)).load_policy(self.rules, lock=self.is_locked)
        return bytes(asked)

    @classmethod
    def unpacked(cls, value: bytes) -> Self:
        """What a POLICY request says.

        Raises:
            ValueError: it is none, or one of another version; says why.
        """
        if len(value) < abi.POLICY.size:
            msg = f"{len(value)} bytes are too few"
            raise ValueError(msg)
        size, flags, count, item_size, *_ = abi.POLICY.unpack_from(value)
        if (size, item_size) != (abi.POLICY.size, abi.RULE.size) or flags & ~abi.POLICY_LOCK:
            msg = "it is of another version"
            raise ValueError(msg)
        if count > abi.RULES_MAX or len(value) < size + count * item_size:
            msg = f"{len(value)} bytes do not hold {count} rules, of which the driver takes {abi.RULES_MAX}"
            raise ValueError(msg)
        rules = memoryview(value)[size : size + count * item_size]
        return cls(tuple(bytes(rules[at : at + item_size]) for at in range(0, len(rules), item_size)), bool(flags))


@dataclass(frozen=True, slots=True)
class AtStart:
    """The place where Windows keeps it, through the functions of ``winreg``."""

    winreg: Library

    def kept(self) -> Kept | str:
        """What is kept, or why there is nothing that the driver, or this agent, could use."""
        try:
            with self.winreg.OpenKey(self.winreg.HKEY_LOCAL_MACHINE, rf"{SERVICE}\{PARAMETERS}") as key:
                value, kind = self.winreg.QueryValueEx(key, VALUE)
        except FileNotFoundError:
            return NOTHING
        except OSError as exc:
            return f"not known: {NAME}: {why(exc)}"
        if kind != self.winreg.REG_BINARY:
            return f"no policy: {NAME} is not REG_BINARY"
        try:
            return Kept.unpacked(value or b"")
        except ValueError as exc:
            return f"no policy: {NAME}: {exc}"

    def keep(self, rules: Sequence[bytes], *, lock: bool) -> None:
        """Leave a policy there, in place of the one before.

        Raises:
            FileNotFoundError: the driver is not installed.
            OSError: Windows refuses.
        """
        winreg, value = self.winreg, Kept(tuple(rules), lock).packed()
        with (
            winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, SERVICE) as service,  # made here, it would be half a service
            winreg.CreateKeyEx(service, PARAMETERS, 0, winreg.KEY_SET_VALUE) as key,
        ):
            winreg.SetValueEx(key, VALUE, 0, winreg.REG_BINARY, value)

    def forget(self) -> bool:
        """Take it away; whether there was any.

        Raises:
            OSError: Windows refuses.
        """
        winreg = self.winreg
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, rf"{SERVICE}\{PARAMETERS}", 0, winreg.KEY_SET_VALUE) as key:
                winreg.DeleteValue(key, VALUE)
        except FileNotFoundError:
            return False
        return True
