"""What the deployed files set is what the programs read: a misspelt variable is silently the default."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from barwatch_agent import config as agent_config
from barwatch_collector import config as collector_config

FILES = ("systemd/*.service", "systemd/*.conf", "systemd/*.env", "docker/Dockerfile", "docker/compose.yaml")
ASSIGNMENT = re.compile(r"(BARWATCH_(?:AGENT|COLLECTOR)_[A-Z_]+)(?:=|: )(\S+)")


class Environ(Mapping[str, str]):
    """An environment that knows what it was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values_by_name = dict(values)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(())  # nobody may find a name by looking around

    def __len__(self) -> int:
        return 0


def assigned(deploy: Path, program: str) -> dict[str, str]:
    """Variables of a program and a value that a file gives them."""
    texts = [file.read_text(encoding="utf-8") for pattern in FILES for file in deploy.glob(pattern)]
    found = {name: value for text in texts for name, value in ASSIGNMENT.findall(text)}
    return {name: value for name, value in found.items() if name.startswith(f"BARWATCH_{program}_")}


def test_the_agent_reads_what_its_files_set(deploy: Path) -> None:
    environ = Environ(assigned(deploy, "AGENT"))
    agent_config.load({}, environ, None)

    assert len(environ.values_by_name) >= 3
    assert set(environ.values_by_name) - environ.asked == set()


def test_the_collector_reads_what_its_files_set(deploy: Path) -> None:
    environ = Environ(assigned(deploy, "COLLECTOR"))
    collector_config.load_config({}, environ)

    assert len(environ.values_by_name) >= 4
    assert set(environ.values_by_name) - environ.asked == set()
