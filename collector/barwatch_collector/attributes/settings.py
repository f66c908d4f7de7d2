"""Attributes of a host: its settings as the agent tells them, under the same names, and options of its kernel.

``on`` and ``off`` where a setting has no value of its own, ``absent`` where the platform does not have it.
"""

from functools import partial

from barwatch_collector.attributes.attribute import Form, Row, Value
from barwatch_collector.attributes.host import Host
from barwatch_collector.attributes.sources import host as told
from barwatch_collector.attributes.values import ABSENT, setting_value

ON, WORD = Form.SETTING, Form.WORD


def _told(host: Host, name: str) -> Value:
    return setting_value(host.setting(name))


def _row(line: tuple[str, Form, float, str | None, str]) -> Row[Host]:
    name, form, weight, parent, sentence = line
    return Row(name, form, weight, parent, partial(_told, name=name), sentence, told.SETTINGS[name])


def _option(host: Host, name: str) -> Value:
    """What the kernel command line says of one option, all of it where it was given more than once."""
    options = _told(host, "kernel_options")
    if options is None or options == ABSENT:
        return options
    given = [option.partition("=") for option in options.split()]
    return "+".join(value or "on" for option, _, value in given if option == name) or ABSENT


def _option_row(line: tuple[str, float, str, str]) -> Row[Host]:
    name, weight, option, sentence = line
    return Row(name, WORD, weight, None, partial(_option, name=option), sentence, told.OPTIONS)


# fmt: off
_SETTINGS = (
    ("secure_boot", ON, 0.5, None, "The firmware checks what it boots."),
    ("setup_mode", ON, 0.1, "secure_boot", "No platform key is enrolled: the keys of Secure Boot can be changed."),
    ("lockdown", ON, 0.7, None, "What the Linux kernel keeps even from root: integrity, confidentiality or off."),
    ("iommu", ON, 0.7, None, "The kernel drives an IOMMU."),
    ("iommu_mode", WORD, 0.6, "iommu", "Domain types of the IOMMU that are in use."),
    ("iommu_requested", WORD, 0.4, "iommu", "IOMMU options on the kernel command line."),
    ("kernel_dma_protection", ON, 0.8, "iommu", "The IOMMU guards against devices on external ports."),
    ("thunderbolt_security", WORD, 0.6, None, "Security levels of all Thunderbolt domains of the host."),
    ("dma_remapping_opt_in", ON, 0.5, None, "The firmware asks for DMA remapping from the start."),
    ("dmar_table", ON, 0.3, None, "The firmware describes an Intel IOMMU."),
    ("ivrs_table", ON, 0.3, None, "The firmware describes an AMD IOMMU."),
    ("sdev_table", ON, 0.5, None, "The firmware names devices that only the secure kernel may use."),
    ("vbs", ON, 0.7, None, "Virtualization-based security."),
    ("hvci", ON, 0.8, "vbs", "Memory integrity: the hypervisor guards code of the kernel."),
    ("credential_guard", ON, 0.3, "vbs", "Credential Guard."),
    ("aspm_policy", WORD, 0.6, None, "Policy for power states of links."),
    ("tpm", WORD, 0.0, None, "Family of the trusted platform module."),
    ("bios_vendor", WORD, -0.3, None, "Who made the firmware."),
    ("bios_version", WORD, -0.2, "bios_vendor", "Version of the firmware."),
    ("os_build", WORD, -0.1, "system", "Name and version of the operating system."),
    ("kernel_version", WORD, 0.0, "kernel_series", "Release of the kernel."),
    ("kernel_options", WORD, 0.1, None, "Options of the kernel command line that matter to PCI."),
    ("chassis", WORD, -0.9, None, "Kind of machine: desktop, laptop, tablet, server, virtual or other."),
    ("power_source", WORD, 0.2, None, "What the machine runs on when it was looked at: ac or battery."),
    ("kernel_access", ON, 0.3, None, "The barwatch driver is there and has a policy."),
    ("user_access", ON, 0.3, None, "BARs can be mapped into a user process."),
    ("config_access", ON, 0.1, None, "Configuration space can be read, in full or only its beginning."),
    ("driver_version", WORD, 0.3, "kernel_access", "Version of the barwatch driver."),
    ("driver_policy", WORD, 0.2, "kernel_access", "State, size and digest of the policy of the barwatch driver."),
)
_OPTIONS = (
    ("option_pcie_aspm", 0.6, "pcie_aspm", "pcie_aspm on the kernel command line: off or force."),
    ("option_pcie_port_pm", 0.5, "pcie_port_pm", "pcie_port_pm on the kernel command line: off or force."),
    ("option_pcie_ports", 0.4, "pcie_ports", "pcie_ports on the kernel command line: who handles ports' services."),
    ("option_pci", 0.4, "pci", "pci on the kernel command line: how the kernel hands out addresses, and quirks."),
    ("option_iomem", 0.4, "iomem", "iomem on the kernel command line: relaxed lets users map what a driver owns."),
)
# fmt: on
SETTINGS: tuple[Row[Host], ...] = (*map(_row, _SETTINGS), *map(_option_row, _OPTIONS))
