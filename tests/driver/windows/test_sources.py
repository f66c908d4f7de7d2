"""The Windows driver's sources and what is built of them: nothing here runs it."""

import hashlib
import re
import shutil
import struct
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.driver.windows.exports import WINE, imports_of, sections_of, windows_exports, wine_exports
from tests.driver.windows.fixtures import HERE, SOURCES, make

from barwatch_agent.driver.abi import Command
from barwatch_agent.driver.windows import FOR_WRITING, control_code
from barwatch_agent.windows.driver_package import EXTENSION_ID
from barwatch_proto.version import __version__

# Imports that mingw-w64's import library lacks, and that Windows has all the same.
DOCUMENTED = {"MmMapIoSpaceEx"}  # wdm.h: Windows 10
# Imports that Wine 8 has no code for: called for a function, a page or an administrator only, and doubled in the tests.
NOT_IN_WINE = {
    "IoAttachDeviceToDeviceStackSafe",
    "MmMapIoSpaceEx",
    "PsDereferencePrimaryToken",
    "PsIsThreadTerminating",
    "PsReferencePrimaryToken",
    "SeTokenIsAdmin",
}


@pytest.fixture(scope="module")
def shipped(objects: Path) -> Path:
    """barwatch.sys as it is handed out, but for its signature."""
    return objects / "barwatch.sys"


def test_two_builds_are_the_same_bytes(shipped: Path, tmp_path: Path) -> None:
    """From another folder, at another time."""
    copy = shutil.copytree(SOURCES.parent, tmp_path / "elsewhere" / "driver")
    make(copy / "windows", f"BUILD={tmp_path / 'again'}")

    assert (tmp_path / "again/barwatch.sys").read_bytes() == shipped.read_bytes()


def test_no_page_is_writable_and_executable(shipped: Path) -> None:
    """What HVCI asks of an image: sections of whole pages, code read-only, and tables to unwind exceptions with."""
    sections = sections_of(shipped)
    optional = _optional_header(shipped)

    assert [name for name, flags in sections.items() if "CODE" in flags and "READONLY" not in flags] == []
    assert {".text", ".pdata", ".xdata", ".reloc"} <= set(sections)
    assert struct.unpack_from("<I", optional, 32)[0] == 0x1000  # SectionAlignment
    assert struct.unpack_from("<H", optional, 68)[0] == 1  # Subsystem: native
    assert struct.unpack_from("<H", optional, 70)[0] & 0x160 == 0x160  # high entropy, dynamic base, no execute


def _optional_header(image: Path) -> bytes:
    content = image.read_bytes()
    start = struct.unpack_from("<I", content, 0x3C)[0]
    return content[start + 24 :]


def test_the_checksum_is_right(shipped: Path) -> None:
    """Windows refuses a driver whose checksum is wrong (PE format, CheckSum)."""
    content = bytearray(shipped.read_bytes())
    at = struct.unpack_from("<I", content, 0x3C)[0] + 24 + 64
    said = struct.unpack_from("<I", content, at)[0]
    content[at : at + 4] = bytes(4)
    total = sum(struct.unpack(f"<{len(content) // 2}H", content))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)

    assert said == total + len(content)


def _lacking(imports: Mapping[str, frozenset[str]], exports: Callable[[str], frozenset[str]]) -> set[str]:
    return {name for library, names in imports.items() for name in names - exports(library)}


def test_windows_exports_what_the_driver_imports(shipped: Path) -> None:
    """Windows does not load a driver that imports what is not there."""
    imports = imports_of(shipped)

    assert set(imports) == {"ntoskrnl.exe", "hal.dll"}
    assert _lacking(imports, windows_exports) == DOCUMENTED


def test_wine_has_what_the_driver_imports_but_for_what_is_doubled(shipped: Path) -> None:
    """Wine ends the process of all drivers when a name without code is called."""
    if not WINE.exists():
        pytest.skip(f"{WINE} is not there (Debian: apt-get install wine64): Wine's exports were not compared")

    assert _lacking(imports_of(shipped), wine_exports) == NOT_IN_WINE


