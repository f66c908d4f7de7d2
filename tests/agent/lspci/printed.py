"""A recorded host as lspci prints it: with the sizes and drivers of ``-v``, or only hex lines, or only names."""

import html
import re
from collections.abc import Iterator

from tests.agent.lspci.spaces import LENGTHS

from barwatch_agent.recorded import RecordedHost

UNITS = ("", "K", "M", "G", "T")


def functions(host: RecordedHost) -> dict[str, str]:
    """The folders of a host's functions by address."""
    return {path.split("/")[-2]: path.removesuffix("/class") for path in sorted(host.files) if path.endswith("/class")}


def slot_line(host: RecordedHost, address: str, folder: str) -> str:
    """As ``lspci -D -nn`` does it; the words do not matter."""
    vendor, device, class_code, revision = (
        int(host.files[f"{folder}/{name}"], 16) for name in ("vendor", "device", "class", "revision")
    )
    words = f"Some device [{class_code >> 8:04x}]: Somebody's Something [{vendor:04x}:{device:04x}]"
    return f"{address} {words} (rev {revision:02x}) (prog-if {class_code & 0xFF:02x})"


def hex_lines(config: bytes, most: int = 4096) -> list[str]:
    """As ``lspci -xxxx`` does it, or less of it."""
    length = min(most, next(length for length in LENGTHS if len(config) <= length))
    whole = config.ljust(length, b"\0")[:length]
    return [f"{offset:02x}: {whole[offset : offset + 16].hex(' ')}" for offset in range(0, length, 16)]


def details(host: RecordedHost, folder: str) -> Iterator[str]:
    """As ``lspci -vvv`` does it, of what it knows from the kernel alone."""
    yield "\tControl: I/O+ Mem+"
    resource = host.files.get(f"{folder}/resource", "").splitlines()[:6]
    for index, (start, end, flags) in enumerate(tuple(int(each, 16) for each in line.split()) for line in resource):
        if flags & 0x100:
            yield f"\tRegion {index}: I/O ports at {start:x} [size={_size(end - start + 1)}]"
        elif flags:
            place = "<unassigned>" if flags & 0x20000000 or not start else f"{start:08x}"
            kind = f"{'64' if flags & 0x100000 else '32'}-bit, {'' if flags & 0x2000 else 'non-'}prefetchable"
            yield f"\tRegion {index}: Memory at {place} ({kind}) [size={_size(end - start + 1)}]"
    if f"{folder}/driver" in host.links:
        yield f"\tKernel driver in use: {host.links[f'{folder}/driver'].rpartition('/')[2]}"
    if f"{folder}/iommu_group" in host.links:
        yield f"\tIOMMU group: {host.links[f'{folder}/iommu_group'].rpartition('/')[2]}"


def printed(host: RecordedHost, *, most: int = 4096, is_verbose: bool = True) -> str:
    """``lspci -Dnnvvv -xxxx`` of the host."""
    lines: list[str] = []
    for address, folder in functions(host).items():
        lines.append(slot_line(host, address, folder))
        lines += details(host, folder) if is_verbose else ()
        lines += hex_lines(host.config.get(f"{folder}/config", b""), most) if f"{folder}/config" in host.config else ()
        lines.append("")
    return "\n".join([*lines, ""])


CLOTHES = {
    "as it is": lambda text: text.encode(),
    "with CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "indented": lambda text: re.sub("^", "    ", text, flags=re.MULTILINE).encode(),
    "quoted": lambda text: re.sub("^", "> ", text, flags=re.MULTILINE).encode(),
    "quoted twice": lambda text: re.sub("^", ">> ", text, flags=re.MULTILINE).encode(),
    "in a fence with words around": lambda text: f"Hi,\n\nhere it is:\n```\n{text}```\nThanks: 1:0\n".encode(),
    "in HTML": lambda text: f"<pre>\n{html.escape(re.sub('^', '> ', text, flags=re.MULTILINE))}</pre>\n".encode(),
    "from PowerShell": lambda text: text.encode("utf-16"),
    "with a byte order mark": lambda text: text.encode("utf-8-sig"),
    "in upper case": lambda text: re.sub(r"^[0-9a-f]+:( [0-9a-f]{2})+$", _upper, text, flags=re.MULTILINE).encode(),
    "without the domain": lambda text: re.sub(r"^0000:", "", text, flags=re.MULTILINE).encode(),
    "with a column of letters": lambda text: re.sub(
        r"^(\S+:(?: \S\S){16})$", r"\1 ..A.....", text, flags=re.MULTILINE
    ).encode(),
    "in colour": lambda text: text.replace("Some device", "\x1b[1;31mSome device\x1b[0m").encode(),
    "in bytes that are no text": lambda text: b"\xff\xfa\n" + text.encode() + b"\xe2\x28\n",
}


def _upper(found: re.Match[str]) -> str:
    return found[0].upper()


def _size(length: int) -> str:
    unit = 0
    while length % 1024 == 0 and unit < len(UNITS) - 1:
        length, unit = length // 1024, unit + 1
    return f"{length}{UNITS[unit]}"
