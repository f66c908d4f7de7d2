"""Kernel DMA Protection, virtualization-based security, memory integrity and Credential Guard."""

import re
from collections.abc import Mapping

from barwatch_agent.settings.answers import Answer, NotUnderstood, setting
from barwatch_agent.settings.windows.asking import answer_of, ask_fact, fact_or_none, sized
from barwatch_agent.windows.facts import Facts
from barwatch_agent.windows.sources import DEVICE_GUARD, where
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

DMA_GUARD, SECURE_KERNEL = "dma_guard_policy", "isolated_user_mode"
DMA_SOURCES = {"kernel_dma_protection": where(DMA_GUARD)}
SOURCES = {
    "vbs": where(SECURE_KERNEL),
    "hvci": where(SECURE_KERNEL),
    "credential_guard": where(DEVICE_GUARD),
    "vbs_available": where(DEVICE_GUARD),
}
RUNNING, HVCI = 0x01, 0x02  # of the first byte: SecureKernelRunning, HvciEnabled
VBS_STATUS = {0: State.OFF, 1: State.OFF, 2: State.ON}  # 1: configured, and not running
CREDENTIAL_GUARD, MEMORY_INTEGRITY = 1, 2  # SecurityServicesRunning
PROPERTIES = {  # AvailableSecurityProperties
    1: "hypervisor", 2: "secure_boot", 3: "dma", 4: "memory_overwrite", 5: "nx", 6: "smm", 7: "mbec", 8: "apic",
}  # fmt: skip


def dma_protection(facts: Facts) -> tuple[Setting, ...]:
    """Kernel DMA Protection: the IOMMU guards against what is plugged into an external port."""
    return (ask_fact("kernel_dma_protection", facts, DMA_GUARD, flag),)


def flag(data: bytes) -> Answer:
    """What a byte that is 0 or 1 says.

    Raises:
        NotUnderstood: no byte, or another one.
    """
    first = sized(data, 1)[0]
    if first > 1:
        msg = f"{first:#04x} is neither 0 nor 1"
        raise NotUnderstood(msg, data.hex())
    return Answer(State.ON if first else State.OFF, raw=data.hex())


def probe(facts: Facts) -> tuple[Setting, ...]:
    """From the kernel, which everybody may ask; from WMI what the kernel does not tell, or did not."""
    return (
        _kernel_or_wmi("vbs", facts, RUNNING),
        _kernel_or_wmi("hvci", facts, HVCI),
        ask_fact("credential_guard", facts, DEVICE_GUARD, lambda data: service(data, CREDENTIAL_GUARD)),
        ask_fact("vbs_available", facts, DEVICE_GUARD, available),
    )


def _kernel_or_wmi(name: str, facts: Facts, bit: int) -> Setting:
    if fact_or_none(facts, SECURE_KERNEL) is None and fact_or_none(facts, DEVICE_GUARD) is not None:
        decode = status if bit == RUNNING else lambda data: service(data, MEMORY_INTEGRITY)
        return ask_fact(name, facts, DEVICE_GUARD, decode)
    answer = answer_of(facts, SECURE_KERNEL, lambda data: secure_kernel(data, bit))
    return setting(name, where(SECURE_KERNEL), answer)


def secure_kernel(data: bytes, bit: int) -> Answer:
    """What one bit of SYSTEM_ISOLATED_USER_MODE_INFORMATION says; nothing else runs where the secure kernel does not.

    Raises:
        NotUnderstood: not a byte of it.
    """
    first = sized(data, 1)[0]
    return Answer(State.ON if first & bit and first & RUNNING else State.OFF, raw=data.hex())


def status(data: bytes) -> Answer:
    """VirtualizationBasedSecurityStatus; 1, configured and not running, is off with the number kept.

    Raises:
        NotUnderstood: the number is missing, or nobody knows it.
    """
    found = numbers(data).get("VirtualizationBasedSecurityStatus", ())
    if len(found) != 1 or found[0] not in VBS_STATUS:
        msg = f"status {', '.join(map(str, found)) or 'missing'} is none of 0, 1 and 2"
        raise NotUnderstood(msg, _raw(data))
    return Answer(VBS_STATUS[found[0]], raw=_raw(data))


def service(data: bytes, number: int) -> Answer:
    """Whether a service is among those that run.

    Raises:
        NotUnderstood: WMI did not tell which run.
    """
    found = numbers(data)
    if "SecurityServicesRunning" not in found:
        msg = "SecurityServicesRunning is missing"
        raise NotUnderstood(msg, _raw(data))
    return Answer(State.ON if number in found["SecurityServicesRunning"] else State.OFF, raw=_raw(data))


def available(data: bytes) -> Answer:
    """What the hardware offers for it, by name where the number has one."""
    found = numbers(data).get("AvailableSecurityProperties", ())
    names = [PROPERTIES.get(each, str(each)) for each in sorted(found) if each]
    return Answer(State.VALUE, "+".join(names) or "nothing", _raw(data))


def numbers(data: bytes) -> Mapping[str, tuple[int, ...]]:
    """Lines of ``name=number,number``; what is no such line is left out."""
    found = re.findall(r"^([A-Za-z]{1,64})=([0-9,]{0,200})$", data.decode(errors="replace"), re.MULTILINE)
    return {name: tuple(int(each) for each in text.split(",") if each) for name, text in found}


def _raw(data: bytes) -> str:
    return data.decode(errors="replace")
