"""What tests of the driver share: its sources, compilers, copies to build in, and a guest with the module in it."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.driver.in_guest import built_module, complaints, put_in_place, run_inside
from tests.lab.guest import Guest
from tests.lab.hosts import Host
from tests.lab.parts import Parts, built_parts, missing_packages

HERE = Path(__file__).parent
DRIVER = HERE.parents[1] / "driver"
FLAGS = (
    *("-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-DBARWATCH_WRITE", "-DBARWATCH_BENCH"),
    *(f"-I{DRIVER / folder}" for folder in ("include", "common")),
)


@pytest.fixture(scope="session")
def driver() -> Path:
    """The folder of the driver in the checkout."""
    return DRIVER


@pytest.fixture(scope="session")
def tool() -> Callable[[str, str], str]:
    """The path of a command of a Debian package; skips where it is not installed: ``tool("clang", "clang")``."""

    def find(command: str, package: str) -> str:
        found = shutil.which(command)
        if found is None:
            pytest.skip(f"{command} is not installed (Debian: apt-get install {package}): not checked")
        return found

    return find


@pytest.fixture
def compiled(tmp_path: Path, tool: Callable[[str, str], str]) -> Callable[..., Path]:
    """Compiles one C file for user space, as C11 with every warning an error: ``compiled("gcc", source, "-O1")``."""

    def compile_(compiler: str, source: Path, *flags: str) -> Path:
        program = tmp_path / source.stem
        command = [tool(compiler, compiler), *FLAGS, *flags, source, "-o", program]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        if "cannot find" in done.stderr and "clang_rt" in done.stderr:
            pytest.skip("clang has no run-time library here (Debian: apt-get install libclang-rt-14-dev): not checked")
        assert done.returncode == 0, done.stderr
        return program

    return compile_


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """What guests are made of; skips where a Debian package is missing."""
    if missing := missing_packages():
        pytest.skip(f"no guest without Debian packages (apt-get install {' '.join(missing)}): the driver did not run")
    return built_parts(tmp_path_factory.mktemp("parts"))


@pytest.fixture(scope="session")
def module(parts: Parts) -> Path:
    """barwatch.ko for the guest's kernel."""
    return parts.driver


@pytest.fixture(scope="session")
def special_module(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """barwatch.ko of a build that can write, and that has BENCH."""
    options = ("BARWATCH_WRITE=1", "BARWATCH_BENCH=1")
    return built_module(parts.kernel, DRIVER, tmp_path_factory.mktemp("special"), *options)


@pytest.fixture(scope="session")
def states_module(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module that makes the PCI core believe things."""
    return built_module(parts.kernel, HERE / "states", tmp_path_factory.mktemp("states"))


@pytest.fixture(scope="session")
def host(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """One guest for all tests of a worker."""
    guest = Guest(Host.load("desktop"), parts, tmp_path_factory.mktemp("guest"))
    try:
        guest.wait_until_up()
        yield guest
    finally:
        guest.end()


@pytest.fixture
def guest(host: Guest, module: Path) -> Iterator[Guest]:
    """The module freshly loaded, so without a policy, and the card in place; afterwards the kernel has no complaint."""
    complaints(host)
    host.run("rmmod pci-stub 2>/dev/null; rmmod barwatch 2>/dev/null; true")
    put_in_place(host, "card")
    host.run(f"insmod {module}")
    yield host
    host.run("rmmod barwatch")
    assert complaints(host) == []


@pytest.fixture
def inside(guest: Guest) -> Callable[..., Any]:
    """Runs one of inside/ in the guest: ``inside("reads", address)`` gives what it prints."""
    return partial(run_inside, guest)