def test_what_is_tested_is_what_is_shipped(shipped: Path, tested_driver: Path) -> None:
    """The driver under test is the same objects; only where some imports come from differs."""
    tested = imports_of(tested_driver / "barwatch.sys")
    doubled = tested.pop("machine.dll")

    assert frozenset.union(*tested.values(), doubled) == frozenset.union(*imports_of(shipped).values())
    assert doubled >= NOT_IN_WINE


def test_no_driver_asks_for_ports_msrs_or_physical_memory(shipped: Path) -> None:
    """Configuration space by the bus driver alone; no write to it at all."""
    names = frozenset.union(*imports_of(shipped).values())
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCES.glob("*.[chS]"))

    assert not {name for name in names if re.search(r"Hal|MmMapIoSpace$|PhysicalMemory|WRITE_|READ_PORT", name)}
    assert not re.search(r"SetBusData|__readmsr|__writemsr|__outbyte|ZwMapViewOfSection", sources)


def test_only_a_write_build_knows_how_to_write(shipped: Path, writing_objects: Path, objects: Path) -> None:
    """Stores to a register are in one file, and the pages of another build are mapped read-only."""
    writers = [path.name for path in SOURCES.glob("*.c") if re.search(r"\*\(volatile __u\d+ \*\)", path.read_text())]

    assert writers == ["write.c"]
    assert shipped.read_bytes() != (writing_objects / shipped.name).read_bytes()
    assert not (objects / "write.o").exists()


