"""Tables of an MSI, read back by msitools."""

import subprocess
from pathlib import Path


def only(folder: Path) -> Path:
    """The one MSI in a folder."""
    (package,) = folder.glob("*.msi")
    return package


def rows(package: Path, table: str) -> list[dict[str, str]]:
    """Rows of a table by the names of its columns."""
    done = subprocess.run(["msiinfo", "export", package, table], capture_output=True, text=True, check=True)  # noqa: S607
    names, _, _, *lines = [line.split("\t") for line in done.stdout.replace("\r", "").splitlines()]
    return [dict(zip(names, line, strict=True)) for line in lines]


def by(package: Path, table: str, key: str) -> dict[str, dict[str, str]]:
    """The same by one of the columns."""
    return {row[key]: row for row in rows(package, table)}
