"""Fixtures of everything that runs under Wine: import them in a conftest.py to use them elsewhere.

One prefix serves all; a lock keeps workers of pytest apart, and tests that use these carry xdist_group("wine").
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.driver.windows.wine import ROOT, Missing, Wine, alone, made_prefix, made_python, missing_packages

HERE = Path(__file__).parent
INSIDE = HERE / "inside"
SOURCES = ROOT / "driver" / "windows"
SERVICE_KEY = r"HKLM\System\CurrentControlSet\Services\barwatch"
# What the simulated machine counts once the driver is unloaded: pages and interfaces given back, no page unmapped in a
# wrong process, no removal that did not wait for a batch, no page mapped to write.
COUNTED = ("WINDOWS", "USER_PAGES", "WRONG_PROCESS", "ATTACHED", "INTERFACES", "OVERTAKEN", "WRITABLE", "PDOS")
NOTHING_LEFT = dict.fromkeys(COUNTED, 0)


def make(folder: Path, *settings: str) -> None:
    """Run make quietly; fails with what the compiler said."""
    done = subprocess.run(["make", "-s", "-C", folder, *settings], capture_output=True, text=True, check=False)  # noqa: S607
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def mingw() -> None:
    """Skips where the Windows driver cannot be built."""
    if missing := [package for package in missing_packages() if package not in {"wine", "wine64"}]:
        pytest.skip(f"not built without Debian packages (apt-get install {' '.join(missing)})")


@pytest.fixture(scope="session")
def objects(mingw: None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - skips
    """The folder with the driver as it is shipped, and the objects that it is made of."""
    folder = tmp_path_factory.mktemp("windows-driver")
    make(SOURCES, f"BUILD={folder}")
    return folder


@pytest.fixture(scope="session")
def tested_driver(objects: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the same objects linked to the simulated machine, and that machine."""
    folder = tmp_path_factory.mktemp("windows-machine")
    make(HERE / "machine", f"BUILD={folder}", f"OBJECTS={objects}")
    return folder


@pytest.fixture(scope="session")
def writing_objects(mingw: None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - skips
    """As ``objects``, of a build that can write."""
    folder = tmp_path_factory.mktemp("writing")
    make(SOURCES, f"BUILD={folder}", "BARWATCH_WRITE=1")
    return folder


@pytest.fixture(scope="module")
def wine_prefix() -> Iterator[Path]:
    """A prefix of Wine, kept between runs, ours alone for this module; skips where Wine is not installed."""
    if missing := missing_packages():
        pytest.skip(f"not run under Wine without Debian packages (apt-get install {' '.join(missing)})")
    with alone("prefix") as cache:
        yield made_prefix(cache)


@pytest.fixture(scope="module")
def wine(wine_prefix: Path) -> Iterator[Wine]:
    """Wine, running; all its processes are ended afterwards."""
    wine = Wine(wine_prefix)
    wine.halt()
    wine.boot()
    try:
        yield wine
    finally:
        wine.halt()


@pytest.fixture(scope="module")
def windows_python(wine: Wine) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Real CPython for Windows: ``windows_python("script.py", "argument")``; the agent's packages can be imported."""
    try:
        with alone("python") as cache:
            folder = made_python(cache)
    except Missing as missing:
        pytest.skip(str(missing))
    paths = ";".join(windows_path(path) for path in (INSIDE, ROOT / "agent", ROOT / "proto"))

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return wine.run(folder / "python.exe", *arguments, PYTHONPATH=paths)

    return run


@pytest.fixture(scope="module")
def machine_services(wine: Wine, tested_driver: Path) -> Wine:
    """The simulated machine, running, and the driver under test, installed."""
    for name in ("barwatch.sys", "machine.sys", "machine.dll"):
        shutil.copy(tested_driver / name, wine.drivers)
    for name in ("barwatch", "machine"):
        wine.run("sc", "delete", name)
        path = rf"C:\windows\system32\drivers\{name}.sys"
        wine.run("sc", "create", name, "type=", "kernel", "start=", "demand", "binPath=", path)
    wine.run("reg", "delete", rf"{SERVICE_KEY}\Parameters", "/f")
    started = wine.run("sc", "start", "machine")
    assert started.returncode == 0, started.stdout + started.stderr
    return wine


@pytest.fixture
def machine(
    machine_services: Wine,  # noqa: ARG001 - must run
    windows_python: Callable[..., subprocess.CompletedProcess[str]],
) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """The driver freshly loaded, and a GPU (10de:2684) behind a bridge; afterwards nothing is left over.

    BAR 0 + 0x1f380 holds 0x7666. The driver has no policy. ``machine("fill", "user", "0xff")`` does what
    inside/machine.py does.
    """

    def do(*arguments: str) -> subprocess.CompletedProcess[str]:
        done = windows_python(INSIDE / "machine.py", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    do("load")
    yield do
    assert json.loads(do("unload").stdout) == NOTHING_LEFT


@pytest.fixture
def inject(machine: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[[str, int], None]:
    """What the founding register holds, apart for kernel and user: ``inject("user", 0xFFFFFFFF)``."""

    def inject_(view: str, value: int) -> None:
        machine("inject", view, hex(value))

    return inject_


@pytest.fixture
def inside(
    machine_services: Wine,  # noqa: ARG001 - must run
    windows_python: Callable[..., subprocess.CompletedProcess[str]],
) -> Callable[..., Any]:
    """Runs one of inside/ on a machine as ``machine`` gives it: ``inside("reads")`` is what the script prints."""

    def run(script: str, *arguments: str) -> Any:
        done = windows_python(INSIDE / "machine.py", "run", script, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        answer = json.loads(done.stdout)
        assert answer["left"] == NOTHING_LEFT
        return answer["said"]

    return run


def windows_path(path: Path) -> str:
    """A path of this machine as Wine's programs see it."""
    return "Z:" + str(path).replace("/", "\\")
