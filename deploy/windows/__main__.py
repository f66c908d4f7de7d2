"""python -m deploy.windows: everything that is handed out for Windows, into one folder."""

import argparse
import hashlib
import shutil
import sys
from pathlib import Path

from deploy.windows import contents, msi
from deploy.windows.bytecode import Files
from deploy.windows.kept import ROOT, BuildError
from deploy.windows.product import Release
from deploy.windows.runtime import Runtime, runtime
from deploy.windows.tables import tables

from barwatch_proto.version import __version__

SUMS = "SHA256SUMS"
BRIDGES = "barwatch-bridges.inf"
NOT_RUN = Path(__file__).with_name("NOT-RUN.md")


def main(arguments: list[str]) -> int:
    """Build; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.windows", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "dist/windows")
    parser.add_argument("--python", type=Path, help="python.org's python-3.11.N-embed-amd64.zip")
    parser.add_argument("--driver", type=Path, help="folder of a signed driver: barwatch.sys, .inf and .cat")
    parser.add_argument("--version", default=__version__, help="another one than the code says: for tests of upgrades")
    options = parser.parse_args(arguments)
    try:
        build(options.output, runtime(options.python), contents.driver(options.driver), options.version)
    except BuildError as error:
        sys.stderr.write(f"barwatch: {error}\n")
        return 1
    return 0


def build(output: Path, python: Runtime, driver: Files, version: str) -> None:
    """Write the package, the driver's folder and their sums; say what they are."""
    agent = contents.agent(python)
    drivers = {f"driver/{name}": data for name, data in driver.items()}
    notes = _notes(python, driver)
    release = Release(version, _digest(agent | drivers, notes), " ".join(notes))
    shutil.rmtree(output, ignore_errors=True)
    (output / "driver").mkdir(parents=True)
    name = f"barwatch-agent-{version}-x64.msi"
    msi.write(output / name, agent, drivers, tables(release), release)
    for path, data in drivers.items():
        (output / path).write_bytes(data)
    _bridges(output / "driver-with-bridges", driver)
    shutil.copyfile(NOT_RUN, output / NOT_RUN.name)
    _sums(output, notes)
    size = (output / name).stat().st_size
    lines = [f"{output / name}: {size / 1e6:.1f} MB, {len(agent)} files of the agent", *notes]
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _bridges(folder: Path, driver: Files) -> None:
    """What is installed instead to look into bridges, too: a package, and so a catalog and a folder, of its own."""
    folder.mkdir()
    (folder / "barwatch.sys").write_bytes(driver["barwatch.sys"])
    shutil.copyfile(contents.DRIVER_SOURCES / BRIDGES, folder / BRIDGES)


def _notes(python: Runtime, driver: Files) -> list[str]:
    """What whoever hands it out should know, sentence by sentence."""
    origin = f"Python is from {python.origin}."
    tests = ["This package is for tests: for what is handed out give WINDOWS_PYTHON."] if python.is_for_tests else []
    signed = contents.CATALOG in driver
    unsigned = [] if signed else ["The driver is not signed, ADDLOCAL=ALL fails: give WINDOWS_DRIVER."]
    return [origin, *tests, *unsigned]


def _digest(files: Files, notes: list[str]) -> str:
    """Of everything that makes one package differ from another: its files, and the code that describes the rest."""
    digest = hashlib.sha256(repr(notes).encode())
    recipe = {path.name: path.read_bytes() for path in Path(__file__).parent.glob("*.py")}
    for path, data in sorted((files | recipe).items()):
        digest.update(f"{path} {hashlib.sha256(data).hexdigest()}\n".encode())
    return digest.hexdigest()


def _sums(output: Path, notes: list[str]) -> None:
    """As sha256sum -c takes it; it passes over lines that begin with #."""
    paths = sorted(path for path in output.rglob("*") if path.is_file())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(output).as_posix()}" for path in paths]
    text = "".join(f"{line}\n" for line in [*(f"# {note}" for note in notes), *sums])
    (output / SUMS).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
