"""The trusted platform module, by the family of its specification."""

from barwatch_agent.settings.answers import Answer, NotUnderstood, absent, setting
from barwatch_agent.settings.windows.asking import ask_fact, sized
from barwatch_agent.windows.facts import Facts, Refusal
from barwatch_agent.windows.sources import TPM, where
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

SOURCES = {"tpm": where(TPM)}
NO_TPM = 0x8028400F  # TBS_E_TPM_NOT_FOUND
FAMILIES = {1: "1.2", 2: "2.0"}  # TPM_VERSION_12, TPM_VERSION_20


def probe(facts: Facts) -> tuple[Setting, ...]:
    """``2.0`` or ``1.2``."""
    found = facts.get(TPM)
    if isinstance(found, Refusal) and found.code == NO_TPM:
        return (setting("tpm", where(TPM), absent("no TPM", str(found))),)
    return (ask_fact("tpm", facts, TPM, family),)


def family(data: bytes) -> Answer:
    """What TPM_DEVICE_INFO says.

    Raises:
        NotUnderstood: it ends early, or has a version that nobody knows.
    """
    number = int.from_bytes(sized(data, 16)[4:8], "little")
    if number not in FAMILIES:
        msg = f"TPM version {number} is not known"
        raise NotUnderstood(msg, data.hex())
    return Answer(State.VALUE, FAMILIES[number], data.hex())
