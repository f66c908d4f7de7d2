"""The driver of this machine: its device, opened when it is first needed, and what it says of itself."""

from collections.abc import Callable, Sequence
from pathlib import Path

from barwatch_agent.driver import abi
from barwatch_agent.driver.abi import PolicyState
from barwatch_agent.driver.device import Device, Info
from barwatch_agent.roots import why
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

DEVICE = "/dev/barwatch"
NOT_INSTALLED = "the barwatch driver is not installed: {} does not exist"
NO_POLICY = "nothing is readable until an administrator loads a policy: barwatch-agent policy load FILE"


class Driver:
    """Keeps one handle open, for reading; a handle that fails is closed and opened again when it is next needed."""

    def __init__(self, path: Path, opener: Callable[[Path], Device], name: str = DEVICE) -> None:
        self.path = path
        self.name = name  # of the device, for people
        self._opener = opener
        self._device: Device | None = None

    def device(self) -> Device:
        """The open device.

        Raises:
            OSError: it cannot be opened.
        """
        if self._device is None:
            self._device = self._opener(self.path)
        return self._device

    def info(self) -> Info:
        """What the driver says of itself.

        Raises:
            OSError: it cannot be asked.
        """
        try:
            return self.device().info()
        except OSError:
            self.close()
            raise

    def status(self) -> Setting:
        """Setting ``kernel_access``: on with a policy, absent without the driver."""
        name, source = "kernel_access", self.name
        try:
            info = self.info()
        except (FileNotFoundError, NotADirectoryError):
            return Setting(name, State.ABSENT, source, reason=NOT_INSTALLED.format(source))
        except OSError as exc:
            return Setting(name, State.UNREADABLE, source, reason=self._refusal(exc))
        if info.abi != abi.ABI:
            reason = f"the driver speaks version {info.abi} of its contract, this agent version {abi.ABI}"
            return Setting(name, State.UNREADABLE, source, reason=reason)
        if info.policy is PolicyState.NONE:
            return Setting(name, State.OFF, source, reason=NO_POLICY)
        return Setting(name, State.ON, source)

    def settings(self) -> Sequence[Setting]:
        """Settings ``driver_version`` and ``driver_policy``: with its digest, since hosts of a fleet may differ."""
        source = f"{self.name}, INFO"
        try:
            info = self.info()
        except OSError as exc:
            is_absent = isinstance(exc, (FileNotFoundError, NotADirectoryError))
            state, reason = (State.ABSENT, None) if is_absent else (State.UNREADABLE, self._refusal(exc))
            return [Setting(name, state, source, reason=reason) for name in ("driver_version", "driver_policy")]
        return [
            Setting("driver_version", State.VALUE, source, value=info.version),
            Setting("driver_policy", State.VALUE, source, value=told(info)),
        ]

    def _refusal(self, exc: OSError) -> str:
        if not isinstance(exc, PermissionError):
            return why(exc)
        others = "the group that the udev rule of the driver names" if self.name == DEVICE else "the agent's service"
        return f"{why(exc)}: only {'root' if self.name == DEVICE else 'an administrator'} may, and {others}"

    def close(self) -> None:
        """Close what is open."""
        if self._device is not None:
            self._device.close()
            self._device = None


def told(info: Info) -> str:
    """State, number of rules and digest of a policy, for people."""
    if info.policy is PolicyState.NONE:
        return "none"
    return f"{info.policy.name.lower()}, {info.rules} rules, digest {info.digest:016x}"
