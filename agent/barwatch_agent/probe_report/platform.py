"""What of a machine can matter for a read that fails, one line for each; and all settings."""

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from barwatch_agent.probe.looking import Look
from barwatch_proto.drawing import printable
from barwatch_proto.snapshot import Setting, Snapshot
from barwatch_proto.topology import Function
from barwatch_proto.words import State

# label, and for each setting the words before its value
LINES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("IOMMU", (("iommu", ""), ("iommu_mode", ""), ("kernel_dma_protection", "kernel DMA protection "))),
    ("Thunderbolt", (("thunderbolt_security", "security "),)),
    ("lockdown", (("lockdown", ""), ("secure_boot", "Secure Boot "))),
    ("ASPM", (("aspm_policy", "policy "),)),
    ("virtual machine", (("virtual_machine", ""),)),
    ("kernel", (("kernel_version", ""), ("kernel_options", ""))),
    ("kernel access", (("kernel_access", ""), ("driver_version", "driver "), ("driver_policy", "policy "))),
    ("user access", (("user_access", ""),)),
)
TOLD_WHEN_ABSENT = {"kernel_access", "user_access", "iommu", "lockdown", "secure_boot"}


def platform(found: Look, functions: Sequence[Function]) -> Table:
    """The settings that can matter for functions that fail, one line each."""
    table = _table("This machine")
    for label, parts in LINES:
        told = [*_told(found.snapshot, parts), *(_aspm(functions) if label == "ASPM" else ())]
        if told:
            table.add_row(Text(label, "dim"), Text(printable(", ".join(told))))
    return table


def settings_table(settings: Sequence[Setting]) -> Table:
    """Settings that say something; absent ones are named in one line at the end."""
    table = _table("Settings")
    for setting in settings:
        if setting.state is not State.ABSENT:
            style = {State.ON: "green", State.UNREADABLE: "yellow"}.get(setting.state, "")
            table.add_row(setting.name, Text(printable(_in_words(setting)), style))
    absent = ", ".join(setting.name for setting in settings if setting.state is State.ABSENT)
    if absent:
        table.add_row("absent", Text(absent, "dim"))
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, pad_edge=False, show_header=False)


def _told(snapshot: Snapshot, parts: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, before in parts:
        setting = snapshot.setting(name)
        if setting is not None and (setting.state is not State.ABSENT or name in TOLD_WHEN_ABSENT):
            yield f"{before}{_in_words(setting)}"


def _aspm(functions: Sequence[Function]) -> Iterator[str]:
    return (f"{function.aspm} at {function.address}" for function in functions if function.aspm is not None)


def _in_words(setting: Setting) -> str:
    if setting.state is State.UNREADABLE:
        return f"unreadable: {setting.reason}"
    if setting.state is State.ABSENT:
        return f"absent: {setting.reason}" if setting.reason else "absent"
    return setting.value or setting.state.value
