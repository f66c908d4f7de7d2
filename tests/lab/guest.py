"""One host of the lab, running: QEMU with a real kernel, whose root is this machine's, read-only.

Without KVM: it may be present and still not work where the lab itself runs in a virtual machine, and the lab is to be
the same everywhere.
"""

import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab import devices, firmware, ordinary
from tests.lab.floors import Floors, Place
from tests.lab.hosts import Function, Host
from tests.lab.lines import Monitor, Shell
from tests.lab.papers import POLICY, make_policy, write_plan
from tests.lab.parts import Parts

COMMAND_LINE = (
    *("console=ttyS0", "quiet", "panic=-1"),
    # a guest that gets no CPU for a while is the lab's business, not a failure
    *("no_timer_check", "nowatchdog", "rcupdate.rcu_cpu_stall_suppress=1"),
)
# What the kernel says when something is wrong with it or with a driver; in no case is any of it expected.
COMPLAINTS = "|".join(
    (
        *("WARNING:", "BUG:", "Oops", "general protection", "Call Trace", "hung_task"),
        *("refcount_t", "list_del corruption", "UBSAN", "KASAN", "DMAR.*fault"),
    )
)


PLAN = "/run/plan.toml"  # in the guest, for everybody


class GuestError(Exception):
    """Something did not work inside the guest; the text has the command and what it said."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Where QEMU has a port or function."""

    place: Place
    regions: Mapping[int, int]  # the address in each BAR

    @property
    def address(self) -> str:
        bus, device, function = self.place
        return f"0000:{bus:02x}:{device:02x}.{function}"


