"""What must hold for one register of a plan, beyond the types of its keys: one rule, one function, one reason."""

import re
from collections.abc import Callable

from barwatch_agent.plan.entry import Entry
from barwatch_agent.plan.structures import STRUCTURES
from barwatch_agent.reads import WIDTHS
from barwatch_proto.pci import all_ones
from barwatch_proto.words import Access

NAME = re.compile(r"[a-z0-9_.]{1,64}")
SUBSYSTEM = re.compile(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{4}")
CLASS = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){0,2}")
EVERY = re.compile(r"([0-9]{1,6})(ms|s|m|h)")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
MIN_EVERY_S = 0.1
MAX_EVERY_S = 3600.0
MAX_TEXT = 400  # characters of a summary or a source
MAX_DEVICES = 256
MAX_ID = 0xFFFF
MAX_BAR = 5
MAX_OFFSET = 1 << 43  # the largest BAR that Resizable BAR can name is 8 TiB; PCIe Base Spec 6.0, 7.8.6
CONFIG_BYTES = 4096  # PCIe Base Spec 6.0, 7.2.2
CONFIG_WIDTH = 4  # bytes; a configuration request carries one doubleword; PCIe Base Spec 6.0, 2.2.7


def first_fault(entry: Entry) -> tuple[str, str] | None:
    """The first key that breaks a rule, and why; None for a register that may be read."""
    for key, rule in RULES:
        reason = rule(entry)
        if reason is not None:
            return key, reason
    return None


def seconds(every: str) -> float | None:
    """The period that ``500ms``, ``1s``, ``1m`` or ``1h`` says; None for anything else."""
    found = EVERY.fullmatch(every)
    return None if found is None else int(found[1]) * SECONDS[found[2]]


def _name(entry: Entry) -> str | None:
    if NAME.fullmatch(entry.name):
        return None
    return f"{entry.name[:80]!r} is not 1 to 64 characters of a-z, 0-9, '_' and '.'"


def _side_effect_free(entry: Entry) -> str | None:
    if entry.side_effect_free:
        return None
    return "must be stated as true: reading a register can change a device, and only you can say that this one does not"


def _text(text: str) -> str | None:
    return None if 0 < len(text.strip()) <= MAX_TEXT else f"must hold 1 to {MAX_TEXT} characters"


def _vendor(entry: Entry) -> str | None:
    if entry.vendor is None:
        return None if entry.config or entry.class_ else "a register in a BAR needs vendor or class"
    return wrong_id(entry.vendor)


def _device(entry: Entry) -> str | None:
    if entry.device is None:
        return None
    if entry.vendor is None:
        return "means nothing without vendor"
    if not 0 < len(entry.devices) <= MAX_DEVICES:
        return f"{len(entry.devices)} devices are not 1 to {MAX_DEVICES}"
    return next((reason for device in entry.devices if (reason := wrong_id(device))), None)


def wrong_id(number: int) -> str | None:
    """Why the number is no vendor or device ID; None when it is one."""
    return None if 0 <= number <= MAX_ID else f"{number:#x} is not 0 to 0xffff"


def wrong_subsystem(text: str | None) -> str | None:
    """Why the text names no subsystem; None when it does, or there is none."""
    if text is None or SUBSYSTEM.fullmatch(text):
        return None
    return f"{text[:80]!r} is not of the form 'vvvv:dddd'"


def wrong_class(text: str | None) -> str | None:
    """Why the text names no class; None when it does, or there is none."""
    if text is None or CLASS.fullmatch(text):
        return None
    return f"{text[:80]!r} is not of the form '01', '01:08' or '01:08:02'"


def _space(entry: Entry) -> str | None:
    named = [
        key
        for key, is_named in (
            ("bar", entry.bar is not None),
            ("config = true", entry.config),
            ("relative_to", entry.relative_to is not None),
        )
        if is_named
    ]
    if not named:
        return "is missing: one of bar, config = true and relative_to says where the register is"
    return None if len(named) == 1 else f"{' and '.join(named)} exclude each other"


