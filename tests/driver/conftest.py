"""What tests of the driver share: its sources, compilers, and copies to build in."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

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


@pytest.fixture
def driver_copy(tmp_path: Path) -> Path:
    """A copy to build in: kbuild leaves files behind."""
    return shutil.copytree(DRIVER, tmp_path / "driver")


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
