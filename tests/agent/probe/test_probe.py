"""One look at one machine: what people see, what programs get, and what an ordinary user is told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from barwatch_agent.probe_report import as_json
from barwatch_proto.codec import decode, encode
from barwatch_proto.snapshot import Snapshot

REAL_PCI = Path("/sys/bus/pci/devices").is_dir()
HOSTS = ("desktop-gpu-slot", "laptop-thunderbolt-box-all-ones", "ordinary-user", "server-switches", "this-vm")


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "barwatch_agent", *arguments], capture_output=True, text=True, check=False, **options
    )


def test_the_json_says_what_the_screen_says(host, looked):
    found = looked(host("laptop-thunderbolt-box-all-ones"), "laptop")
    document = json.loads(json.dumps(as_json(found)))
    failed = [read for read in document["reads"] if read["outcome"] == "all_ones"]

    assert document["host"]["hostname"] == "laptop"
    assert [(read["register"], read["access"], read["value"]) for read in failed] == [
        ("nvidia.pmc_boot_0", "user", "0xffffffff")
    ]
    assert document["snapshot_id"] == found.snapshot.id
    assert len({function["topology_fingerprint"] for function in document["topology"]["functions"]}) > 10


def test_equal_topologies_have_equal_fingerprints_whatever_the_addresses(host, looked):
    one, other = (looked(host(name), "h") for name in ("desktop-gpu-slot", "desktop-other-slot"))
    prints = [sorted(found.fingerprints().values()) for found in (one, other)]
    addresses = [{str(function.address) for function in found.snapshot.topology.functions} for found in (one, other)]

    assert prints[0] == prints[1]
    assert addresses[0] != addresses[1]


@pytest.mark.parametrize("name", HOSTS)
def test_a_snapshot_has_the_same_name_on_both_ends_of_the_wire(host, looked, name):
    snapshot = looked(host(name), name).snapshot

    assert decode(Snapshot, encode(snapshot)) == snapshot
    assert decode(Snapshot, encode(snapshot)).id == snapshot.id


def test_the_same_card_in_a_box_is_another_topology(host, looked):
    prints = [
        {found.fingerprints()[each.address] for each in found.snapshot.topology.functions if each.vendor == 0x10DE}
        for found in (looked(host("desktop-gpu-slot"), "d"), looked(host("laptop-thunderbolt-box"), "l"))
    ]

    assert prints[0].isdisjoint(prints[1])


def test_a_function_that_vanishes_during_the_look_costs_only_itself(host, looked):
    roots = host("desktop-gpu-slot")
    whole = looked(roots, "h")
    victim = next(function for function in whole.snapshot.topology.functions if function.class_code >> 8 == 0x0108)
    link = roots.sys / "bus/pci/devices" / str(victim.address)
    link.resolve().rename(roots.sys / "gone")

    rest = looked(roots, "h")

    assert len(rest.snapshot.topology.functions) == len(whole.snapshot.topology.functions) - 1
    assert str(victim.address) in " ".join(rest.snapshot.topology.problems)


@pytest.mark.skipif(not REAL_PCI, reason="this machine has no /sys/bus/pci")
def test_the_command_works_on_this_machine():
    done = command("probe")

    assert done.returncode == 0, done.stderr
    assert "Reads" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.skipif(not REAL_PCI, reason="this machine has no /sys/bus/pci")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become an ordinary user")
def test_the_command_works_for_an_ordinary_user_and_says_what_could_not_be_read():
    python = next(filter(usable_by_nobody, (sys.executable, "/usr/bin/python3.11", "/usr/bin/python3")), None)
    if python is None:
        pytest.skip("no Python here that the user nobody can run with barwatch's packages")

    document = json.loads(as_nobody(python, PROBE_JSON).stdout)

    assert any("64 of 256 bytes" in entry["reason"] for entry in document["unread"])
    assert {read["outcome"] for read in document["reads"] if read["access"] == "config"} == {"ok"}


PROBE_JSON = "import sys; from barwatch_agent.__main__ import entry; sys.argv[1:] = ['probe', '--json']; entry()"


def as_nobody(python, program):
    """A Python program run by an ordinary user, with our packages."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", f"PYTHONPATH={path}", "HOME=/"]
    return subprocess.run([*command, python, "-c", program], capture_output=True, text=True, check=False, cwd="/")


def usable_by_nobody(python):
    return as_nobody(python, "import barwatch_agent.build").returncode == 0


def test_a_machine_without_pci_is_an_error_that_says_what_to_do(tmp_path):
    done = command("probe", "--sysfs", str(tmp_path / "sys"))

    assert done.returncode == 2
    assert done.stderr.startswith("barwatch-agent: ")
    assert "bus/pci/devices: not there; is this a machine with PCI, and is --sysfs right?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_plan_is_an_error_with_file_line_and_reason(tmp_path):
    plan = tmp_path / "mine.toml"
    plan.write_text('[[register]]\nname = "gpu.scratch"\nwidth = 3\n')
    done = command("probe", "--plan", str(plan))

    assert done.returncode == 2
    assert "mine.toml:" in done.stderr
    assert "Traceback" not in done.stderr


def test_simulated_registers_stand_in_for_real_ones(host, looked, tmp_path):
    simulation = tmp_path / "simulation.toml"
    roots = host("desktop-gpu-slot")
    found = looked(roots, "h")
    address = next(str(f.address) for f in found.snapshot.topology.functions if f.vendor == 0x10DE)
    simulation.write_text(
        f'[[register]]\naddress = "{address}"\nbar = 0\noffset = 0\nvalue = 0xffffffff\naccess = ["user"]\n'
        f'[[register]]\naddress = "{address}"\nbar = 0\noffset = 0\nvalue = 0x134000a1\naccess = ["kernel"]\n'
    )
    found = looked(roots, "h", simulate=str(simulation))
    gpu = {
        read.access.value: read.outcome.value
        for read in found.reads
        if read.target.register.name == "nvidia.pmc_boot_0"
    }

    assert gpu == {"kernel": "ok", "user": "all_ones"}
