"""What names this machine and its make."""

import uuid

from barwatch_agent.settings.host import UNSET
from barwatch_agent.settings.windows import smbios
from barwatch_agent.settings.windows.asking import fact_or_none
from barwatch_agent.windows.facts import Facts
from barwatch_agent.windows.smbios import SYSTEM, UUID_AT, structures
from barwatch_agent.windows.sources import SMBIOS
from barwatch_proto.snapshot import HostFacts


def windows_host_facts(facts: Facts, hostname: str) -> HostFacts:
    """The facts of this machine; what nobody filled in is None."""
    told = {setting.name: setting.value for setting in smbios.probe(facts)}
    return HostFacts(hostname, "windows", _hardware_uuid(facts), told["machine_vendor"], told["machine_model"])


def _hardware_uuid(facts: Facts) -> str | None:
    raw = fact_or_none(facts, SMBIOS)
    found = structures(raw).get(SYSTEM) if raw is not None else None
    if found is None or len(found.data) < UUID_AT.stop:
        return None
    identity = uuid.UUID(bytes_le=found.data[UUID_AT])
    return None if identity.int in UNSET else str(identity)
