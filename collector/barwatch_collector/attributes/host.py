"""Attributes of a host: what it is, what runs on it, and how much hangs on its buses. What names it is never one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from barwatch_collector.attributes.attribute import Form, Row, Value
from barwatch_collector.attributes.sources import host as told
from barwatch_collector.attributes.values import ABSENT, any_of, number, setting_state, setting_value, switch
from barwatch_collector.attributes.way import is_host_router, is_unread
from barwatch_proto.snapshot import Setting, Snapshot
from barwatch_proto.topology import Function, Topology
from barwatch_proto.words import State

YEAR = re.compile(r"\b(?:19|20)\d\d\b")
SERIES_PARTS = {"linux": 2, "windows": 3}  # 6.12 of 6.12.48, 10.0.22631 of 10.0.22631.4317
POWER_PROFILES = ("pm_profile", "FACP")  # where the kind of chassis is from when SMBIOS does not say; Linux, Windows
THUNDERBOLT = "bus/thunderbolt"  # how problems of that side begin
CHASSIS_LOCK = 0x80  # bit 7 of the enclosure type says that there is a lock; SMBIOS 3.7 (DSP0134), section 7.4.1
# Taints that say what was loaded: proprietary, forced, staging, out of tree, unsigned, live patch, ACPI table replaced.
# The others (warned, died, machine check) may come from the failure. Documentation/admin-guide/tainted-kernels.rst
LOADED = "PFCOEKA"
HOST_BRIDGE, DISPLAY, ACCELERATOR = 0x0600, 0x03, 0x12  # PCI Code and ID Assignment Specification 1.14, section 1


@dataclass(frozen=True, slots=True)
class Host:
    """One host at one time."""

    snapshot: Snapshot
    settings: Mapping[str, Setting]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Host":
        """The host of this snapshot, with its settings by name: nearly all columns ask for one."""
        return cls(snapshot, {setting.name: setting for setting in reversed(snapshot.settings)})

    @property
    def topology(self) -> Topology:
        """Its functions and routers."""
        return self.snapshot.topology

    def setting(self, name: str) -> Setting | None:
        """The first setting of that name; None when nobody looked for it."""
        return self.settings.get(name)


def _machine_vendor(host: Host) -> Value:
    return host.snapshot.host.machine_vendor or setting_value(host.setting("machine_vendor"))


def _machine_model(host: Host) -> Value:
    return host.snapshot.host.machine_model or setting_value(host.setting("machine_model"))


def _bios_year(host: Host) -> Value:
    found = YEAR.search(_text(host, "bios_date"))
    return found[0] if found else None


def _kernel_series(host: Host) -> Value:
    system = host.snapshot.host.system
    parts = re.findall(r"\d+", _text(host, "kernel_version"))[: SERIES_PARTS.get(system, 2)]
    return f"{system} {'.'.join(parts)}" if parts else None


def _text(host: Host, name: str) -> str:
    setting = host.setting(name)
    return (setting.value if setting else None) or ""


def _chassis_type(host: Host) -> Value:
    """Not where a power profile or a hypervisor stood in for it."""
    setting = host.setting("chassis")
    if setting is None or setting.state is not State.VALUE or any(each in setting.source for each in POWER_PROFILES):
        return None
    raw = setting.raw or ""
    return f"SMBIOS type {int(raw) & ~CHASSIS_LOCK}" if re.fullmatch(r"[0-9]{1,3}", raw) else None


def _hypervisor(host: Host) -> Value:
    setting = host.setting("virtual_machine")
    if setting is None or setting.state is State.UNREADABLE:
        return None
    return setting.value if setting.state is State.ON else ABSENT


def _loaded_code(host: Host) -> Value:
    taints = setting_value(host.setting("kernel_tainted"))
    if taints in {None, ABSENT}:
        return taints
    letters = "" if taints == State.OFF.value or taints is None else taints.partition(" ")[0]
    return "".join(letter for letter in LOADED if letter in letters) or State.OFF.value


def _functions(host: Host) -> Value:
    return number(len(host.topology.functions))


def _gpus(host: Host) -> Value:
    return number(sum(each.class_code >> 16 in {DISPLAY, ACCELERATOR} for each in host.topology.functions))


def _domains(host: Host) -> Value:
    return number(len(host.topology.thunderbolt_domains)) if _tells_thunderbolt(host) else None


def _routers(host: Host) -> Value:
    if not _tells_thunderbolt(host):
        return None
    return number(sum(not is_host_router(router) for router in host.topology.thunderbolt_devices))


def _tells_thunderbolt(host: Host) -> bool:
    """No call of Windows tells what is on that bus."""
    is_unread = any(problem.startswith(THUNDERBOLT) for problem in host.topology.problems)
    return host.snapshot.host.system == "linux" and not is_unread


def _host_bridge(host: Host) -> Value:
    bridges = (each for each in host.topology.functions if each.class_code >> 8 == HOST_BRIDGE)
    first = min(bridges, key=lambda bridge: bridge.address, default=None)
    return first.ids if first else ABSENT


def _above_4g(host: Host) -> Value:
    return switch(any_of(map(_has_bar_above_4g, host.topology.functions)))


def _has_bar_above_4g(function: Function) -> bool | None:
    """A BAR without an address is above nothing."""
    return any(bar.is_above_4g for bar in function.bars) or (None if is_unread(function, "resource") else False)


# The system weighs more than what only one system has: where they cannot be told apart, the system is what is told.
# fmt: off
HOST: tuple[Row[Host], ...] = (
    Row("system", Form.WORD, 0.9, None, lambda host: host.snapshot.host.system,
        "The operating system: linux or windows.", told.SYSTEM),
    Row("kernel_series", Form.WORD, 0.1, "system", _kernel_series,
        "Operating system and series of its kernel: the first two numbers of Linux, the build of Windows.",
        told.KERNEL),
    Row("kernel_loaded_code", Form.WORD, 0.2, None, _loaded_code,
        "Letters of kernel taints that say what was loaded: P proprietary, F forced, C staging, O out of tree, "
        "E unsigned, K live patch, A ACPI table; off: none of them.", told.TAINTS),
    Row("machine_vendor", Form.WORD, -0.5, None, _machine_vendor,
        "Who made the machine.", told.MACHINE),
    Row("machine_model", Form.WORD, -0.5, "machine_vendor", _machine_model,
        "Model of the machine.", told.MACHINE),
    Row("bios_year", Form.NUMBER, -0.2, None, _bios_year,
        "Year of the firmware.", told.FIRMWARE_DATE),
    Row("chassis_type", Form.WORD, -1.0, "chassis", _chassis_type,
        "Kind of chassis as SMBIOS numbers it.", told.CHASSIS_TYPE),
    Row("virtual_machine", Form.SETTING, 0.5, None, lambda host: setting_state(host.setting("virtual_machine")),
        "The host is a virtual machine.", told.GUEST),
    Row("hypervisor", Form.WORD, 0.3, "virtual_machine", _hypervisor,
        "What the virtual machine runs on; absent on a real machine.", told.GUEST),
    Row("host_functions", Form.NUMBER, 0.0, None, _functions,
        "PCI functions of the host.", told.FUNCTIONS),
    Row("host_gpus", Form.NUMBER, 0.1, None, _gpus,
        "Display controllers and processing accelerators of the host.", told.FUNCTIONS),
    Row("host_thunderbolt_domains", Form.NUMBER, 0.2, None, _domains,
        "Thunderbolt and USB4 domains of the host.", told.THUNDERBOLT),
    Row("host_thunderbolt_routers", Form.NUMBER, 0.2, "host_thunderbolt_domains", _routers,
        "Thunderbolt and USB4 boxes and docks that are plugged into the host.", told.THUNDERBOLT),
    Row("host_bridge_ids", Form.WORD, -0.1, None, _host_bridge,
        "Vendor and device of the first host bridge, which tell the generation of the processor.", told.FUNCTIONS),
    Row("host_bars_above_4g", Form.SWITCH, 0.3, None, _above_4g,
        "Some BAR of the host begins above 4 GiB: the firmware hands out such addresses.", told.HOST_BARS),
)
# fmt: on
