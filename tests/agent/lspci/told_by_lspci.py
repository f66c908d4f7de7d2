"""What ``lspci -vvv -n`` prints of one function, as facts by capability and name: only those that we decode, too."""

import re
from collections.abc import Iterator

FLAG = re.compile(r"(?<!\S)([<>]?[A-Za-z0-9_./-]+?)([+-])(?=[\s,;]|$)")
FLAG_LISTS = (
    "Control",
    "Status",
    "UESta",
    "UEMsk",
    "UESvrt",
    "CESta",
    "CEMsk",
    "ACSCap",
    "ACSCtl",
    "L1SubCap",
    "L1SubCtl1",
)
HEAD = re.compile(
    r"\S+ ([0-9a-f]{4}): ([0-9a-f]{4}):([0-9a-f]{4})(?: \(rev ([0-9a-f]{2})\))?(?: \(prog-if ([0-9a-f]{2}).*\))?$"
)
REGION = re.compile(r"Region ([0-5]): (Memory|I/O ports) at ([0-9a-f]+)(?: \((32|64)-bit, (non-)?prefetchable\))?")
BUSES = re.compile(r"Bus: primary=(\w+), secondary=(\w+), subordinate=(\w+)")
WINDOW = re.compile(
    r"(I/O|Memory|Prefetchable memory) behind bridge: ([0-9a-f]+)-([0-9a-f]+)"
    r"(?: \[size=\S+\])?( \[disabled\])?(?: \[(\d+)-bit\])?$"
)
CAPABILITY = re.compile(r"Capabilities: \[([0-9a-f]+)(?: v(\d+))?\] (.*)")
SIZES = {"MB": 20, "GB": 30, "TB": 40}
PLAIN = (  # in which capability's lines, what of them, under which names
    (r"Power Management version (\d+)", "pm.version"),
    (r"Status: (D\d) NoSoftRst([+-]) PME-Enable([+-])", "pm.state", "pm.keeps_state", "pm.pme"),
    (r"MSI: Enable([+-]) Count=(\d+)/(\d+) Maskable([+-]) 64bit([+-])", "msi.enabled", "msi.count", "msi.offered"),
    (r"MSI-X: Enable([+-]) Count=(\d+) Masked([+-])", "msix.enabled", "msix.count", "msix.masked"),
    (r"Vector table: BAR=(\d) offset=([0-9a-f]+)", "msix.table_bar", "msix.table_offset"),
    (r"PBA: BAR=(\d) offset=([0-9a-f]+)", "msix.pba_bar", "msix.pba_offset"),
    (r"Express \(v(\d+)\) (.*?)(?: \(Slot[+-]\))?, MSI", "express.version", "express.type"),
    (r".*\(Slot([+-])\), MSI", "express.slot"),
    (r"DevCtl:.*MaxPayload (\d+) bytes, MaxReadReq (\d+) bytes", "express.payload", "express.read_request"),
    (r"LnkCap:\s.*Speed (\S+)GT/s, Width x(\d+)", "link.max_speed", "link.max_width"),
    (r"LnkCtl:\s+ASPM (.*?)(?: Enabled)?; .*?Disabled([+-])", "link.aspm", "link.disabled"),
    (r"LnkSta:\s.*?Speed (\S+?)GT/s(?: \(\w+\))?, Width x(\d+)", "link.speed", "link.width"),
    (r"LnkSta:.* Train([+-])", "link.training"),
    (r"LnkSta:.* DLActive([+-])", "link.active"),
    (r"SltCap:.*HotPlug([+-]) Surprise([+-])", "slot.hotplug", "slot.surprise"),
    (r"SltCap:.*Slot #(\d+)", "slot.number"),
    (r"SltSta:\s+Status:.*? PresDet([+-])", "slot.occupied"),
    (r"DevCap2:.* LTR([+-])", "express.ltr_able"),
    (r"DevCtl2:.* LTR([+-])", "express.ltr"),
    (r"DevCap2:.* ARIFwd([+-])", "express.ari_able"),
    (r"DevCtl2:.* ARIFwd([+-])", "express.ari"),
    (r"AERCap:\s+First Error Pointer: ([0-9a-f]+)", "aer.first"),
    (r"HeaderLog: ([0-9a-f ]+)", "aer.log"),
    (r"DpcCap:.*RPExt([+-])", "dpc.rp"),
    (r"DpcCtl:\s+Trigger:(\d)", "dpc.control"),
    (r"DpcSta:\s+Trigger([+-]) Reason:(\d+)", "dpc.triggered", "dpc.reason"),
    (r"Source: ([0-9a-f]{4})$", "dpc.source"),
    (r"IOVCtl:\s+Enable([+-]).* MSE([+-])", "iov.enabled", "iov.mse"),
    (r"Initial VFs: \d+, Total VFs: (\d+), Number of VFs: (\d+)", "iov.total", "iov.number"),
    (r"VF offset: (\d+), stride: (\d+), Device ID: ([0-9a-f]{4})", "iov.offset", "iov.stride", "iov.device"),
    (r"Max snoop latency: (\d+)ns", "ltr.snoop"),
    (r"Max no snoop latency: (\d+)ns", "ltr.no_snoop"),
    (r"Device Serial Number ([0-9a-f-]+)", "serial_number"),
    (r"Subsystem: ([0-9a-f]{4}):([0-9a-f]{4})", "subsystem.vendor", "subsystem.device"),
)
PATTERNS = tuple((re.compile(pattern), names) for pattern, *names in PLAIN)

