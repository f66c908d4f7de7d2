"""What the administrator of a host hands to its agent and its driver: the plan, and the policy made from it."""

import subprocess
import sys
from pathlib import Path

from tests.lab.hosts import Host

POLICY = (sys.executable, "-m", "barwatch_agent", "policy")
PLAN = Path(__file__).parent / "plan.toml"

REPEATED = """
[[register]]
name = "panel.repeated_{number:03}"
summary = "panel.status under another name"
source = "tests/lab/devices.py"
side_effect_free = true
vendor = 0x1af4
device = 0x1110
bar = 2
offset = 0x1f380
width = 4
expect = 0x7666
every = "2s"
"""


def write_plan(host: Host, folder: Path) -> Path:
    """The lab's plan, and the registers that a host repeats."""
    repeated = [
        REPEATED.format(number=number) for function in host.function for number in range(function.repeated_registers)
    ]
    file = folder / "plan.toml"
    file.write_text(PLAN.read_text() + "".join(repeated))
    return file


def make_policy(host: Host, plan: Path, folder: Path) -> Path:
    """What the agent's command makes of the plan, on a machine without functions: an administrator's desk.

    Registers whose place only the function itself can tell are left out of it.

    Raises:
        RuntimeError: the command says no.
    """
    (folder / "desk/sys/bus/pci/devices").mkdir(parents=True)
    file = folder / "policy.toml"
    options = ["--sysfs", str(folder / "desk/sys"), "--plan", str(plan), "--output", str(file), "--map"]
    command = [*POLICY, "make", *options, *["--shared"] * host.is_shared]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"{' '.join(command)}:\n{done.stderr}"
        raise RuntimeError(msg)
    return file
