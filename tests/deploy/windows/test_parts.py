"""Parts of the build: who signed, what a version is to Windows Installer, code and archives without surprises."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.driver.windows.wine import ROOT, alone, made_python

SIGNED = "sys.stdout.write(signatures.signer(Path(sys.argv[1])))"
NUMBERS = "sys.stdout.write(product.Release(sys.argv[1], '', '').three_numbers)"
COMPILED = """
for path, contents in sorted(bytecode.compiled({"a.py": b"x = {'b', 'a', 'c'}\\n", "b.txt": b""}).items()):
    print(path, contents.hex())
"""


def build_says(code: str, *arguments: str | Path, seed: str = "random") -> subprocess.CompletedProcess[str]:
    """What a part of the build prints, in a process of its own."""
    begin = "import sys\nfrom pathlib import Path\nfrom deploy.windows import bytecode, product, signatures\n"
    return subprocess.run(
        [sys.executable, "-c", begin + code, *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "proto")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def programs() -> Path:
    if shutil.which("osslsigncode") is None:
        pytest.skip("no signature is checked without osslsigncode")
    with alone("python") as cache:
        return made_python(cache)


@pytest.mark.parametrize(
    ("name", "signer"),
    [("python311.dll", "Python Software Foundation"), ("vcruntime140.dll", "Microsoft Corporation")],
)
def test_the_maker_of_a_program_is_known(programs, name, signer):
    assert build_says(SIGNED, programs / name).stdout == signer


@pytest.mark.parametrize("name", ["python3.dll", "vcruntime140.dll"])
def test_a_program_with_one_other_byte_is_nobodys(programs, name, tmp_path):
    contents = bytearray((programs / name).read_bytes())
    contents[0x1000] ^= 1
    changed = tmp_path / name
    changed.write_bytes(contents)

    assert "carries no valid signature" in build_says(SIGNED, changed).stderr


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("1.2.3", "1.2.3"), ("1.2.3.dev4", "1.2.3"), ("1.2.3rc1", "1.2.3"), ("10.20.30", "10.20.30")],
)
def test_windows_installer_is_told_three_numbers(version, numbers):
    assert build_says(NUMBERS, version).stdout == numbers


@pytest.mark.parametrize("version", ["1.2", "256.0.0", "1.2.65536", "dev"])
def test_a_version_that_it_would_not_take_is_refused(version):
    assert "Windows Installer takes three numbers" in build_says(NUMBERS, version).stderr


def test_byte_code_does_not_depend_on_the_process_that_makes_it():
    first, second = (build_says(COMPILED, seed=seed).stdout for seed in ("1", "2"))

    assert first == second
    assert [line.split()[0] for line in first.splitlines()] == ["a.pyc", "b.txt"]


def test_another_archive_than_pythons_embeddable_one_is_refused(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "deploy.windows", "--python", tmp_path / "python.zip", "--output", tmp_path / "out"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "expected the file python-3.11.N-embed-amd64.zip from python.org" in done.stderr


def test_a_signed_driver_without_its_catalog_is_refused(tmp_path, programs):  # noqa: ARG001 - Python comes first
    (tmp_path / "barwatch.sys").touch()
    (tmp_path / "barwatch.inf").touch()
    done = subprocess.run(
        [sys.executable, "-m", "deploy.windows", "--driver", tmp_path, "--output", tmp_path / "out"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "there is no barwatch.cat" in done.stderr
