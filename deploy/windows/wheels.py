"""The agent's dependencies for Windows: those of the lock file, by their hashes.

``python -m deploy.windows.wheels`` prints the folder where they are.
"""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from deploy.windows.bytecode import Files
from deploy.windows.kept import ROOT, BuildError, alone
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = ROOT / "deploy/lock/run.txt"
TARGET = {
    "extra": "",
    "implementation_name": "cpython",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "platform_system": "Windows",
    "python_full_version": "3.11.9",
    "python_version": "3.11",
    "sys_platform": "win32",
}
LONG = 300  # seconds to fetch them
# Of pywin32 the agent uses services, events and COM. Its modules for C start beside python.exe.
BESIDE_PYTHON = "pywin32_system32/"
NOT_NEEDED = re.compile(
    r"PyWin32\.chm|pywin32\.pth|pywin32\.version\.txt|(adodbapi|isapi|pythonwin|win32comext)/|[^/]+\.data/scripts/"
    r"|win32/(Demos|test|scripts|HTML|include|libs|odbc|perfmon|pythonservice|winxpgui|lib/pywin32_testutil)"
    r"|win32com/(demos|test|HTML|include|libs|makegw|servers|readme)"
    r"|.*\.(pyi|pyx|pxd|h|lib|c)$|.*/py\.typed$|[^/]+\.dist-info/RECORD$"
)


def wanted() -> set[str]:
    """Names of all that the agent needs on Windows; requirements of requirements are read from this environment."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: set[str] = set()
    waiting = [*project["dependencies"], *project["optional-dependencies"]["agent"]]
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if name not in found and (requirement.marker is None or requirement.marker.evaluate(TARGET)):
            found.add(name)
            waiting += _required_by(name)
    return found


def _required_by(name: str) -> Iterable[str]:
    try:
        return metadata.requires(name) or ()
    except metadata.PackageNotFoundError:  # only for Windows
        return ()


def locked() -> str:
    """The lines of the lock file that are about these packages."""
    names = wanted()
    blocks = re.split(r"\n(?=\S)", LOCK.read_text(encoding="utf-8"))
    kept = {block.partition("==")[0]: _without_marker(block) for block in blocks}
    if missing := names - kept.keys():
        msg = f"{LOCK.name} does not pin {', '.join(sorted(missing))}: make lock"
        raise BuildError(msg)
    return "\n".join(kept[name].rstrip() for name in sorted(names)) + "\n"


def _without_marker(block: str) -> str:
    """For pip, which would ask the system it runs on."""
    return re.sub(r" ; [^\\\n]+", " ", block, count=1)


def wheels(cache: Path) -> list[Path]:
    """The wheels, sorted by name.

    Raises:
        BuildError: they cannot be had.
    """
    lock, folder = locked(), cache / "windows-wheels"
    marker = folder / "lock.txt"
    if not marker.exists() or marker.read_text(encoding="utf-8") != lock:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _fetch(lock, folder)
        marker.write_text(lock, encoding="utf-8")
    return sorted(folder.glob("*.whl"))


def _fetch(lock: str, folder: Path) -> None:
    wanted_file = folder / "wanted.txt"
    wanted_file.write_text(lock, encoding="utf-8")
    target = ["--platform", "win_amd64", "--python-version", "311", "--only-binary=:all:", "--no-deps"]
    options = [
        "--quiet",
        "--disable-pip-version-check",
        *target,
        "--require-hashes",
        "-r",
        str(wanted_file),
        "-d",
        str(folder),
    ]
    command = [sys.executable, "-m", "pip", "download", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        msg = f"the agent's dependencies for Windows could not be fetched from the package index: {reason}"
        raise BuildError(msg)


def unpacked_for_tests() -> Path:
    """A folder with all of them, whole.

    Raises:
        BuildError: they cannot be had.
    """
    with alone("packages") as cache:
        found, folder = wheels(cache), cache / "windows-packages"
        names = "\n".join(wheel.name for wheel in found)
        marker = folder / "unpacked"
        if not marker.exists() or marker.read_text(encoding="utf-8") != names:
            shutil.rmtree(folder, ignore_errors=True)
            for wheel in found:
                with zipfile.ZipFile(wheel) as archive:
                    archive.extractall(folder)
            marker.write_text(names, encoding="utf-8")
        return folder


def libraries() -> tuple[Files, Files]:
    """What goes into lib, and what goes beside python.exe."""
    with alone("packages") as cache:
        files = {path: contents for wheel in wheels(cache) for path, contents in _contents(wheel)}
    beside = {path.removeprefix(BESIDE_PYTHON): files.pop(path) for path in [*files] if path.startswith(BESIDE_PYTHON)}
    return files, beside


def _contents(wheel: Path) -> Iterable[tuple[str, bytes]]:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            path = re.sub(r"^[^/]+\.data/(?:platlib|purelib)/", "", name)
            if not name.endswith("/") and not NOT_NEEDED.match(path):
                yield path, archive.read(name)


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{unpacked_for_tests()}\n")
    except BuildError as error:
        sys.exit(str(error))
