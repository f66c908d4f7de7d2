"""The module's sources: they build without a warning, and read as the kernel's own do."""

import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.lab.parts import Kernel, newest_kernel

from barwatch_proto.version import __version__

SOURCE_ARCHIVE = Path("/usr/src/linux-source-6.1.tar.xz")  # Debian: linux-source
COMPLAINT = re.compile(r"warning|error", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Build:
    """The module, built, and what make had to say."""

    folder: Path
    said: str
    is_special: bool


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    found = newest_kernel()
    if found is None:
        pytest.skip("no kernel to build against (Debian: apt-get install linux-image-amd64 linux-headers-amd64)")
    return found


@pytest.fixture(scope="module", params=["", "BARWATCH_WRITE=1 BARWATCH_BENCH=1"], ids=["plain", "special"])
def build(
    request: pytest.FixtureRequest,
    driver: Path,
    kernel: Kernel,
    tool: Callable[[str, str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Build:
    """Built with the compiler's extra warnings (W=1) and sparse on every file (C=2)."""
    tool("sparse", "sparse")
    copy = shutil.copytree(driver, tmp_path_factory.mktemp("build") / "driver")
    command = ["make", "-C", copy / "linux", f"KDIR={kernel.build}", "W=1", "C=2", *request.param.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Build(copy / "linux", done.stdout + done.stderr, is_special=bool(request.param))


def test_the_module_builds_without_a_warning(build: Build) -> None:
    assert build.said.count("CHECK") >= len(list(build.folder.glob("barwatch_*.c"))) - 2
    assert [line for line in build.said.splitlines() if COMPLAINT.search(line)] == []


def test_only_a_write_build_knows_how_to_write(build: Build) -> None:
    """MMIO writes are inline, so what is compared is the code that leads to them: it is in one file."""
    module = (build.folder / "barwatch.ko").read_bytes()
    writers = [
        source.name
        for source in build.folder.glob("*.c")
        if re.search(r"\b(write[bwlq]|iowrite\w+|pci_write_config\w*|pci_user_write\w*)\(", source.read_text())
    ]

    assert writers == ["barwatch_write.c"]
    assert b"bw_read_batch" in module
    assert (b"bw_write_register" in module) == (b"bw_bench_loop" in module) == build.is_special


@pytest.fixture(scope="module")
def checkpatch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kernel's own reader of style."""
    if not SOURCE_ARCHIVE.exists():
        pytest.skip(f"{SOURCE_ARCHIVE} is not there (Debian: apt-get install linux-source): style was not checked")
    folder = tmp_path_factory.mktemp("checkpatch")
    wanted = {"checkpatch.pl", "spelling.txt", "const_structs.checkpatch"}
    with tarfile.open(SOURCE_ARCHIVE) as archive:
        archive.extractall(folder, members=_members(archive, wanted), filter="data")
    return next(folder.rglob("checkpatch.pl"))


def _members(archive: tarfile.TarFile, wanted: set[str]) -> Iterator[tarfile.TarInfo]:
    missing = set(wanted)
    for member in archive:
        name = Path(member.name)
        if name.parent.name == "scripts" and name.name in missing:
            yield member
            missing.discard(name.name)
            if not missing:
                return


def test_the_sources_read_as_the_kernel_s_own(checkpatch: Path, driver: Path) -> None:
    """checkpatch --strict has nothing to say."""
    sources = sorted(path for folder in ("include", "common", "linux") for path in (driver / folder).glob("*.[ch]"))
    command = ["perl", checkpatch, "--no-tree", "--strict", "--terse", "--no-summary", "-f", *sources]
    done = subprocess.run(command, cwd=checkpatch.parent, capture_output=True, text=True, check=False)

    assert done.stdout == ""


def test_one_version_for_all(driver: Path) -> None:
    """What the agent says, what the module says, what DKMS says, what INFO says."""
    numbers = [int(number) for number in __version__.split(".")]
    main = (driver / "linux/barwatch_main.c").read_text(encoding="utf-8")
    info = (driver / "common/bw_info.h").read_text(encoding="utf-8")

    assert f'PACKAGE_VERSION="{__version__}"' in (driver / "linux/dkms.conf").read_text(encoding="utf-8")
    assert f'MODULE_VERSION("{__version__}")' in main
    assert "#define BW_VERSION_NUMBER ({} << 16 | {} << 8 | {})".format(*numbers) in info


def test_dkms_finds_all_that_it_builds(driver: Path, kernel: Kernel, tmp_path: Path) -> None:
    """`make dkms` lays the sources where DKMS looks; its own command builds them there."""
    subprocess.run(["make", "-s", "-C", driver / "linux", "dkms", f"DESTDIR={tmp_path}"], check=True)
    [folder] = (tmp_path / "usr/src").iterdir()
    settings = dict(re.findall(r'^(\S+?)="(.*)"$', (folder / "dkms.conf").read_text(encoding="utf-8"), re.MULTILINE))
    command = settings["MAKE[0]"].replace("${kernel_source_dir}", str(kernel.build))
    subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, check=True)

    assert folder.name == f"{settings['PACKAGE_NAME']}-{settings['PACKAGE_VERSION']}"
    assert (folder / settings["BUILT_MODULE_LOCATION[0]"] / f"{settings['BUILT_MODULE_NAME[0]']}.ko").exists()
