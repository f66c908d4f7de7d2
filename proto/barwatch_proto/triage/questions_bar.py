"""What addresses say: where the BAR is for the operating system, for the function, for the bridges, for a mapping."""

from barwatch_proto.pci import WindowKind
from barwatch_proto.topology import Bar
from barwatch_proto.triage.hop import HopFacts
from barwatch_proto.triage.logic import Answer, any_of, no, unknown, yes
from barwatch_proto.triage.questions_read import reason_says
from barwatch_proto.triage.situation import Situation


def is_unassigned(situation: Situation) -> Answer:
    """The OS gave the BAR no address."""
    told = reason_says(situation, "no address", "not assigned", "assigned none")
    return any_of((told, _has_no_address(situation)))


def _has_no_address(situation: Situation) -> Answer:
    if situation.function.bars is None:
        return unknown("which addresses the operating system assigned would tell")
    bar = situation.bar
    if bar is None:
        return no("the function has no such BAR")
    if bar.start is None:
        return yes(f"the operating system assigned no address to BAR {bar.index}")
    return no(f"BAR {bar.index} is at {bar.start:#x} for the operating system")


def has_moved(situation: Situation) -> Answer:
    """The BAR register holds another address than the OS assigned."""
    bar, registers = situation.bar, situation.function.bar_registers
    if bar is None or bar.start is None:
        return unknown("where the operating system has the BAR would tell")
    if registers is None or bar.index not in registers:
        return unknown(f"what BAR register {bar.index} holds would tell")
    held = registers[bar.index]
    if held == bar.start:
        return no(f"BAR {bar.index} holds {held:#x}, as assigned")
    return yes(f"BAR {bar.index} holds {held:#x}, the operating system assigned {bar.start:#x}")


def is_mapped_elsewhere(situation: Situation) -> Answer:
    """The user mapping leads to where the BAR was."""
    bar, mapped = situation.bar, situation.case.mapped_start
    if mapped is None:
        return unknown("the address that the user mapping leads to would tell")
    if bar is None or bar.start is None:
        return unknown("where the operating system has the BAR now would tell")
    if mapped == bar.start:
        return no(f"the mapping leads to {mapped:#x}, where BAR {bar.index} is")
    return yes(f"the mapping leads to {mapped:#x}, BAR {bar.index} is at {bar.start:#x} now")


def is_mapped_right(situation: Situation) -> Answer:
    """The user mapping leads to where the BAR is."""
    found = is_mapped_elsewhere(situation)
    return Answer(None if found.is_so is None else not found.is_so, found.words)


def is_outside_window(situation: Situation) -> Answer:
    """A bridge of the route does not forward the BAR."""
    bar = situation.bar
    if bar is None or bar.start is None:
        return unknown("where the operating system has the BAR would tell")
    if not situation.bridges:
        return unknown("the windows of the bridges above would tell; none is known")
    return any_of(_keeps_out(hop, bar, bar.start) for hop in situation.bridges)


def _keeps_out(hop: HopFacts, bar: Bar, start: int) -> Answer:
    if hop.windows is None:
        return unknown(f"the windows of {hop.name} would tell")
    memory = [window for window in hop.windows if window.kind is not WindowKind.IO]
    if any(window.start <= start and start + bar.length_bytes - 1 <= window.end for window in memory):
        return no(f"{hop.name} forwards BAR {bar.index}")
    shown = ", ".join(f"{window.start:#x}-{window.end:#x}" for window in memory) or "nothing"
    return yes(f"BAR {bar.index} at {start:#x} is outside of what {hop.name} forwards ({shown})")


def has_driver(situation: Situation) -> Answer:
    """A driver is bound to the function."""
    driver = situation.function.driver
    if driver is None:
        return unknown("whether a driver is bound would tell")
    return yes(f"the driver {driver} is bound to the function") if driver else no("no driver is bound to the function")