class Guest:
    """A running host; `end` ends it, and so does the end of whoever started it."""

    def __init__(self, host: Host, parts: Parts, folder: Path) -> None:
        self.host, self.folder, self._parts = host, folder, parts
        self.console = folder / "console.log"
        self._floors = devices.floors(host)
        self._heard: set[str] = set()
        self._plugged = 0  # devices that came back
        with (folder / "qemu.log").open("wb") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log)
        try:
            self.monitor = Monitor(folder / "monitor")
            self._shell = Shell(folder / "shell")
            self._laying = Floors(folder / "bus")
        except OSError as error:
            self.end()
            raise GuestError(self._last_words("QEMU does not start")) from error

    @property
    def name(self) -> str:
        """The host's name, and that of its agent."""
        return self.host.name

    def wait_until_up(self) -> None:
        """Until it has booted; then the floors are laid, and the modules and the driver's policy are loaded."""
        try:
            self._shell.wait_until_ready()
        except OSError as error:
            raise GuestError(self._last_words("the guest does not come up")) from error
        self.run(f"hostname {self.name}")
        for function in self.host.function:
            if function.is_plugged:
                self.lay_floor(function.id)
        self.run(f"insmod {self._parts.faults} && insmod {self._parts.driver}")
        self._load_policy()
        if self.host.is_locked_down:
            self.run("echo integrity > /sys/kernel/security/lockdown")

    def _load_policy(self) -> None:
        """As root, who locks it."""
        plan = write_plan(self.host, self.folder)
        policy = make_policy(self.host, plan, self.folder)
        self.run(f"cp {plan} {PLAN} && cd / && {shlex.join(POLICY)} load {policy} --lock")
        if self.host.is_ordinary_user:
            self.run(ordinary.admit())

    def run(self, command: str) -> str:
        """What a command of bash printed.

        Raises:
            GuestError: its exit code was not 0, or no answer came.
        """
        try:
            code, output = self._shell.run(command)
        except OSError as error:
            raise GuestError(self._last_words(f"no answer to: {command}")) from error
        if code:
            msg = f"{self.name}: {command}: exit code {code}\n{output}"
            raise GuestError(msg)
        return output

    def seen(self, part: str) -> Seen:
        """Where a port or function is now.

        Raises:
            KeyError: nowhere.
        """
        return dict(_functions(self.monitor.command("query-pci")))[part]

    def address(self, part: str) -> str:
        """The PCI address of a port or function."""
        return self.seen(part).address

    def lay_floor(self, function: str) -> None:
        """Ones under the BAR of a function, wherever it is now."""
        floor = self._floors[function]
        root_port = self.seen(self.host.root_port_of(function).id).place
        self._laying.lay(floor, self.seen(function).regions[floor.bar], root_port)

    def raise_floor(self, function: str) -> None:
        """Ones over the BAR of a function, until `sink_floor`."""
        floor = self._floors[function]
        self._laying.raise_up(floor, self.seen(function).regions[floor.bar])

    def sink_floor(self, function: str) -> None:
        """The function shows again."""
        self._laying.sink(self.seen(self.host.root_port_of(function).id).place)

    def plug(self, function: str) -> None:
        """Put a device into its slot; the guest is told by its port."""
        wanted = self.host.function_of(function)
        driver, *options = devices.device(wanted, self._fresh_memory(wanted)).split(",")
        given = dict(option.partition("=")[::2] for option in options)
        self.monitor.command("device_add", driver=driver, **{key: value for key, value in given.items() if value})

    def switch_slot_off(self, port: str) -> None:
        """An orderly removal of what is in the slot, as an administrator does it."""
        self.run(f"echo 0 > {self._slot(port)}/power")

    def wait_until_removed(self, port: str) -> None:
        """Until the kernel has finished with a card that is no more; a card that came earlier would be switched off."""
        self.run(f"until [ $(cat {self._slot(port)}/power) = 0 ]; do sleep 0.1; done")

    def _slot(self, port: str) -> str:
        return f"/sys/bus/pci/slots/{devices.slot_number(self.host, port)}"

    def _fresh_memory(self, function: Function) -> str | None:
        """The name of new memory over the same file; QEMU gives up when a device comes back to memory that it had."""
        if function.device != "ivshmem-plain":
            return None
        self._plugged += 1
        name = f"memory-{function.id}-{self._plugged}"
        file, length = str(self.memory_file(function.id)), devices.length(function)
        backend = {"qom-type": "memory-backend-file", "id": name, "mem-path": file, "size": length, "share": True}
        self.monitor.command("object-add", **backend)
        return name

    def memory_file(self, function: str) -> Path:
        """The file behind the BAR of a function that is memory."""
        return devices.memory_file(self.host.function_of(function), self.folder)

    def inject(self, port: str, error: str) -> None:
        """An error that Advanced Error Reporting tells of; QEMU hw/pci/pcie_aer.c has the names.

        Uncorrectable ones, at ports: QEMU before 8.0 sends no message for others, and its endpoints send none at all.
        """
        self.monitor.say(f"pcie_aer_inject_error {port} {error}")

    def complaints(self) -> list[str]:
        """What the kernel complained about since this was asked before."""
        found = self.run(f"dmesg | grep -E -A 12 '{COMPLAINTS}' || true").splitlines()
        new = [line for line in found if line not in self._heard]
        self._heard.update(new)
        return new

    def end(self) -> None:
        """Switch it off."""
        for link in ("monitor", "_shell", "_laying"):
            if hasattr(self, link):
                getattr(self, link).close()
        self._process.kill()
        self._process.wait()

    def _command(self) -> list[str]:
        host, folder = self.host, self.folder
        served = "server=on,wait=off"
        return [
            *("setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64"),
            *("-machine", "q35,accel=tcg,kernel-irqchip=split", "-cpu", "max,-hypervisor", "-m", "768"),
            *("-display", "none", "-no-reboot", "-nodefaults"),
            *("-serial", f"file:{self.console}", "-serial", f"unix:{folder / 'shell'},{served}"),
            *("-qmp", f"unix:{folder / 'monitor'},{served}"),
            *("-qtest", f"unix:{folder / 'bus'},{served}", "-qtest-log", "none"),
            *("-kernel", str(self._parts.kernel.image), "-initrd", str(self._parts.initramfs)),
            *("-append", " ".join(COMMAND_LINE)),
            *("-fsdev", "local,id=root,path=/,security_model=none,multidevs=remap,readonly=on"),
            *("-device", "virtio-9p-pci,fsdev=root,mount_tag=host"),
            *("-netdev", "user,id=lan", "-device", "virtio-net-pci,netdev=lan,romfile="),
            # hot-plug by the ports themselves, as behind a cable, and not by ACPI
            *("-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"),
            *(("-device", "intel-iommu,intremap=on") if host.iommu else ()),
            *firmware.tables(host, folder),
            *devices.arguments(host, folder),
        ]

    def _last_words(self, what: str) -> str:
        logs = [file for file in (self.folder / "qemu.log", self.console) if file.exists()]
        said = "\n".join(f"{file}:\n{file.read_text(errors='replace')[-2000:]}" for file in logs)
        return f"{self.name}: {what}\n{said}"


def _functions(buses: list[dict[str, Any]]) -> Iterator[tuple[str, Seen]]:
    """Every function that has an id, from what query-pci returns."""
    for bus in buses:
        for each in bus["devices"]:
            regions = {region["bar"]: region["address"] for region in each["regions"]}
            if each["qdev_id"]:
                yield each["qdev_id"], Seen((each["bus"], each["slot"], each["function"]), regions)
            below = each.get("pci_bridge")
            yield from _functions([below] if below and "devices" in below else [])
