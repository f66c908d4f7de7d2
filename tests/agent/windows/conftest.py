"""What Windows tests of the agent share: Wine and the simulated machine of the driver's tests, and Windows packages."""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.agent.windows.devices import told
from tests.driver.windows.fixtures import (
    machine,
    machine_services,
    make,
    mingw,
    objects,
    tested_driver,
    windows_path,
    windows_python,
    wine,
    wine_prefix,
)
from tests.driver.windows.wine import ROOT, Wine, alone, made_python

__all__ = ["machine", "machine_services", "mingw", "objects", "tested_driver", "windows_python", "wine", "wine_prefix"]
INSIDE = Path(__file__).parent / "inside"
PACKAGES = (  # what the agent needs, in the versions of the lock file, which has the hashes of all systems
    "click",
    "grpcio",
    "markdown-it-py",
    "mdurl",
    "msgspec",
    "prometheus-client",
    "protobuf",
    "pygments",
    "rich",
    "typing-extensions",
)
LONG = 300  # seconds to fetch them


@pytest.fixture(scope="session")
def windows_packages() -> Path:
    """A folder with the agent's dependencies for Windows; skips where they cannot be had."""
    with alone("packages") as cache:
        lock = _locked()
        folder = cache / "packages"
        if not (folder / "lock").exists() or (folder / "lock").read_text() != lock:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _fetch(lock, folder)
            (folder / "lock").write_text(lock)
        return folder


@pytest.fixture(scope="session")
def configuration_manager(mingw, tmp_path_factory):  # noqa: ARG001 - skips
    """Our cfgmgr32.dll."""
    folder = tmp_path_factory.mktemp("configuration-manager")
    make(Path(told.__file__).parent, f"BUILD={folder}")
    return folder / told.LIBRARY


@pytest.fixture(scope="module")
def windows_agent(
    wine: Wine,
    windows_python: object,  # noqa: ARG001 - fetches it, or skips
    windows_packages: Path,
) -> Callable[..., subprocess.Popen[str]]:
    """Starts Python for Windows with all that the agent needs: ``windows_agent("agent.py", "probe")``."""
    with alone("python") as cache:
        python = made_python(cache) / "python.exe"
    paths = (INSIDE, ROOT / "agent", ROOT / "proto", ROOT, windows_packages)

    def start(*arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["wine", python, *arguments],  # noqa: S607 - found by missing_packages()
            env=wine.environment | {"PYTHONPATH": ";".join(map(windows_path, paths)), "PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )

    return start


def _locked() -> str:
    """The lines of the lock file that are about these packages."""
    text = (ROOT / "deploy/lock/run.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text)
    return "\n".join(block for block in blocks if re.match(rf"({'|'.join(PACKAGES)})==", block)) + "\n"


def _fetch(lock: str, folder: Path) -> None:
    wheels = folder / "wheels"
    (folder / "wanted.txt").write_text(lock)
    wanted = ["--platform", "win_amd64", "--python-version", "311", "--only-binary=:all:", "--no-deps"]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        *wanted,
        "--require-hashes",
        "-r",
        folder / "wanted.txt",
    ]
    done = subprocess.run([*command, "-d", wheels], capture_output=True, text=True, timeout=LONG, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        pytest.skip(f"the agent's dependencies for Windows could not be fetched from the package index: {reason}")
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
