"""What Windows tests of the agent share: Wine and the simulated machine of the driver's tests, and Windows packages."""

import subprocess
import sys
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
LONG = 300  # seconds to fetch them


@pytest.fixture(scope="session")
def windows_packages() -> Path:
    """A folder with the agent's dependencies for Windows; skips where they cannot be had."""
    command = [sys.executable, "-m", "deploy.windows.wheels"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONG, check=False)
    if done.returncode:
        pytest.skip((done.stderr.strip().splitlines() or ["?"])[-1])
    return Path(done.stdout.strip())


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
