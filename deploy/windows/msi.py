"""The MSI, by wixl and msibuild (Debian: wixl, msitools), the same bytes at every build."""

import os
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from deploy.windows.bytecode import Files
from deploy.windows.components import source
from deploy.windows.kept import BuildError
from deploy.windows.product import PRODUCT, Release
from deploy.windows.table import Table

DATE = "2024-01-01 00:00:00"
TIME_S = 1_704_067_200  # the same, of files
# Hash tables of glib are ordered by addresses, and both programs write what time it is.
STEADY = ("setarch", "-R", "faketime", "-f", DATE)


def write(target: Path, agent: Files, driver: Files, tables: Iterable[Table], release: Release) -> None:
    """Write the file.

    Raises:
        BuildError: a tool says so.
    """
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _lay_out(folder, agent | driver)
        document = ET.ElementTree(source(agent, driver, release))
        document.write(folder / "package.wxs", encoding="utf-8", xml_declaration=True)
        _steady(folder, "wixl", "-a", "x64", "-o", "package.msi", "package.wxs")
        for table in tables:
            (folder / f"{table.name}.idt").write_bytes(table.text.encode("ascii"))
            _steady(folder, "msibuild", "package.msi", "-i", f"{table.name}.idt")
        summary = (PRODUCT, "barwatch", "x64;1033", f"{{{release.package_code}}}")
        _steady(folder, "msibuild", "package.msi", "-s", *summary)
        target.write_bytes((folder / "package.msi").read_bytes())


def _lay_out(folder: Path, files: Files) -> None:
    for path, contents in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(contents)
        os.utime(file, (TIME_S, TIME_S))


def _steady(folder: Path, *command: str) -> None:
    environment = os.environ | {"TZ": "UTC", "LC_ALL": "C.UTF-8"}  # noqa: TID251 - a child's
    done = subprocess.run([*STEADY, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"{command[0]}: {done.stdout}{done.stderr}"
        raise BuildError(msg)
