"""What a driver imports, what Windows and Wine export, and which of Wine's exports are only names."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OBJDUMP, NM = "x86_64-w64-mingw32-objdump", "x86_64-w64-mingw32-nm"
WINDOWS = Path("/usr/x86_64-w64-mingw32/lib")  # import libraries that mingw-w64 made from Windows' own exports
WINE = Path("/usr/lib/x86_64-linux-gnu/wine/x86_64-windows")


def _said(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def imports_of(driver: Path) -> Mapping[str, frozenset[str]]:
    """The names that a PE file imports, by library in lower case."""
    found: dict[str, set[str]] = {}
    library = ""
    for line in _said(OBJDUMP, "-p", driver).splitlines():
        if named := re.match(r"\s*DLL Name: (\S+)", line):
            library = named[1].lower()
        elif (entry := re.match(r"\t[0-9a-f]+\t +\d+  (\w+)", line)) and library:
            found.setdefault(library, set()).add(entry[1])
    return {name: frozenset(names) for name, names in found.items()}


def windows_exports(library: str) -> frozenset[str]:
    """What mingw-w64 knows that ntoskrnl.exe or hal.dll export."""
    archive = WINDOWS / f"lib{library.split('.', maxsplit=1)[0]}.a"
    return frozenset(re.findall(r" I __imp_(\w+)", _said(NM, "--quiet", archive)))


# What winebuild makes of a name without code: loads the library's name and its own, and ends the process.
STUB = re.compile(rb"\x48\x83\xec\x28\x48\x8d\x0d....\x48\x8d\x15....\xe8....\x90", re.DOTALL)


def wine_exports(library: str) -> frozenset[str]:
    """What the installed Wine exports with code behind it."""
    said = _said(OBJDUMP, "-p", WINE / library)
    places = dict(re.findall(r"^\t\[ *(\d+)\] \+base\[ *\d+\] +([0-9a-f]+) Export", said, re.MULTILINE))
    names = re.findall(r"^\t\[ *(\d+)\] (\w+)$", said, re.MULTILINE)
    text = _text_of(WINE / library)
    forwarded = {name for number, name in names if number not in places}
    return frozenset(forwarded | {name for number, name in names if number in places and text.has(places[number])})


@dataclass(frozen=True, slots=True)
class Text:
    """The code of a library."""

    content: bytes
    first: int  # the address of its first byte, from the image base

    def has(self, place: str) -> bool:
        """Whether there is more than a stub, or data, at an address."""
        return not STUB.match(self.content, int(place, 16) - self.first)


def _text_of(path: Path) -> Text:
    section = re.search(r" \.text +([0-9a-f]+) +([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+)", _said(OBJDUMP, "-h", path))
    base = re.search(r"^ImageBase\s+([0-9a-f]+)", _said(OBJDUMP, "-p", path), re.MULTILINE)
    assert section is not None
    assert base is not None
    size, address, offset = (int(number, 16) for number in section.groups())
    return Text(path.read_bytes()[offset : offset + size], address - int(base[1], 16))


def sections_of(driver: Path) -> Mapping[str, frozenset[str]]:
    """The flags of each section of a PE file."""
    said = _said(OBJDUMP, "-h", driver)
    found = re.findall(r"^ +\d+ (\S+) .*\n +(.*)$", said, re.MULTILINE)
    return {name: frozenset(flags.replace(" ", "").split(",")) for name, flags in found}