Facts = dict[tuple[str, str], str]


def facts_of(block: str) -> Facts:
    """The facts by (offset of the capability in hex, name); offset "" for the header."""
    lines = _joined(block)
    found = dict(_head(lines[0]))
    where = ""
    for line in lines[1:]:
        capability = CAPABILITY.match(line)
        if capability is not None:
            where = capability[1]
            if capability[3].startswith("<"):  # <access denied>, <chain broken>, <chain looped>
                continue
            found[where, "capability"] = capability[2] or ""
            line = capability[3]  # noqa: PLW2901 what stands behind the offset is a line of its own
        found.update(((where, name), value) for name, value in _facts(line, where))
    return found


def _joined(block: str) -> list[str]:
    """One line for each that begins a thing; what is printed deeper belongs to it."""
    lines: list[str] = []
    for line in block.splitlines():
        if line.startswith("\t\t\t") and lines:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line.strip())
    return lines


def _head(line: str) -> Iterator[tuple[tuple[str, str], str]]:
    class_code, vendor, device, revision, interface = HEAD.match(line).groups("00")
    names = {"vendor": vendor, "device": device, "class": class_code + interface, "revision": revision}
    yield from ((("", name), value) for name, value in names.items())


def _facts(line: str, where: str) -> Iterator[tuple[str, str]]:
    for pattern, names in PATTERNS:
        match = pattern.match(line)
        if match is not None:
            yield from zip(names, match.groups(), strict=False)
    label = line.partition(":")[0]
    if label in FLAG_LISTS and not (where and label in {"Control", "Status"}):
        yield from ((f"{label}.{flag}", sign) for flag, sign in FLAG.findall(line))
    yield from _bars(line)
    yield from _buses(line)
    yield from _sizes(line)


def _bars(line: str) -> Iterator[tuple[str, str]]:
    match = REGION.match(line)
    if match is not None and "[virtual]" not in line:
        kind = "io" if match[2] == "I/O ports" else match[4]
        yield (
            f"bar{match[1]}",
            f"{kind} {int(match[3], 16):x} {'' if match[5] or kind == 'io' else 'prefetchable'}".strip(),
        )


def _buses(line: str) -> Iterator[tuple[str, str]]:
    buses, window = BUSES.match(line), WINDOW.match(line)
    if buses is not None:
        yield from zip(("primary", "secondary", "subordinate"), buses.groups(), strict=True)
    if window is not None:
        first, last = (int(window[edge], 16) for edge in (2, 3))
        is_closed = window[4] or first > last
        yield f"window {window[1]}", "closed" if is_closed else f"{first:x}-{last:x}"


def _sizes(line: str) -> Iterator[tuple[str, str]]:
    match = re.match(r"BAR (\d): current size: (\S+), supported: ?(.*)", line)
    if match is not None:
        sizes = sorted(_bytes(size) for size in match[3].split())
        yield f"rebar{match[1]}", f"{_bytes(match[2])} of {sizes}"


def _bytes(size: str) -> int:
    return int(size[:-2]) << SIZES[size[-2:]]
