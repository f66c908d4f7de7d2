"""A plan of a hundred registers by each of two accesses, once a second each, and nothing else.

They are on the four GPUs and the 32 drives of the generated machine: nine and two registers each, by ``user`` in BAR 0
and by ``config`` at the same offsets. The built-in registers would come on top, and their number changes with the
library, so each is replaced by one that no function has.
"""

from pathlib import Path

from barwatch_agent.plan.library import built_in

SERIES = 200
GPU, DRIVE, NOTHING = "vendor = 0x10de", "vendor = 0x8086\ndevice = 0x0953", "vendor = 0xfffe"
REGISTERS = [*((GPU, 4 * number) for number in range(9)), (DRIVE, 0x0), (DRIVE, 0x8)]
FAILING_OFFSET = 0x8  # in BAR 0 of one GPU, where a bench wants one series to fail


def write_plan(folder: Path) -> Path:
    """The plan as a file in the folder."""
    tables = [_table(register.name, NOTHING, 0, "config = true") for register in built_in()]
    for number, (match, offset) in enumerate(REGISTERS):
        tables.append(_table(f"bench.user_{number}", match, offset, 'bar = 0\naccess = ["user"]'))
        tables.append(_table(f"bench.config_{number}", match, offset, "config = true"))
    file = folder / "plan.toml"
    file.write_text("\n".join(tables))
    return file


def _table(name: str, match: str, offset: int, space: str) -> str:
    said = f'name = "{name}"\nsummary = "For measuring."\nsource = "A generated file."\nside_effect_free = true'
    return f"[[register]]\n{said}\n{match}\n{space}\noffset = {offset:#x}\nwidth = 4\n"
