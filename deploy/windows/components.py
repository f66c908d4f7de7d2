"""Source of wixl: folders, files, a component for each, and the two features.

What else an MSI has are rows of tables, and these are in tables.py: wixl knows few of them.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

from deploy.windows.product import NAMESPACE, PRODUCT, UPGRADE_CODE, Release

LAUNCHER = "barwatch-agent.exe"
STATE_NAME = "barwatch-agent"
STATE = "StateFolder"  # directory and component of %ProgramData%\barwatch-agent


@dataclass(frozen=True, slots=True)
class Names:
    """Keys of one file's rows: the same in every build, since they come from its path."""

    path: str

    @property
    def key(self) -> str:
        """Of File and of Component: at most 72 characters, no character that MSI does not take."""
        return "f" + uuid.uuid5(NAMESPACE, f"key {self.path}").hex

    @property
    def guid(self) -> str:
        """Of the component."""
        return str(uuid.uuid5(NAMESPACE, f"component {self.path}")).upper()


def source(paths: Iterable[str], driver: Iterable[str], release: Release) -> ET.Element:
    """The document for wixl, which finds each file at its path below the current folder."""
    root = ET.Element("Wix", xmlns="http://schemas.microsoft.com/wix/2006/wi")
    product = ET.SubElement(
        root,
        "Product",
        Id=release.product_code,
        UpgradeCode=UPGRADE_CODE,
        Name=PRODUCT,
        Version=release.three_numbers,
        Manufacturer="barwatch",
        Language="1033",
    )
    ET.SubElement(
        product,
        "Package",
        InstallerVersion="500",
        Compressed="yes",
        InstallScope="perMachine",
        Platform="x64",
        Comments=release.comments,
    )
    ET.SubElement(product, "Media", Id="1", Cabinet="files.cab", EmbedCab="yes")
    agent, drivers = sorted(paths), sorted(driver)
    _folders(product, [*agent, *drivers])
    _feature(product, "Agent", "1", [STATE, *(Names(path).key for path in agent)])
    _feature(product, "Driver", "2", [Names(path).key for path in drivers])
    return root


def _folders(product: ET.Element, paths: Iterable[str]) -> None:
    target = ET.SubElement(product, "Directory", Id="TARGETDIR", Name="SourceDir")
    programs = ET.SubElement(target, "Directory", Id="ProgramFiles64Folder")
    folders = {PurePosixPath(): ET.SubElement(programs, "Directory", Id="INSTALLDIR", Name="barwatch")}
    for path in paths:
        _file(_folder(folders, PurePosixPath(path).parent), path)
    machine = ET.SubElement(target, "Directory", Id="CommonAppDataFolder")
    state = ET.SubElement(machine, "Directory", Id=STATE, Name=STATE_NAME)
    component = ET.SubElement(state, "Component", Id=STATE, Guid=Names("state").guid, Win64="yes", KeyPath="yes")
    ET.SubElement(component, "CreateFolder")


def _folder(known: dict[PurePosixPath, ET.Element], path: PurePosixPath) -> ET.Element:
    if path not in known:
        above = _folder(known, path.parent)
        known[path] = ET.SubElement(above, "Directory", Id="d" + Names(str(path)).key, Name=path.name)
    return known[path]


def _file(folder: ET.Element, path: str) -> None:
    names = Names(path)
    component = ET.SubElement(folder, "Component", Id=names.key, Guid=names.guid, Win64="yes")
    ET.SubElement(component, "File", Id=names.key, Source=path, Name=PurePosixPath(path).name, KeyPath="yes")


def _feature(product: ET.Element, name: str, level: str, components: Iterable[str]) -> None:
    feature = ET.SubElement(product, "Feature", Id=name, Level=level, Title=name, AllowAdvertise="no")
    for component in components:
        ET.SubElement(feature, "ComponentRef", Id=component)
