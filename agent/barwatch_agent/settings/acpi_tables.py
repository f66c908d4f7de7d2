"""What the firmware tells of DMA remapping: the ACPI tables DMAR (Intel), IVRS (AMD) and SDEV."""

from functools import partial

from barwatch_agent.roots import Roots
from barwatch_agent.settings import firmware
from barwatch_agent.settings.answers import Answer, ask, at, read_start, unreadable
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

TABLES = "/sys/firmware/acpi/tables"
SOURCES = {
    "dma_remapping_opt_in": f"{TABLES}/DMAR",
    "dmar_table": f"{TABLES}/DMAR",
    "ivrs_table": f"{TABLES}/IVRS",
    "sdev_table": f"{TABLES}/SDEV",
}
LENGTH = 48  # bytes before the first remapping structure, in DMAR as in IVRS
OPT_IN = {  # signature: byte and mask of the flag
    b"DMAR": (37, 0b100),  # Flags: DMA_CTRL_PLATFORM_OPT_IN_FLAG, Intel VT-d specification, section 8.1
    b"IVRS": (36, 0b010),  # IVinfo: DMA remap support, AMD IOMMU specification 3.05, section 5.2.1
}


def probe(roots: Roots) -> tuple[Setting, ...]:
    """Which tables there are, and whether the firmware asks the system to remap DMA from the start."""
    present = (
        ask(name, source, "the firmware has no such table", partial(_presence, roots, source))
        for name, source in SOURCES.items()
        if name != "dma_remapping_opt_in"
    )
    return (_opt_in(roots), *present)


def _presence(roots: Roots, source: str) -> Answer:
    if firmware.is_hidden(roots):
        return unreadable(firmware.HIDDEN)
    at(roots, source).stat()
    return Answer(State.ON)


def _opt_in(roots: Roots) -> Setting:
    """From DMAR, or from IVRS where there is no DMAR."""
    name, intel = "dma_remapping_opt_in", SOURCES["dmar_table"]
    amd = SOURCES["ivrs_table"]
    missing = "no DMAR and no IVRS table: the firmware describes no IOMMU"
    found = ask(name, intel, missing, partial(_flag, roots, intel))
    if found.state is not State.ABSENT:
        return found
    other = ask(name, amd, missing, partial(_flag, roots, amd))
    return found if other.state is State.ABSENT else other


def _flag(roots: Roots, source: str) -> Answer:
    if firmware.is_hidden(roots):
        return unreadable(firmware.HIDDEN)
    return opt_in(read_start(roots, source, LENGTH))


def opt_in(table: bytes) -> Answer:
    """Whether the flag of a DMAR or IVRS table is set; unreadable when it is neither, or cut short.

    The raw bytes stay with it: firmware gets this flag wrong both ways.
    """
    signature = table[:4]
    if signature not in OPT_IN:
        return unreadable(f"the table begins with {signature.hex() or 'nothing'}", table.hex())
    if len(table) < LENGTH:
        return unreadable(f"the table ends at {len(table)}, expected {LENGTH} bytes", table.hex())
    offset, mask = OPT_IN[signature]
    return Answer(State.ON if table[offset] & mask else State.OFF, raw=table.hex())