def _bar(entry: Entry) -> str | None:
    return None if entry.bar is None or 0 <= entry.bar <= MAX_BAR else f"{entry.bar} is not 0 to {MAX_BAR}"


def _relative_to(entry: Entry) -> str | None:
    if entry.relative_to is None or entry.relative_to in STRUCTURES:
        return None
    return f"{entry.relative_to!r} is not {' or '.join(STRUCTURES)}"


def _width(entry: Entry) -> str | None:
    if entry.width not in WIDTHS:
        return f"{entry.width} is not 1, 2, 4 or 8"
    if entry.config and entry.width > CONFIG_WIDTH:
        return f"{entry.width} is more than the {CONFIG_WIDTH} bytes of one access to configuration space"
    return None


def _offset(entry: Entry) -> str | None:
    end = CONFIG_BYTES if entry.config else MAX_OFFSET
    if not 0 <= entry.offset < end:
        return f"{entry.offset:#x} is not 0 to {end - 1:#x}"
    if entry.offset % entry.width:
        return f"{entry.offset:#x} is not a multiple of the width, {entry.width}"
    return None


def _mask(entry: Entry) -> str | None:
    if entry.mask is None:
        return None
    if not 0 < entry.mask <= all_ones(entry.width):
        return f"{entry.mask:#x} is not 0x1 to {all_ones(entry.width):#x}, which {entry.width} bytes can hold"
    return None if entry.has_expectation else "means nothing without expect or expect_ids"


def _expect(entry: Entry) -> str | None:
    if entry.expect is None:
        return None
    if not 0 <= entry.expect <= all_ones(entry.width):
        return f"{entry.expect:#x} is not 0 to {all_ones(entry.width):#x}, which {entry.width} bytes can hold"
    if entry.expect & ~_mask_of(entry):
        return f"{entry.expect:#x} has bits outside the mask {_mask_of(entry):#x}"
    return None


def _expect_ids(entry: Entry) -> str | None:
    if not entry.expect_ids:
        return None
    if entry.expect is not None:
        return "expect and expect_ids exclude each other"
    return None if entry.width == CONFIG_WIDTH else "needs width 4: device ID and vendor ID are two bytes each"


def _canary(entry: Entry) -> str | None:
    if entry.canary and entry.expect is not None and entry.expect == _mask_of(entry):
        return "cannot be true: all ones are what the register is expected to read"
    return None


def _mask_of(entry: Entry) -> int:
    return all_ones(entry.width) if entry.mask is None else entry.mask


def _access(entry: Entry) -> str | None:
    if entry.access is None:
        return None
    if not entry.access or len(set(entry.access)) < len(entry.access):
        return "must name each way in once, and at least one"
    fitting = {Access.CONFIG} if entry.config else {Access.KERNEL, Access.USER}
    wrong = next((access for access in entry.access if access not in fitting), None)
    if wrong is None:
        return None
    where = "configuration space" if entry.config else "a BAR"
    return f"{wrong.value!r} does not lead to a register in {where}"


def _every(entry: Entry) -> str | None:
    period = seconds(entry.every)
    if period is None:
        return f"{entry.every!r} is not a period such as '500ms', '1s', '1m' or '1h'"
    return None if MIN_EVERY_S <= period <= MAX_EVERY_S else f"{entry.every!r} is not 100ms to 1h"


# In this order: a later rule trusts the earlier ones.
RULES: tuple[tuple[str, Callable[[Entry], str | None]], ...] = (
    ("name", _name),
    ("side_effect_free", _side_effect_free),
    ("summary", lambda entry: _text(entry.summary)),
    ("source", lambda entry: _text(entry.source)),
    ("bar", _space),
    ("bar", _bar),
    ("relative_to", _relative_to),
    ("vendor", _vendor),
    ("device", _device),
    ("subsystem", lambda entry: wrong_subsystem(entry.subsystem)),
    ("class", lambda entry: wrong_class(entry.class_)),
    ("width", _width),
    ("offset", _offset),
    ("mask", _mask),
    ("expect", _expect),
    ("expect_ids", _expect_ids),
    ("canary", _canary),
    ("access", _access),
    ("every", _every),
)
