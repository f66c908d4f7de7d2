"""`python -m tests.lab.fleet`: boots every host of the founding case in QEMU and writes what its agent recorded."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track
from tests.lab.fleet.members import Member, members
from tests.lab.fleet.taking import taken
from tests.lab.guest import GuestError
from tests.lab.parts import CHECKOUT, built_parts

from barwatch_agent.recorded import dump

RECORDINGS = CHECKOUT / "tests/hosts/fleet"
console = Console(stderr=True, highlight=False)


def main() -> int:
    """Exit code: 0 when every host was recorded, 1 when one was not."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the guest is ended
    wanted = [member for member in members() if not asked.only or member.name in asked.only]
    with tempfile.TemporaryDirectory(prefix="barwatch-fleet-") as folder:
        try:
            problems = _record(wanted, Path(folder), asked.output)
        except RuntimeError as error:
            problems = [str(error)]
        except KeyboardInterrupt:
            return 130
    for problem in problems:
        console.print(problem, style="red", markup=False)
    return 1 if problems else 0


def _arguments() -> argparse.Namespace:
    names = [member.name for member in members()]
    parser = argparse.ArgumentParser(prog="python -m tests.lab.fleet", description=__doc__)
    parser.add_argument("--only", choices=names, action="append", help="this host; all when left out")
    parser.add_argument("--output", type=Path, default=RECORDINGS, help="folder; tests/hosts/fleet when left out")
    return parser.parse_args()


def _record(wanted: Sequence[Member], folder: Path, output: Path) -> list[str]:
    """What went wrong at which host; the others are recorded."""
    parts, problems = built_parts(folder), []
    output.mkdir(parents=True, exist_ok=True)
    for member in track(wanted, "recording", console=console):  # one guest at a time: each takes a CPU
        own = folder / member.name
        own.mkdir()
        try:
            text = dump(taken(member, parts, own))
        except GuestError as error:
            problems.append(str(error))
            console.print(f"{member.name}: it did not work", style="red")
            continue
        (output / f"{member.name}.toml").write_text(text, encoding="utf-8", newline="\n")
        console.print(f"{member.name}: {member.summary}, {len(text) >> 10} KiB", markup=False)
    return problems


if __name__ == "__main__":
    sys.exit(main())
