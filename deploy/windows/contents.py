"""The files of the package, by where they lie below the folder of installation."""

import subprocess
import tempfile
from pathlib import Path

from deploy.windows.bytecode import Files, compiled
from deploy.windows.kept import ROOT, BuildError
from deploy.windows.runtime import Runtime
from deploy.windows.wheels import libraries

CODE = (ROOT / "agent/barwatch_agent", ROOT / "proto/barwatch_proto")
STOP = Path(__file__).with_name("barwatch_stop_service.py")
CODE_KINDS = {".py", ".toml"}
DRIVER_SOURCES = ROOT / "driver/windows"
DRIVER = ("barwatch.sys", "barwatch.inf")
CATALOG = "barwatch.cat"
COMPILER = "x86_64-w64-mingw32-gcc"
# No time of day, no path of the build, no symbols.
LAUNCHER_FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-municode", "-s", "-Wl,--no-insert-timestamp")
HARDENED = ("-Wl,--dynamicbase", "-Wl,--nxcompat", "-Wl,--high-entropy-va")


def agent(python: Runtime) -> Files:
    """Launcher, Python, libraries and our own code."""
    lib, beside_python = libraries()
    ours = {
        path.relative_to(package.parent).as_posix(): path.read_bytes()
        for package in CODE
        for path in package.rglob("*")
        if path.suffix in CODE_KINDS
    } | {STOP.name: STOP.read_bytes()}
    return {
        "barwatch-agent.exe": _launcher(),
        "LICENSE.txt": (ROOT / "LICENSE").read_bytes(),
        **_below("python", python.files | beside_python),
        **_below("lib", compiled(lib | ours)),
    }


def driver(signed: Path | None) -> Files:
    """The driver's package: from a folder with ``barwatch.sys``, ``.inf`` and ``.cat``, or built here, unsigned.

    Raises:
        BuildError: the folder lacks one of them, or the driver cannot be built.
    """
    if signed is not None:
        if missing := [name for name in (*DRIVER, CATALOG) if not (signed / name).is_file()]:
            msg = f"WINDOWS_DRIVER={signed}: there is no {' and no '.join(missing)}"
            raise BuildError(msg)
        return {name: (signed / name).read_bytes() for name in (*DRIVER, CATALOG)}
    with tempfile.TemporaryDirectory() as folder:
        _run("make", "-s", "-C", DRIVER_SOURCES, f"BUILD={folder}")
        system = (Path(folder) / DRIVER[0]).read_bytes()
    return {DRIVER[0]: system, DRIVER[1]: (DRIVER_SOURCES / DRIVER[1]).read_bytes()}


def _launcher() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "barwatch-agent.exe"
        source = Path(__file__).with_name("launcher.c")
        _run(COMPILER, *LAUNCHER_FLAGS, *HARDENED, source, "-o", program)
        return program.read_bytes()


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(done.stdout + done.stderr)


def _below(folder: str, files: Files) -> Files:
    return {f"{folder}/{path}": contents for path, contents in files.items()}
