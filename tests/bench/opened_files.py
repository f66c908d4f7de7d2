"""Prints as JSON which files and folders a look at a machine opens: ``python -m tests.bench.opened_files SYSFS``."""

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from barwatch_agent.roots import Roots
from barwatch_agent.settings import read_settings
from barwatch_agent.topology.linux import scan


@dataclass(frozen=True, slots=True)
class Opened:
    """In their order, each as often as it was opened, missing ones included."""

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """An audit event of Python (docs.python.org, Audit events table)."""
        if event in {"open", "os.listdir", "os.scandir"} and isinstance(arguments[0], str | bytes | os.PathLike):
            (self.files if event == "open" else self.folders).append(os.fsdecode(arguments[0]))


def main() -> None:
    """Look once to import everything, and once more to listen."""
    roots = Roots.beside(Path(sys.argv[1]))
    read_settings(roots)
    scan(roots, 0)
    opened = Opened()
    sys.addaudithook(opened.hear)
    scan(roots, 0)
    read_settings(roots)
    found = asdict(opened)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
