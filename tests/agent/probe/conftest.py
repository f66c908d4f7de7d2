"""Looks at recorded machines, and screens of them."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from barwatch_agent.build import build_machine
from barwatch_agent.clock import SystemClock
from barwatch_agent.config import Config
from barwatch_agent.probe import Look, look
from barwatch_agent.probe_report import show
from barwatch_agent.roots import Roots

FOUNDING = Path(__file__).parents[2] / "hosts/founding"


@pytest.fixture
def looked() -> Callable[..., Look]:
    """One look: ``looked(roots, "laptop", simulate="...")``."""

    def take(roots: Roots, name: str, **options: object) -> Look:
        clock = SystemClock()
        machine = build_machine(Config(sysfs=str(roots.sys), hostname=name, **options), clock)
        try:
            return look(machine.inventory, machine.readers, machine.locate, clock, machine.second_look)
        finally:
            for reader in machine.readers:
                reader.close()

    return take


@pytest.fixture
def founding(host, looked) -> Callable[[str], Look]:
    """The first symptom: ``desktop``, ``laptop``, and ``laptop-moved``, where the BAR moved under the mapping."""

    def take(name: str) -> Look:
        roots = host("desktop-gpu-slot" if name == "desktop" else "laptop-thunderbolt-box")
        plan, simulation = str(FOUNDING / "plan.toml"), str(FOUNDING / f"{name}.toml")
        return looked(roots, name, plan=(plan,), simulate=simulation)

    return take


@pytest.fixture
def screen() -> Callable[..., str]:
    """The page as a terminal of that width shows it, without colours."""

    def draw(found: Look, width: int = 100, *, is_whole: bool = False) -> str:
        text = io.StringIO()
        terminal = Console(
            file=text, width=width, force_terminal=True, color_system=None, highlight=False, markup=False
        )
        show(found, terminal, is_whole=is_whole)
        return trimmed(text.getvalue())

    return draw


def trimmed(text: str) -> str:
    """Without the blanks that a terminal does not show."""
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
