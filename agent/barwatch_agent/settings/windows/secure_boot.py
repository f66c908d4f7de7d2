"""Whether the firmware checks what it boots, as the kernel saw it."""

from barwatch_agent.settings.answers import Answer, absent, setting, unreadable
from barwatch_agent.settings.windows.asking import ask_fact, sized
from barwatch_agent.windows.facts import Facts
from barwatch_agent.windows.sources import where
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

FACT = "secure_boot"
SETUP_MODE = "GetFirmwareEnvironmentVariable(SetupMode)"
SOURCES = {"secure_boot": where(FACT), "setup_mode": SETUP_MODE}
NO_PRIVILEGE = "Windows tells UEFI variables only with SeSystemEnvironmentPrivilege, for which the agent does not ask"


def probe(facts: Facts) -> tuple[Setting, ...]:
    """Secure Boot on or off; absent on a machine that cannot. Setup mode is not asked for."""
    return (
        ask_fact("secure_boot", facts, FACT, state),
        setting("setup_mode", SETUP_MODE, unreadable(NO_PRIVILEGE)),
    )


def state(data: bytes) -> Answer:
    """What SYSTEM_SECUREBOOT_INFORMATION says: enabled, capable.

    Raises:
        NotUnderstood: fewer than two bytes.
    """
    enabled, capable = sized(data, 2)[:2]
    if not capable:
        return absent("the firmware cannot, or Windows was booted without UEFI", data.hex())
    return Answer(State.ON if enabled else State.OFF, raw=data.hex())
