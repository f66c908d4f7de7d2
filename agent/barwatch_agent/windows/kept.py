"""A Windows machine as files below a folder, so that it can be recorded, replayed and tested anywhere.

``devices/NAME/`` is one device, NAME its instance id with ``#`` for each backslash, as in names of device interfaces. A
file in it is a property as `properties.to_text` writes it; ``status`` has DN_ flags and problem code, ``resources`` a
line of kind and bytes for each, ``config`` is the configuration space. ``facts/NAME`` are the bytes of a fact,
``facts/NAME.refused`` says why there are none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from barwatch_agent.roots import MAX_TEXT, why
from barwatch_agent.windows import sources
from barwatch_agent.windows.facts import Devnode, Fact, Facts, Property, Refusal, Resource, Source
from barwatch_agent.windows.properties import KEYS, STRING, from_text, to_text, utf16
from barwatch_agent.windows.smbios import anonymous

DEVICES, FACTS = "devices", "facts"
STATUS, RESOURCES, PROBLEMS, CONFIG, REFUSED = "status", "resources", "problems", "config", ".refused"
REFUSAL = re.compile(r"0x([0-9a-f]{1,8})(?: (.*))?", re.DOTALL)
RESOURCE = re.compile(r"([0-9a-f]{1,4}) ((?:[0-9a-f]{2}){0,1024})")
MAX_BYTES = 64 * 1024
MAX_CONFIG = 4096  # bytes; PCIe Base Spec 6.0, 7.2.2


@dataclass(frozen=True, slots=True)
class KeptSource:
    """Reads the files below ``folder``; what is rubbish is a problem of its device and does not stop the others."""

    folder: Path

    def names(self) -> Sequence[str]:
        """Instance ids of the functions that were present.

        Raises:
            OSError: there is no such folder.
        """
        return [folder.name.replace("#", "\\") for folder in self._folders()]

    def devices(self) -> tuple[Sequence[Devnode], Sequence[str]]:
        """The functions that were present."""
        found, problems = [], []
        try:
            folders = self._folders()
        except OSError as error:
            return (), (f"devices: {why(error)}",)
        for folder in folders:
            try:
                found.append(_devnode(folder))
            except OSError as error:
                problems.append(f"{folder.name}: {why(error)}")
        return found, problems

    def device(self, instance_id: str, names: Iterable[str], *, with_resources: bool) -> Devnode:  # noqa: ARG002 all is near
        """One device as it was.

        Raises:
            OSError: there is none of that name.
        """
        return _devnode(self._folder_of(instance_id))

    def config(self, instance_id: str) -> bytes:
        """Its configuration space as far as it was read; empty when it was not."""
        try:
            with (self._folder_of(instance_id) / CONFIG).open("rb") as opened:
                return opened.read(MAX_CONFIG)
        except OSError:
            return b""

    def _folders(self) -> list[Path]:
        return sorted(path for path in (self.folder / DEVICES).iterdir() if path.is_dir())

    def _folder_of(self, instance_id: str) -> Path:
        return self.folder / DEVICES / instance_id.replace("\\", "#")

    def facts(self) -> Facts:
        """All facts that were kept."""
        try:
            files = sorted((self.folder / FACTS).iterdir())
        except OSError:
            return {}
        return {file.name.removesuffix(REFUSED): _fact(file) for file in files}

    def corrected_errors(self) -> Fact:
        """As they were when the machine was kept."""
        return self.facts().get(sources.CORRECTED, Refusal(0, "not kept"))


def keep(source: Source, configs: Mapping[str, bytes], folder: Path) -> None:
    """Write a machine down as files below a folder; ``configs`` are configuration spaces by instance id.

    Raises:
        OSError: the disk says no.
    """
    devices, _ = source.devices()
    names = {device.instance_id.upper(): _name(number, device) for number, device in enumerate(devices)}
    for device in devices:
        place = folder / DEVICES / names[device.instance_id.upper()].replace("\\", "#")
        place.mkdir(parents=True, exist_ok=True)
        for name, text in _texts(replace(device, properties=_renamed(device, names))):
            (place / name).write_text(f"{text}\n", encoding="utf-8", newline="\n")
        if configs.get(device.instance_id):
            (place / CONFIG).write_bytes(configs[device.instance_id])
    (folder / FACTS).mkdir(parents=True, exist_ok=True)
    for name, fact in {**source.facts(), sources.CORRECTED: source.corrected_errors()}.items():
        _keep_fact(folder / FACTS / name, fact)


def _name(number: int, device: Devnode) -> str:
    """The device's kind and a number: the end of an instance id is often the serial number of a card."""
    kind = device.instance_id.upper().rpartition("\\")[0]
    return f"{kind}\\{number:04}"


