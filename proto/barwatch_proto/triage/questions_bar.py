"""What addresses say: where the BAR is for the operating system, for the function, for the bridges, for a mapping."""

from barwatch_proto.pci import WindowKind
from barwatch_proto.triage.hop import HopFacts
from barwatch_proto.triage.logic import Answer, any_of, no, opposite, unknown, yes
from barwatch_proto.triage.questions_left import was_left_without_address
from barwatch_proto.triage.questions_read import kernel_reads_it, path_works
from barwatch_proto.triage.situation import Situation
from barwatch_proto.words import Access


def is_unassigned(situation: Situation) -> Answer:
    """The OS gave the BAR no address."""
    return any_of((was_left_without_address(situation), _has_no_address(situation)))


def _has_no_address(situation: Situation) -> Answer:
    if situation.function.bars is None:
        return unknown("which addresses the operating system assigned would tell")
    bar = situation.bar
    if bar is None:
        return no("the operating system lists no such BAR")
    if not bar.start:
        return yes(f"the operating system assigned no address to BAR {bar.index}")
    return no(f"BAR {bar.index} is at {bar.start:#x} for the operating system")


def is_register_empty(situation: Situation) -> Answer:
    """The BAR register holds no address, and what the OS assigned is not known."""
    if situation.bar is not None:
        return no("what the operating system assigned is known")
    held = situation.bar_register
    if held is None:
        return unknown("what the BAR register holds would tell")
    return no(f"the BAR register holds {held:#x}") if held else yes(f"BAR register {situation.read.bar} holds 0")


def has_moved(situation: Situation) -> Answer:
    """The BAR register holds another address than the OS assigned."""
    bar, held = situation.bar, situation.bar_register
    if bar is None or not bar.start:
        return unknown("where the operating system has the BAR would tell")
    if held is None:
        return unknown(f"what BAR register {bar.index} holds would tell")
    if held == bar.start:
        return no(f"BAR {bar.index} holds {held:#x}, as assigned")
    lost = ": it lost its address" if not held else ""
    return yes(f"BAR {bar.index} holds {held:#x}, the operating system assigned {bar.start:#x}{lost}")


def is_mapped_elsewhere(situation: Situation) -> Answer:
    """The user mapping leads to where the BAR was."""
    bar, mapped = situation.bar, situation.case.mapped_start
    if mapped is None:
        return unknown("the address that the user mapping leads to would tell")
    if bar is None or not bar.start:
        return unknown("where the operating system has the BAR now would tell")
    if mapped == bar.start:
        return no(f"the user mapping leads to {mapped:#x}, where BAR {bar.index} is")
    return yes(f"the user mapping leads to {mapped:#x}, BAR {bar.index} is at {bar.start:#x} now")


def is_mapping_right(situation: Situation) -> Answer:
    """It is not the user mapping's fault: it leads to the BAR, or the kernel does not read the register either."""
    if situation.read.access is not Access.USER or path_works(situation).is_so:
        return yes("")
    return any_of((opposite(kernel_reads_it(situation)), opposite(is_mapped_elsewhere(situation))))


def is_outside_window(situation: Situation) -> Answer:
    """A bridge of the route does not forward the BAR; for a BAR that the OS does not tell, its register counts."""
    bar = situation.bar
    start = situation.bar_register if bar is None else bar.start
    if not start:
        return unknown("where the BAR is would tell whether the bridges forward it")
    if not situation.bridges:
        return unknown("the windows of the bridges above would tell; none is known")
    last = start + (bar.length_bytes if bar else 1) - 1
    forwarded = f"every bridge forwards BAR {situation.read.bar}"
    return any_of((_keeps_out(hop, situation.read.bar, start, last) for hop in situation.bridges), forwarded)


def is_forwarded(situation: Situation) -> Answer:
    """Nothing is known to be in the way: each bridge that answers forwards the BAR, as far as anybody tells."""
    path = path_works(situation)
    if path.is_so:
        return path
    if not situation.is_in_bar:
        return yes("")
    out = is_outside_window(situation)
    doubtful = [hop for hop in situation.bridges if hop.windows is None and not hop.does_answer]
    return opposite(out) if out.is_so is not None or doubtful else yes("")


def _keeps_out(hop: HopFacts, index: int | None, start: int, last: int) -> Answer:
    if hop.windows is None:
        return unknown(f"the windows of {hop.name} would tell")
    memory = [window for window in hop.windows if window.kind is not WindowKind.IO]
    if any(window.start <= start and last <= window.end for window in memory):
        return no(f"{hop.name} forwards BAR {index}")
    shown = ", ".join(f"{window.start:#x}-{window.end:#x}" for window in memory) or "nothing"
    return yes(f"BAR {index} at {start:#x} is outside of what {hop.name} forwards ({shown})")


def has_driver(situation: Situation) -> Answer:
    """A driver is bound to the function."""
    driver = situation.function.driver
    if driver is None:
        return unknown("whether a driver is bound would tell")
    return yes(f"the driver {driver} is bound to the function") if driver else no("no driver is bound to the function")
