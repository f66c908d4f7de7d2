"""One host of the fleet as a recorded host: a guest boots, its agent records it, and meanwhile something happens."""

import dataclasses
import shlex
import sys
from pathlib import Path

from tests.lab.fleet.members import CARD, Member
from tests.lab.guest import PLAN, Guest, GuestError
from tests.lab.parts import Parts

from barwatch_agent import recorded
from barwatch_agent.recorded import RecordedHost

SOURCE = "A guest of QEMU, recorded by the agent that ran in it; tests/lab/fleet has the guest and what happened in it."
GOOD_S = 3  # before the fault
FAULT_S = 6  # of a fault that ends
SECONDS = {  # of reads
    None: 15,
    "moved": 15,
    "deaf": 24,  # after a fault that ends the agent tries ever less often
}
BAR = 2  # of the card
FILE, LOG, CODE = "/run/host.toml", "/run/record.log", "/run/record.code"
MOVE = "/sys/module/lab_faults/parameters/move"
IS_MAPPED = "grep -qs {file} /proc/[0-9]*/maps"


def taken(member: Member, parts: Parts, folder: Path) -> RecordedHost:
    """The host as its own agent recorded it.

    Raises:
        GuestError: something did not work in the guest.
    """
    guest = Guest(member.host(), parts, folder)
    try:
        guest.wait_until_up()
        _start_recording(guest, _seconds(member))
        _play(member, guest)
        text = _finished(guest)
        if complaints := guest.complaints():
            raise GuestError("\n".join((f"{member.name}: the kernel complained:", *complaints)))
    finally:
        guest.end()
    file = folder / "host.toml"
    file.write_text(text)
    return dataclasses.replace(recorded.load(file), description=member.summary, source=SOURCE)


def _seconds(member: Member) -> int:
    """Of reads. A mapping that is taken back costs one read, which among so many makes no failing host."""
    return 40 if member.line.user_mapping == "driver" else SECONDS[member.line.fault]


def _start_recording(guest: Guest, seconds: int) -> None:
    options = ["--seconds", str(seconds), "--plan", PLAN, "--hostname", guest.name]
    mapping = ["--user-mapping", guest.host.user_mapping]
    command = shlex.join([sys.executable, "-m", "barwatch_agent", "record", FILE, *options, *mapping])
    guest.run(f"cd /; ({command}; echo $? >{CODE}) >{LOG} 2>&1 </dev/null &")


def _play(member: Member, guest: Guest) -> None:
    """What happens to the card, some good reads after its BAR was mapped."""
    if member.line.fault is None:
        return
    address = guest.address(CARD)
    file = "/dev/barwatch" if member.line.user_mapping == "driver" else f"{address}/resource{BAR}"
    guest.run(f"until {IS_MAPPED.format(file=file)}; do sleep 0.1; done; sleep {GOOD_S}")
    if member.line.fault == "moved":
        guest.run(f"echo '{address} {BAR}' >{MOVE}")
    else:
        guest.run(f"setpci -s {address} COMMAND=0:2; sleep {FAULT_S}; setpci -s {address} COMMAND=2:2")


def _finished(guest: Guest) -> str:
    """What the agent wrote."""
    code = guest.run(f"until [ -s {CODE} ]; do sleep 0.1; done; cat {CODE}").strip()
    if code != "0":
        msg = f"{guest.name}: barwatch-agent record: exit code {code}\n{guest.run(f'cat {LOG}')}"
        raise GuestError(msg)
    return guest.run(f"cat {FILE}")
