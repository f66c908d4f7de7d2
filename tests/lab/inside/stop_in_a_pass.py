"""Runs in the guest: stops the agent's mapping process in the middle of a batch, runs a command, and lets it go on.

    stop_in_a_pass.py REGISTERS COMMAND

REGISTERS is how many of a batch belong to the function that the command is about; fewer than OTHERS come before them.
The process makes one write system call for each answer, so proc(5) io tells how far it is.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PATIENCE_S = 60
OTHERS = 20  # more answers than these, and the batch has come to the function
IDLE_S = 0.05  # no answer for so long: between two batches


def mapping_process() -> int:
    """The process id."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"mapping_process.py" in (folder / "cmdline").read_bytes():
                return int(folder.name)
        except OSError:
            continue
    sys.exit("there is no mapping process")


def answers(process: int) -> int:
    """How many it has given in its life."""
    text = Path(f"/proc/{process}/io").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("syscw:"))


def wait_for_the_middle(process: int) -> int:
    """Until a batch has come to the function; how many answers there were before this batch."""
    deadline = time.monotonic() + PATIENCE_S
    before = latest = answers(process)
    latest_at = time.monotonic()
    while time.monotonic() < deadline:
        now = answers(process)
        if now - before > OTHERS:
            return before
        if now != latest:
            latest, latest_at = now, time.monotonic()
        elif time.monotonic() - latest_at > IDLE_S:
            before = now
    sys.exit(f"no batch of more than {OTHERS} registers within {PATIENCE_S} s")


def main() -> None:
    """As the module says."""
    registers, command = int(sys.argv[1]), sys.argv[2]
    process = mapping_process()
    given = registers
    while given >= registers:  # stopped when the batch was just done
        before = wait_for_the_middle(process)
        os.kill(process, signal.SIGSTOP)
        time.sleep(IDLE_S)
        given = answers(process) - before
        if given < registers:
            subprocess.run(["/bin/bash", "-c", command], check=True)
        os.kill(process, signal.SIGCONT)


if __name__ == "__main__":
    main()