def test_bars_are_found_whatever_windows_lists(compiled: Callable[..., Path]) -> None:
    """The arithmetic of bw_place.h, on Linux with sanitisers."""
    program = compiled(
        "gcc", HERE / "place.c", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"
    )
    done = subprocess.run([program], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_one_version_for_all() -> None:
    numbers = [int(number) for number in __version__.split(".")]
    resource = (SOURCES / "barwatch.rc").read_text(encoding="utf-8")

    assert resource.count(f'"{__version__}"') == 2
    assert resource.count(", ".join(map(str, [*numbers, 0]))) == 2
    for inf, last in (("barwatch.inf", 0), ("barwatch-bridges.inf", 1)):
        pattern = rf"^DriverVer *= *\d\d/\d\d/\d{{4}},{re.escape(__version__)}\.{last}$"
        assert re.search(pattern, (SOURCES / inf).read_text(), re.MULTILINE)


def test_the_agent_s_service_may_open_the_device() -> None:
    """A service's SID is S-1-5-80 and the SHA-1 of its name in capitals, in UTF-16."""
    numbers = struct.unpack("<5I", hashlib.sha1("barwatch-agent".upper().encode("utf-16-le")).digest())  # noqa: S324

    assert ", ".join(map(str, numbers)) in (SOURCES / "security.c").read_text(encoding="utf-8")


def test_python_and_c_mean_the_same_control_codes(compiled: Callable[..., Path], tmp_path: Path) -> None:
    """CTL_CODE as winioctl.h has it."""
    source = tmp_path / "codes.c"
    commands = ("INFO", "POLICY", "BARS", "READ", "CONFIG", "MAP", "WRITE")
    lines = "".join(f'printf("%u ", BW_IOCTL_{name});' for name in commands)
    source.write_text(
        "#include <stdio.h>\n#define _WIN32\n#define METHOD_BUFFERED 0\n#define FILE_READ_ACCESS 1\n"
        "#define FILE_WRITE_ACCESS 2\n#define CTL_CODE(type, function, method, access) \\\n"
        "\t((unsigned)((type) << 16 | (access) << 14 | (function) << 2 | (method)))\n"
        f'#include "barwatch_ioctl.h"\nint main(void)\n{{\n{lines}\nreturn 0;\n}}\n'
    )
    said = subprocess.run([compiled("gcc", source)], capture_output=True, text=True, check=True).stdout

    assert [int(number) for number in said.split()] == [control_code(number) for number in range(7)]
    assert control_code(Command.POLICY) == control_code(1)
    assert {1, 6} == FOR_WRITING


def test_the_project_for_visual_studio_builds_the_same_files() -> None:
    """Not run here: there is no WDK for Linux. The guard for exceptions is C there and assembly here."""
    project = (SOURCES / "barwatch.vcxproj").read_text(encoding="utf-8")
    listed = set(re.findall(r'(?:ClCompile|ResourceCompile|Inf|ClInclude) Include="([^"]+)"', project))
    wanted = {path.name for path in SOURCES.iterdir() if path.suffix in {".c", ".rc", ".inf", ".h"}}

    assert {name for name in listed if "\\" not in name} == wanted
    assert {name for name in listed if "\\" in name} == {
        r"..\include\barwatch_ioctl.h",
        r"..\common\bw_check.h",
        r"..\common\bw_info.h",
        r"..\common\bw_policy.h",
    }


@pytest.mark.parametrize("name", ["barwatch.inf", "barwatch-bridges.inf"])
def test_an_inf_adds_a_lower_filter_and_takes_nothing_over(name: str) -> None:
    """An extension, whose service is nobody's function driver (AddService without SPSVCINST_ASSOCSERVICE)."""
    inf = (SOURCES / name).read_text(encoding="utf-8")
    sections = set(re.findall(r"^\[([^\]]+)\]", inf, re.MULTILINE))

    assert "ClassGuid = {e2f84ce7-8efa-411c-aa69-97454ca4cb57}" in inf
    assert re.search(r"^ExtensionId = \{[0-9a-f-]{36}\}$", inf, re.MULTILINE)
    assert {"Install.NTamd64", "Install.NTamd64.Filters", "Install.NTamd64.Services", "Filter", "Service"} <= sections
    assert "AddFilter = barwatch,,Filter" in inf
    assert "FilterPosition = Lower" in inf
    assert re.search(r"^AddService = barwatch,(0x00000010)?,Service$", inf, re.MULTILINE)
    assert "ServiceBinary = %13%\\barwatch.sys" in inf


def _lines(name: str) -> list[str]:
    """Of an INF, without comments."""
    lines = (SOURCES / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(";")]


def test_two_infs_with_one_service_are_one_extension_of_which_windows_takes_the_one_with_the_bridges() -> None:
    """One service can have one image and one start type: whoever is put on a device last must be right for all.

    Of extensions with one ExtensionId a device gets one, by date and then version ("Using an Extension INF File").
    """
    plain, bridges = _lines("barwatch.inf"), _lines("barwatch-bridges.inf")

    assert [line for line in plain if line not in bridges] == [
        "CatalogFile = barwatch.cat",
        "DriverVer = " + _version(plain),
        "AddService = barwatch,0x00000010,Service",  # keeps the start type of a service that is there
        "StartType = 3",
    ]
    assert [line for line in bridges if line not in plain] == [
        "CatalogFile = barwatch-bridges.cat",
        "DriverVer = " + _version(bridges),
        r"%Function% = Install,PCI\CC_0604",
        "AddService = barwatch,,Service",
        "StartType = 0",
    ]
    assert _version(plain).split(",")[0] == _version(bridges).split(",")[0]
    assert f"ExtensionId = {EXTENSION_ID}" in plain


def _version(inf: list[str]) -> str:
    return next(line.removeprefix("DriverVer = ") for line in inf if line.startswith("DriverVer"))


def test_a_signature_for_testing_holds(shipped: Path, tmp_path: Path, tool: Callable[[str, str], str]) -> None:
    """`make signed` with a key of our own; Windows takes it in test-signing mode only."""
    tool("osslsigncode", "osslsigncode")
    tool("openssl", "openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=barwatch test", "-days", "2"]
    extension = ["-addext", "extendedKeyUsage=codeSigning", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*request, *extension], capture_output=True, check=True)
    build = tmp_path / "build"
    shutil.copytree(shipped.parent, build)
    make(SOURCES, "signed", f"BUILD={build}", f"KEY={key}", f"CERTIFICATE={certificate}")
    verify = ["osslsigncode", "verify", "-CAfile", certificate, "-in", build / "signed/barwatch.sys"]
    said = subprocess.run(verify, capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stdout + said.stderr
    assert sorted(path.name for path in (build / "signed").iterdir()) == ["barwatch.inf", "barwatch.sys"]
