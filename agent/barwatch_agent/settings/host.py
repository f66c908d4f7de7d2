"""What names this machine and its make."""

import uuid

from barwatch_agent.roots import Roots
from barwatch_agent.settings import dmi
from barwatch_agent.settings.answers import text_or_none
from barwatch_proto.snapshot import HostFacts

UUID = "/sys/class/dmi/id/product_uuid"
UNSET = frozenset({0, (1 << 128) - 1})  # not set, not present: SMBIOS 3.7 (DSP0134), section 7.2.1


def host_facts(roots: Roots, hostname: str) -> HostFacts:
    """The facts of this machine; what only root may read, or nobody filled in, is None."""
    told = {setting.name: setting.value for setting in dmi.probe(roots)}
    return HostFacts(hostname, "linux", _hardware_uuid(roots), told["machine_vendor"], told["machine_model"])


def _hardware_uuid(roots: Roots) -> str | None:
    """In lower case; None when unset, rubbish or not for us to read."""
    try:
        found = uuid.UUID(text_or_none(roots, UUID) or "")
    except ValueError:
        return None
    return None if found.int in UNSET else str(found)
