"""The Windows that the agent runs on."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from barwatch_agent.windows import event_log, platform, sources
from barwatch_agent.windows.calls import Libraries
from barwatch_agent.windows.cfgmgr import ConfigManager
from barwatch_agent.windows.device_guard import ask_device_guard
from barwatch_agent.windows.facts import Devnode, Fact, Facts, Property, Refusal
from barwatch_agent.windows.properties import KEYS

ENUMERATOR = "PCI"

T = TypeVar("T")


@dataclass(slots=True)
class LiveSource:
    """Asks the libraries of this machine. ``registry`` reads a value of HKLM, ``device_guard`` asks WMI.

    What only a reboot changes is asked once: WMI takes a good part of a second.
    """

    libraries: Libraries
    registry: Callable[[str, str], Fact]
    device_guard: Callable[[], Fact]
    _until_reboot: dict[str, Fact] = field(default_factory=dict)

    def names(self) -> Sequence[str]:
        """Instance ids of the functions that are present.

        Raises:
            OSError: nothing is listed.
        """
        return ConfigManager(self.libraries.cfgmgr32).present(ENUMERATOR)

    def devices(self) -> tuple[Sequence[Devnode], Sequence[str]]:
        """The functions that are present; one that goes away meanwhile is a line among the problems."""
        manager, problems, found = ConfigManager(self.libraries.cfgmgr32), [], []
        try:
            names = self.names()
        except OSError as error:
            return (), (f"devices: {error.strerror or error}",)
        for name in names:
            try:
                found.append(read_devnode(manager, name, KEYS, with_resources=True))
            except OSError as error:
                problems.append(f"{name}: {error.strerror or error}")
        return found, problems

    def facts(self) -> Facts:
        """All facts."""
        if not self._until_reboot:
            self._until_reboot = {name: _asked(ask) for name, ask in self._lasting()}
        return {**self._until_reboot, **{name: _asked(ask) for name, ask in self._changing()}}

    def device(self, instance_id: str, names: Iterable[str], *, with_resources: bool) -> Devnode:
        """One device as it is now.

        Raises:
            OSError: it is gone, or there is no telling which one it is.
        """
        manager = ConfigManager(self.libraries.cfgmgr32)
        return read_devnode(manager, instance_id, names, with_resources=with_resources)

    def corrected_errors(self) -> Fact:
        """From the event log."""
        return _asked(partial(event_log.corrected_errors, self.libraries))

    def _lasting(self) -> Iterator[tuple[str, Callable[[], Fact]]]:
        libraries = self.libraries
        for name, (number, length) in sources.SYSTEM.items():
            yield name, partial(platform.system_information, libraries, number, length)
        yield sources.SMBIOS, partial(platform.firmware_table, libraries, platform.SMBIOS_PROVIDER, 0)
        yield from self._acpi()
        yield sources.VERSION, partial(platform.version, libraries)
        yield sources.TPM, partial(platform.tpm, libraries)
        for name, (key, value) in sources.REGISTRY.items():
            yield name, partial(self.registry, key, value)
        yield sources.DEVICE_GUARD, self.device_guard

    def _changing(self) -> Iterator[tuple[str, Callable[[], Fact]]]:
        yield sources.POWER, partial(platform.power_status, self.libraries)
        yield sources.ASPM, partial(platform.aspm, self.libraries)

    def _acpi(self) -> Iterator[tuple[str, Callable[[], Fact]]]:
        """The list of tables, and the beginning of those that are in it: asking for another one is an error."""
        names = _asked(partial(platform.acpi_names, self.libraries))
        yield sources.ACPI_NAMES, lambda: names
        listed = {names[at : at + 4] for at in range(0, len(names), 4)} if isinstance(names, bytes) else set[bytes]()
        for name in sources.ACPI:
            if name.encode() in listed:
                yield sources.acpi(name), partial(self._acpi_table, name)

    def _acpi_table(self, name: str) -> Fact:
        table = platform.firmware_table(self.libraries, platform.ACPI_PROVIDER, int.from_bytes(name.encode(), "little"))
        return table[: sources.ACPI_BYTES] if isinstance(table, bytes) else table


def this_machine(libraries: Libraries) -> LiveSource:
    """The machine that the agent runs on."""
    return LiveSource(libraries, registry_value, ask_device_guard)


def read_devnode(manager: ConfigManager, instance_id: str, names: Iterable[str], *, with_resources: bool) -> Devnode:
    """One device, with the properties of these names.

    Raises:
        OSError: it is gone, or there is no telling which one it is.
    """
    node = manager.locate(instance_id)
    problems: list[str] = []
    properties = dict(_properties(manager, node, names, problems))
    status, problem = _told(lambda: manager.status(node), "status", problems) or (None, None)
    resources = _told(lambda: manager.resources(node), "resources", problems) if with_resources else None
    return Devnode(instance_id, properties, resources, status, problem, tuple(problems))


def registry_value(key: str, value: str) -> Fact:
    """A value of HKEY_LOCAL_MACHINE as it is stored, strings in UTF-16 and numbers in four bytes."""
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 only Windows has it

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
                found, _ = winreg.QueryValueEx(opened, value)
        except OSError as error:
            return Refusal(error.winerror or 0)
        return found.to_bytes(4, "little") if isinstance(found, int) else str(found).encode("utf-16-le")
    else:  # noqa: RET505 mypy knows a platform by its branch
        return Refusal(0, "not Windows")


def _asked(ask: Callable[[], Fact]) -> Fact:
    """The answer; an export that is not there, or a call that fails in a way nobody thought of, costs only its own."""
    try:
        return ask()
    except OSError as error:
        return Refusal(getattr(error, "winerror", None) or 0, error.strerror or str(error))


def _properties(
    manager: ConfigManager, node: int, names: Iterable[str], problems: list[str]
) -> Iterator[tuple[str, Property]]:
    for name in names:
        found = _told(partial(manager.property, node, KEYS[name]), name, problems)
        if found is not None:
            yield name, found


def _told(ask: Callable[[], T], name: str, problems: list[str]) -> T | None:
    try:
        return ask()
    except FileNotFoundError:
        raise  # it went away in the middle: what was read of it is half a device
    except OSError as error:
        problems.append(f"{name}: {error.strerror or error}")
        return None
