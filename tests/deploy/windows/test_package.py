"""What is in the package: built twice the same, complete, and described to Windows Installer as it should be."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path, PureWindowsPath

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.deploy.windows.msi_tables import by, only, rows

ROOT = Path(__file__).parents[3]
WINDOWS = {
    "extra": "",
    "os_name": "nt",
    "platform_system": "Windows",
    "python_version": "3.11",
    "sys_platform": "win32",
}
BASIC = {  # what Windows 10 itself has
    *("advapi32", "bcrypt", "comctl32", "comdlg32", "credui", "crypt32", "dbghelp", "gdi32", "iphlpapi", "kernel32"),
    *("msvcrt", "netapi32", "ntdll", "ole32", "oleaut32", "pdh", "powrprof", "propsys", "rasapi32", "rpcrt4"),
    *("secur32", "setupapi", "shell32", "shlwapi", "user32", "userenv", "uxtheme", "version", "winhttp", "wininet"),
    *("winmm", "winspool.drv", "ws2_32", "wtsapi32", "mpr", "ktmw32", "cfgmgr32", "mswsock", "hid", "wldap32"),
    *("lz32", "msimg32", "ntdsapi", "oleacc", "sfc", "urlmon"),
}


@pytest.fixture(scope="session")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["msiextract", "-C", folder, package], capture_output=True, check=True)  # noqa: S607
    (installed,) = folder.rglob("barwatch-agent.exe")
    return installed.parent


def test_two_builds_are_the_same_bytes(build, handed_out):
    again = build()

    for path in sorted(handed_out.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(handed_out)).read_bytes(), path.name


def test_the_sums_are_of_all_that_is_there(handed_out):
    lines = (handed_out / "SHA256SUMS").read_text().splitlines()
    sums = dict(reversed(line.split("  ")) for line in lines if not line.startswith("#"))
    files = {path for path in handed_out.rglob("*") if path.is_file() and path.name != "SHA256SUMS"}

    assert sums == {
        path.relative_to(handed_out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def test_a_package_with_a_python_of_a_third_party_says_that_it_is_for_tests(handed_out, package):
    assert "for tests" in by(package, "Property", "Property")["ARPCOMMENTS"]["Value"]
    assert "for tests" in (handed_out / "SHA256SUMS").read_text()


def test_with_pythons_own_archive_and_a_catalog_it_is_for_everybody(build, handed_out, unpacked, tmp_path):
    others = shutil.ignore_patterns("pythoncom311.dll", "pywintypes311.dll")
    python = shutil.copytree(unpacked / "python", tmp_path / "python", ignore=others)
    archive = Path(shutil.make_archive(str(tmp_path / "python-3.11.9-embed-amd64"), "zip", python))
    signed = Path(shutil.copytree(handed_out / "driver", tmp_path / "driver"))
    (signed / "barwatch.cat").write_bytes(b"a catalog")

    made = build("--python", archive, "--driver", signed)

    comments = by(only(made), "Property", "Property")["ARPCOMMENTS"]["Value"]
    assert comments == "Python is from python.org's python-3.11.9-embed-amd64.zip."
    assert (made / "driver/barwatch.cat").read_bytes() == b"a catalog"
    assert "barwatch.cat" in {row["FileName"].rpartition("|")[2] for row in rows(only(made), "File")}


def test_another_version_is_another_product_that_replaces_this_one(package, newer):
    mine, other = (by(each, "Property", "Property") for each in (package, only(newer)))

    assert mine["UpgradeCode"] == other["UpgradeCode"]
    assert mine["ProductCode"] != other["ProductCode"]
    assert other["ProductVersion"]["Value"] == "0.250.0"


def test_the_state_goes_with_the_product_but_not_at_an_upgrade(package):
    conditions = {row["Action"]: row["Condition"] for row in rows(package, "InstallExecuteSequence")}

    assert conditions["RemoveState"] == 'REMOVE = "ALL" AND NOT UPGRADINGPRODUCTCODE AND NOT KEEPSTATE'
    assert "NOT UPGRADINGPRODUCTCODE" in conditions["RemoveDriver"]


def test_our_actions_come_at_their_time(package):
    at = {row["Action"]: int(row["Sequence"]) for row in rows(package, "InstallExecuteSequence")}

    assert at["AppSearch"] < at["RememberCollector"] < at["LaunchConditions"]
    assert at["InstallInitialize"] < at["StopAgent"] < at["StopServices"] < at["DeleteServices"] < at["RemoveDriver"]
    assert at["RemoveDriver"] < at["RemoveFiles"] < at["InstallFiles"] < at["TakeDriverBack"] < at["InstallDriver"]
    assert at["InstallDriver"] < at["InstallServices"] < at["MsiConfigureServices"] < at["StartServices"]
    assert at["StartServices"] < at["RemoveState"] < at["InstallFinalize"]


def test_actions_are_as_system_and_only_the_drivers_installation_may_fail_the_whole(package):
    kinds = {row["Action"]: int(row["Type"]) for row in rows(package, "CustomAction")}
    in_script_as_system = 0x400 | 0x800

    assert {name for name, kind in kinds.items() if kind & in_script_as_system != in_script_as_system} == {
        "RememberCollector"
    }
    assert {name for name, kind in kinds.items() if not kind & 0x40} == {"RememberCollector", "InstallDriver"}


def test_the_service_comes_back_after_any_end_that_nobody_asked_for(package):
    action = by(package, "CustomAction", "Action")["RestartAfterFailure"]
    numbers = {row["Action"]: int(row["Sequence"]) for row in rows(package, "InstallExecuteSequence")}
    settings = {row["ConfigType"]: row["Argument"] for row in rows(package, "MsiServiceConfig")}

    assert action["Target"].endswith("reset= 86400 actions= restart/5000/restart/60000/restart/600000")
    assert numbers["InstallServices"] < numbers["RestartAfterFailure"] < numbers["StartServices"]
    assert settings == {"4": "1", "7": "30000"}


def test_there_is_no_installation_without_the_service(package):
    (service,) = rows(package, "ServiceInstall")
    vital = 0x8000  # msidefs.h, msidbServiceInstallErrorControlVital

    assert int(service["ErrorControl"]) & vital


def test_the_state_folder_is_for_the_system_administrators_and_the_service(package):
    (access,) = rows(package, "MsiLockPermissionsEx")
    numbers = re.search(r"BW_SERVICE_NUMBERS (.*)", (ROOT / "driver/windows/security.c").read_text())
    assert numbers is not None
    service = "S-1-5-80-" + numbers[1].replace(", ", "-")

    assert access["SDDLText"] == f"O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;{service})"
    assert [row["Directory_"] for row in rows(package, "CreateFolder")] == [access["LockObject"]]


def test_nothing_is_given_from_a_users_side_but_what_is_listed(package):
    properties = by(package, "Property", "Property")

    assert properties["SecureCustomProperties"]["Value"].split(";") == [
        "COLLECTOR",
        "KEEPSTATE",
        "NEWERVERSION",
        "OLDERVERSION",
    ]
    assert properties["ALLUSERS"]["Value"] == "1"


def test_the_driver_is_a_feature_that_nobody_gets_unasked(package):
    levels = {row["Feature"]: row["Level"] for row in rows(package, "Feature")}

    assert levels == {"Agent": "1", "Driver": "2"}


def test_there_is_no_source_and_no_library_that_is_not_needed(unpacked):
    paths = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*")}

    assert not [path for path in paths if path.endswith((".py", ".chm")) or "__pycache__" in path]
    assert not [
        path
        for path in paths
        if re.search(r"pythonwin|isapi|adodbapi|/[Dd]emos|tcl86", path)
        if "dist-info" not in path
    ]


def test_every_distribution_brings_its_licence(unpacked):
    for folder in (unpacked / "lib").glob("*.dist-info"):
        assert [path for path in folder.rglob("*") if "LICENSE" in path.name.upper()] or "License" in (
            folder / "METADATA"
        ).read_text(encoding="utf-8"), folder.name


def test_every_library_that_is_loaded_is_in_the_package_or_part_of_windows(unpacked):
    binaries = [path for path in unpacked.rglob("*") if path.suffix in {".exe", ".dll", ".pyd"}]
    ours = {path.name.lower() for path in binaries}
    missing = {
        (path.name, needed)
        for path in binaries
        for needed in _imports(path)
        if needed not in ours | BASIC and PureWindowsPath(needed).stem not in BASIC and not needed.startswith("api-ms-")
    }

    assert missing == set()


def _imports(program: Path) -> list[str]:
    done = subprocess.run(
        ["x86_64-w64-mingw32-objdump", "-p", program],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    return [name.lower() for name in re.findall(r"DLL Name: (\S+)", done.stdout)]


def test_every_requirement_of_what_is_in_it_is_in_it(unpacked):
    there = {path.name.partition("-")[0].replace("_", "-").lower() for path in (unpacked / "lib").glob("*.dist-info")}
    wanted = {
        canonicalize_name(requirement.name)
        for path in (unpacked / "lib").glob("*.dist-info/METADATA")
        for requirement in map(Requirement, re.findall(r"(?m)^Requires-Dist: (.*)$", path.read_text(encoding="utf-8")))
        if requirement.marker is None or requirement.marker.evaluate(WINDOWS)
    }

    assert wanted <= there
