"""The package for Windows, built as `make windows` builds it; Wine, in which it is installed."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.deploy.windows.msi_tables import only
from tests.driver.windows.fixtures import wine, wine_prefix
from tests.driver.windows.wine import ROOT, missing_packages

__all__ = ["wine", "wine_prefix"]
TOOLS = {"wixl": "wixl", "msibuild": "msitools", "faketime": "faketime", "osslsigncode": "osslsigncode"}
LONG = 500  # seconds; downloads are in it the first time
NEWER = "0.250.0.dev1"
Build = Callable[..., Path]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds into a folder of its own, with options: ``build("--version", "1.0.0")``; skips where that cannot be."""
    missing = [*missing_packages(), *(package for tool, package in TOOLS.items() if shutil.which(tool) is None)]
    if missing:
        pytest.skip(f"no Windows package without Debian packages (apt-get install {' '.join(missing)})")

    def built(*options: str | Path) -> Path:
        folder = tmp_path_factory.mktemp("dist") / "windows"
        command = [sys.executable, "-m", "deploy.windows", "--output", folder, *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONG, check=False)
        if "could not be fetched" in done.stderr:
            pytest.skip(done.stderr)
        assert done.returncode == 0, done.stdout + done.stderr
        return folder

    return built


@pytest.fixture(scope="session")
def build_once(build: Build, for_all_workers: Callable[[str], AbstractContextManager[Path]]) -> Build:
    """As ``build``, under a name, for all workers: ``build_once("newer", "--version", "1.0.0")``."""

    def built(name: str, *options: str | Path) -> Path:
        with for_all_workers(name) as folder:
            if not folder.exists():
                build(*options).rename(folder)
            return folder

    return built


@pytest.fixture(scope="session")
def handed_out(build_once: Build) -> Path:
    """The folder of a build."""
    return build_once("handed-out")


@pytest.fixture(scope="session")
def package(handed_out: Path) -> Path:
    """The MSI of it."""
    return only(handed_out)


@pytest.fixture(scope="session")
def newer(build_once: Build) -> Path:
    """The folder of a later version."""
    return build_once("newer", "--version", NEWER)