def _renamed(device: Devnode, names: Mapping[str, str]) -> Mapping[str, Property]:
    """The properties, the parent by the name under which it is kept."""
    parent = device.properties.get("parent")
    if parent is None or parent.kind != STRING:
        return device.properties
    name = names.get(utf16(parent.data).upper())
    ends = utf16(parent.data).rpartition("\\")[0] + "\\0"  # a root bus: nobody needs to know which
    return {**device.properties, "parent": Property(STRING, f"{name or ends}\0".encode("utf-16-le"))}


def _texts(device: Devnode) -> Iterator[tuple[str, str]]:
    for name, value in device.properties.items():
        yield name, to_text(value)
    if device.status is not None:
        yield STATUS, f"{device.status:#x} {device.problem or 0}"
    if device.resources is not None:
        yield RESOURCES, "\n".join(f"{each.kind:x} {each.data.hex()}" for each in device.resources)
    if device.problems:
        yield PROBLEMS, "\n".join(device.problems)


def _keep_fact(file: Path, fact: Fact) -> None:
    if isinstance(fact, Refusal):
        file.with_name(file.name + REFUSED).write_text(f"{fact}\n", encoding="utf-8", newline="\n")
    else:
        file.write_bytes(_nameless(file.name, fact))


def _nameless(name: str, fact: bytes) -> bytes:
    """A fact without what names one machine: serial numbers, and the host of a virtual machine."""
    if name == sources.SMBIOS:
        return anonymous(fact)
    return b"" if name == sources.GUEST else fact


def _devnode(folder: Path) -> Devnode:
    problems: list[str] = []
    texts = {file.name: _text(file, problems) for file in sorted(folder.iterdir()) if file.name != CONFIG}
    problems += [line for line in texts.get(PROBLEMS, "").splitlines() if line]
    return Devnode(
        instance_id=folder.name.replace("#", "\\"),
        properties=dict(_properties(texts, problems)),
        resources=_resources(texts.get(RESOURCES), problems),
        status=_status(texts.get(STATUS))[0],
        problem=_status(texts.get(STATUS))[1],
        problems=tuple(problems),
    )


def _properties(texts: dict[str, str], problems: list[str]) -> Iterator[tuple[str, Property]]:
    for name in KEYS:
        if name in texts:
            try:
                yield name, from_text(texts[name])
            except ValueError as error:
                problems.append(f"{name}: {error}")


def _resources(text: str | None, problems: list[str]) -> tuple[Resource, ...] | None:
    if text is None:
        return None
    lines = [RESOURCE.fullmatch(line) for line in text.splitlines()]
    if None in lines:
        problems.append("resources: a line is not a kind and bytes")
        return None
    return tuple(Resource(int(line[1], 16), bytes.fromhex(line[2])) for line in lines if line)


def _status(text: str | None) -> tuple[int | None, int | None]:
    found = re.fullmatch(r"0x([0-9a-f]{1,8}) (\d{1,9})", text or "")
    return (int(found[1], 16), int(found[2])) if found else (None, None)


def _text(file: Path, problems: list[str]) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_TEXT).decode(errors="replace").removesuffix("\n")
    except OSError as error:
        problems.append(f"{file.name}: {why(error)}")
        return ""


def _fact(file: Path) -> Fact:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES)
    except OSError as error:
        return Refusal(0, why(error))
    if not file.name.endswith(REFUSED):
        return data
    found = REFUSAL.fullmatch(data.decode(errors="replace").strip())
    return Refusal(int(found[1], 16), found[2] or "") if found else Refusal(0, "no number")
