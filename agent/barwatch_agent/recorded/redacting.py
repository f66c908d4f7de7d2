"""A recorded host without what names one machine or one person, and what was taken out, in words.

Each thing is replaced where it stands, so that the rest keeps its shape: serial numbers by zeros, which name nothing,
and MAC addresses and UUIDs by numbers, the same number for the same address.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from barwatch_agent.recorded.dumping import dump
from barwatch_agent.recorded.host import RecordedHost
from barwatch_agent.recorded.parsing import parse
from barwatch_agent.recorded.series import RecordedReads, RecordedSeries, TakenEvidence
from barwatch_agent.recorded.sources import GLOBAL_VARIABLE, matters_to_pci
from barwatch_proto.config_space.capabilities import walk
from barwatch_proto.telemetry import ConfigSpace

NAME = "redacted"
COMMAND_LINE = "proc/cmdline"
# DMI serial numbers, the hardware UUID, asset tags; the 128 bits that name a Thunderbolt router; ids of an installation
SECRET_FILE = re.compile(
    r"(etc/(hostname|machine-id)|.*/(\w+_serial|\w+_uuid|\w*asset_tag|serial|serial_number|unique_id|uuid|hostname))"
)
# Six pairs of hex digits with the same sign between them, or eight: EUI-48 and EUI-64, also as enx0123456789ab
PAIR = "[0-9A-Fa-f]{2}"
MAC = re.compile(
    "|".join(
        rf"(?<![0-9A-Fa-f])(?<!{PAIR}{sign}){PAIR}(?:{sign}{PAIR}){{5}}(?:(?:{sign}{PAIR}){{2}})?"
        rf"(?![0-9A-Fa-f]|{sign}{PAIR}\b)"
        for sign in (":", "_", "-")
    )
    + rf"|(?<=enx)(?:{PAIR}){{6}}(?![0-9A-Fa-f])"
)
UUID = re.compile(r"(?<![0-9A-Fa-f-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Fa-f-])")
SMALL = 0xFFFFFF  # numbers up to this are common in registers; serial numbers begin with the maker's 24 bits
PUBLIC = frozenset({GLOBAL_VARIABLE})  # a UUID that names a kind of thing, not a thing
SERIAL_NUMBER = slice(4, 12)  # in the Device Serial Number capability: PCIe Base Spec 6.0, 7.9.3


@dataclass(frozen=True, slots=True)
class Redacted:
    """What is left, and what was taken out."""

    host: RecordedHost
    what: tuple[str, ...]


def redact(host: RecordedHost) -> Redacted:
    """The host without its name, serial numbers, UUIDs, MAC addresses, and what else stands on its command line."""
    what: list[str] = []
    files = {path: text for path, text in host.files.items() if not SECRET_FILE.fullmatch(path)}
    what += (f"file {path}" for path in host.files.keys() - files.keys())
    if COMMAND_LINE in files:
        kept = matters_to_pci(files[COMMAND_LINE])
        what += ["kernel command line: all but what matters to PCI"] * (kept.split() != files[COMMAND_LINE].split())
        files[COMMAND_LINE] = kept
    bare = _without_serial_numbers(replace(host, files=files), what)
    unnamed = _without_name(bare, what)
    return _without_addresses(unnamed, sorted(what))


def _without_serial_numbers(host: RecordedHost, what: list[str]) -> RecordedHost:
    """Zeros for each Device Serial Number, wherever its bytes stand, and no register that read one."""
    spaces = [*host.config.values(), *(space.data for space in _spaces(host.reads))]
    serials = {serial for config in spaces for serial in _serials(config)}
    config = {path: _zeroed(content, serials) for path, content in host.config.items()}
    changed = sum(config[path] != content for path, content in host.config.items())
    what += [f"Device Serial Number of {changed} function{'s' * (changed != 1)}"] * bool(changed)
    binary = {path: _zeroed(content, serials) for path, content in host.binary.items()}
    reads = host.reads and _reads_without(host.reads, serials, what)
    return replace(host, config=config, binary=binary, reads=reads)


def _reads_without(reads: RecordedReads, serials: set[bytes], what: list[str]) -> RecordedReads:
    numbers = {number for serial in serials for number in _numbers(serial)}
    secret = {(each.function, each.register) for each in reads.series if _shows(each, numbers)}
    what += (f"reads of {register} of {function}, which show a serial number" for function, register in sorted(secret))
    return replace(
        reads,
        series=tuple(each for each in reads.series if (each.function, each.register) not in secret),
        evidence=tuple(_evidence_without(taken, serials, numbers) for taken in reads.evidence),
    )


def _evidence_without(taken: TakenEvidence, serials: set[bytes], numbers: set[int]) -> TakenEvidence:
    evidence = taken.evidence
    hide = partial(_space_without, serials=serials)
    return replace(
        taken,
        evidence=replace(
            evidence,
            route=tuple(map(hide, evidence.route)),
            after=tuple(map(hide, evidence.after)),
            reads=tuple(read for read in evidence.reads if read.value not in numbers),
            rereads=tuple(read for read in evidence.rereads if read.value not in numbers),
        ),
    )


def _space_without(space: ConfigSpace, serials: set[bytes]) -> ConfigSpace:
    return replace(space, data=_zeroed(space.data, serials))


def _spaces(reads: RecordedReads | None) -> Iterator[ConfigSpace]:
    for taken in reads.evidence if reads else ():
        yield from (*taken.evidence.route, *taken.evidence.after)


def _serials(config: bytes) -> Iterator[bytes]:
    """The eight bytes of each Device Serial Number; what is all zeros or all ones is none."""
    for capability in walk(config).capabilities:
        if capability.name == "serial_number":
            found = config[capability.offset :][SERIAL_NUMBER]
            if found.strip(b"\0") and found.strip(b"\xff"):
                yield found


def _zeroed(content: bytes, serials: set[bytes]) -> bytes:
    for serial in serials:
        content = content.replace(serial, bytes(len(serial)))
    return content


def _numbers(serial: bytes) -> set[int]:
    """What a register that shows the serial number, or half of it, reads."""
    halves = {int.from_bytes(part, "little") for part in (serial, serial[:4], serial[4:])}
    return {number for number in halves if number > SMALL}


def _shows(series: RecordedSeries, numbers: set[int]) -> bool:
    return any(not numbers.isdisjoint(run.values) for run in series.runs)


def _without_name(host: RecordedHost, what: list[str]) -> RecordedHost:
    """The host's name, wherever it stands as a word in a text; paths are not touched."""
    name = re.compile(rf"(?<![\w.-]){re.escape(host.name)}(?![\w-])") if host.name else re.compile(r"(?!)")
    what.append("host name")
    return replace(
        host,
        name=NAME,
        description=name.sub(NAME, host.description),
        source=name.sub(NAME, host.source),
        files={path: name.sub(NAME, text) for path, text in host.files.items()},
        unreadable={path: name.sub(NAME, reason) for path, reason in host.unreadable.items()},
    )


def _without_addresses(host: RecordedHost, what: list[str]) -> Redacted:
    """Numbers for MAC addresses and UUIDs, in paths and links, too: wireless mice are named by theirs."""
    macs: dict[str, str] = {}
    uuids: dict[str, str] = {}
    text = MAC.sub(lambda found: macs.setdefault(found[0], _like(found[0], len(macs) + 1)), dump(host))
    text = UUID.sub(partial(_uuid, known=uuids), text)
    what += [f"{len(macs)} MAC address{'es' * (len(macs) != 1)}"] * bool(macs)
    what += [f"{len(uuids)} UUID{'s' * (len(uuids) != 1)}"] * bool(uuids)
    return Redacted(parse(text.encode(), NAME), tuple(what))


def _uuid(found: re.Match[str], known: dict[str, str]) -> str:
    return found[0] if found[0].lower() in PUBLIC else known.setdefault(found[0], _like(found[0], len(known) + 1))


def _like(text: str, number: int) -> str:
    """A number in the shape of the text: its hex digits, with the signs between them."""
    digits = iter(f"{number:0{sum(letter.isalnum() for letter in text)}x}")
    return "".join(next(digits) if letter.isalnum() else letter for letter in text)
