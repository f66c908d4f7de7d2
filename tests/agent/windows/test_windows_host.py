"""The recorded Windows host: the same machine as the Linux one beside it, and the first symptom on it."""

import pytest
from tests.agent.windows.told_by_windows import ToldSource, devnodes
from tests.conftest import HOSTS, recorded_host

from barwatch_agent import recorded
from barwatch_agent.build import build_machine
from barwatch_agent.clock import SystemClock
from barwatch_agent.config import Config
from barwatch_agent.probe import look
from barwatch_agent.topology.linux import scan
from barwatch_agent.windows.facts import Refusal
from barwatch_agent.windows.kept import KeptSource, keep
from barwatch_proto.fingerprint import topology_fingerprint
from barwatch_proto.triage.classes import FailureClass
from barwatch_proto.words import State

NAME, LINUX = "windows-laptop-thunderbolt-box", "laptop-thunderbolt-box"
FOUNDING = HOSTS / "founding"
GPU = "0000:09:00.0"


@pytest.fixture
def machine(shared_host):
    """A machine on the recorded Windows host."""

    def build(**options):
        return build_machine(Config(sysfs=str(shared_host(NAME).sys), hostname="box", **options), SystemClock())

    return build


def gpu_route(topology):
    return next(route for route in topology.routes() if str(route[-1].address) == GPU)


def test_it_is_the_machine_that_linux_shows(machine, shared_host):
    windows, linux = machine().inventory.look().topology, scan(shared_host(LINUX), 0).topology

    assert [(f.address, f.key) for f in windows.functions] == [(f.address, f.key) for f in linux.functions]
    assert topology_fingerprint(gpu_route(windows)) == topology_fingerprint(gpu_route(linux))


def test_the_box_is_found_to_be_tunnelled_and_removable(machine):
    gpu = gpu_route(machine().inventory.look().topology)[-1]

    assert (gpu.is_tunnelled, gpu.is_removable) == (True, True)


def test_what_was_not_read_is_a_problem_and_not_a_fact(machine):
    """The policy of the driver grants the configuration spaces of the GPU's route and of no other."""
    topology = machine().inventory.look().topology
    asked = {f.address for f in topology.functions if any("was not read" in problem for problem in f.problems)}

    assert not asked & {f.address for f in gpu_route(topology)}
    assert all(not f.capabilities and f.aspm is None for f in topology.functions if f.address in asked)


def test_the_first_symptom_on_windows_gets_its_verdict(machine):
    made = machine(simulate=str(FOUNDING / "laptop.toml"), plan=(str(FOUNDING / "plan.toml"),))
    found = look(made.inventory, made.readers, made.locate, SystemClock(), made.second_look)

    assert {each.verdict.failure for each in found.judged} == {FailureClass.USER_MAPPING_ONLY}


def test_its_settings_are_those_of_a_protected_laptop(machine):
    settings = {each.name: each for each in machine().inventory.look().settings}
    on = ("secure_boot", "kernel_dma_protection", "iommu", "vbs", "hvci", "dma_remapping_opt_in")

    assert {settings[name].state for name in on} == {State.ON}
    assert settings["chassis"].value == "laptop"


def test_a_record_of_it_is_the_same_text(machine, tmp_path):
    host = recorded_host(NAME)
    made = machine()
    made.inventory.look()
    again = recorded.record(made.as_files(tmp_path), NAME, host.description)

    assert (
        recorded.dump(again.__class__(**{**fields(again), "source": host.source}))
        == (HOSTS / f"{NAME}.toml").read_text()
    )


def fields(host):
    return {name: getattr(host, name) for name in host.__slots__}


def test_what_is_kept_comes_back(shared_host, tmp_path):
    found = scan(shared_host("server-switches"), 0)
    told = {"secure_boot": b"\1\1", "tpm": Refusal(0x8028400F, "TBS"), "hyperv_guest": "secret".encode("utf-16-le")}
    source = ToldSource(devnodes(found.topology, found.states), told, b"0000:00:1c.0 3\n")
    keep(source, {source.nodes[0].instance_id: b"\x86\x80"}, tmp_path)
    kept = KeptSource(tmp_path)
    nodes, problems = kept.devices()

    assert not problems
    assert [(each.resources, each.status, each.problem) for each in nodes] == [
        (tuple(each.resources), each.status, each.problem) for each in sorted_as(source.nodes, nodes)
    ]
    assert kept.facts() == {**told, "hyperv_guest": b"", "pcie_corrected": b"0000:00:1c.0 3\n"}
    assert kept.config(kept_name(source.nodes[0], 0)) == b"\x86\x80"


def kept_name(node, number):
    return node.instance_id.rpartition("\\")[0] + f"\\{number:04}"


def sorted_as(nodes, names):
    by_name = {kept_name(node, number): node for number, node in enumerate(nodes)}
    return [by_name[each.instance_id] for each in names]


def test_no_instance_id_is_kept_since_it_may_hold_a_serial_number(shared_host, tmp_path):
    found = scan(shared_host("server-switches"), 0)
    keep(ToldSource(devnodes(found.topology)), {}, tmp_path)

    assert not [file for file in tmp_path.rglob("parent") if "4&1A2B3C4D" in file.read_text()]


def test_rubbish_in_a_kept_device_is_a_problem_of_it_alone(tmp_path):
    folder = tmp_path / "devices/PCI#VEN_8086&DEV_1901#0001"
    folder.mkdir(parents=True)
    for name, text in (("address", "uint32 many"), ("resources", "1 zz"), ("status", "?"), ("service", "string pci")):
        (folder / name).write_text(text)
    ((node,), _) = KeptSource(tmp_path).devices()

    assert list(node.properties) == ["service"]
    assert (node.resources, node.status, len(node.problems)) == (None, None, 2)
