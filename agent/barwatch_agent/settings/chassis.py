"""What kind of machine this is: desktop, laptop, tablet, server, virtual or other."""

from barwatch_agent.roots import Roots
from barwatch_agent.settings.answers import Answer, absent, ask_file, number, setting, text_or_none
from barwatch_agent.settings.virtual_machine import hypervisor
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

ENCLOSURE = "/sys/class/dmi/id/chassis_type"
PROFILE = "/sys/firmware/acpi/pm_profile"
SOURCES = {"chassis": ENCLOSURE}

KINDS = {  # SMBIOS 3.7 (DSP0134), section 7.4.1; every other number is "other"
    "desktop": (3, 4, 5, 6, 7, 13, 15, 16, 24, 35, 36),  # towers, all in one, space-saving, sealed, mini, stick
    "laptop": (8, 9, 10, 14, 31, 32),  # portable to sub notebook, convertible, detachable
    "tablet": (30,),
    "server": (17, 23, 25, 28, 29),  # main server, rack mount, multi-system, blade, blade enclosure
}
PROFILES = {  # ACPI 6.5, table 5.9, Preferred_PM_Profile
    1: "desktop",
    2: "laptop",
    3: "desktop",  # workstation
    4: "server",
    5: "server",
    7: "server",
    8: "tablet",
}
LOCK = 0x80  # bit 7 of the enclosure type says that there is a lock


def probe(roots: Roots) -> tuple[Setting, ...]:
    """The kind of machine, with the number that said so."""
    found = hypervisor(roots)
    if found:  # what its SMBIOS says about a case is made up
        answer = Answer(State.VALUE, "virtual", text_or_none(roots, ENCLOSURE))
        return (setting("chassis", found.source, answer),)
    return (_case(roots),)


def _case(roots: Roots) -> Setting:
    """From SMBIOS; where that says nothing, from the power profile that the firmware prefers."""
    case = ask_file(roots, "chassis", ENCLOSURE, "no SMBIOS here", enclosure)
    if case.value in KINDS:
        return case
    profile = ask_file(roots, "chassis", PROFILE, "no ACPI here", power_profile)
    return profile if profile.state is State.VALUE else case


def enclosure(text: str) -> Answer:
    """The kind that an SMBIOS enclosure type stands for.

    Raises:
        NotUnderstood: not a number.
    """
    kind = number(text) & ~LOCK
    return Answer(State.VALUE, next((name for name, kinds in KINDS.items() if kind in kinds), "other"), text)


def power_profile(text: str) -> Answer:
    """The kind that a preferred power profile stands for.

    Raises:
        NotUnderstood: not a number.
    """
    kind = PROFILES.get(number(text))
    return Answer(State.VALUE, kind, text) if kind else absent("the firmware prefers no profile", text)
