"""The agent as it is, in real CPython for Windows, on devices that a cfgmgr32.dll of our own tells: see devices/."""

import json

import pytest
from tests.agent.windows.conftest import INSIDE
from tests.agent.windows.devices import told
from tests.agent.windows.fake_cfgmgr import FakeConfigManager
from tests.agent.windows.inside import founding
from tests.agent.windows.told_by_windows import devnodes
from tests.conftest import HOSTS
from tests.driver.windows.fixtures import windows_path
from tests.driver.windows.wine import ROOT, alone, made_python

from barwatch_agent.topology.linux import scan
from barwatch_agent.topology.windows import WindowsScanner
from barwatch_agent.windows.calls import Libraries
from barwatch_agent.windows.facts import Refusal
from barwatch_agent.windows.live import LiveSource
from barwatch_proto.plain import to_plain

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(600)]
PROBE = ("-m", "barwatch_agent", "probe", "--json")
FOUNDING = (*PROBE, "--plan", windows_path(HOSTS / "founding/plan.toml"))
GPU = "0000:03:00.0"  # of the laptop
FAILURE = "answers CONFIGRET 0x13"


@pytest.fixture(scope="module")
def program_folder(wine, windows_python, configuration_manager, tmp_path_factory):  # noqa: ARG001 - is fetched
    """Python for Windows with our library beside it: links to the one that all tests share."""
    folder = tmp_path_factory.mktemp("python")
    with alone("python") as cache:
        for entry in made_python(cache).iterdir():
            (folder / entry.name).symlink_to(entry)
    with told.installed(wine.run, configuration_manager, folder):
        yield folder


@pytest.fixture(scope="module")
def python(wine, program_folder, windows_packages):
    """Runs it to its end: ``python("-m", "barwatch_agent")`` is the exit code and what was printed."""
    paths = ";".join(map(windows_path, (ROOT / "agent", ROOT / "proto", ROOT, windows_packages)))

    def run(*arguments):
        done = wine.run(program_folder / "python.exe", *arguments, PYTHONPATH=paths, PYTHONUTF8="1")
        assert done.returncode in {0, 1}, done.stdout + done.stderr
        return done.returncode, json.loads(done.stdout or "null")

    return run


def through_the_fake(nodes):
    """The topology of the same devices, as told by a configuration manager in Python."""
    libraries = Libraries(FakeConfigManager(nodes).library, None, None)
    source = LiveSource(libraries, lambda *_: Refusal(0), lambda: Refusal(0))
    return to_plain(WindowsScanner(source, lambda *_: {}, lambda: 0).scan().topology)


@pytest.mark.parametrize("name", ["laptop-thunderbolt-box", "server-switches"])
def test_the_library_tells_what_the_fake_in_python_tells(name, shared_host, python, program_folder):
    found = scan(shared_host(name), 0)
    nodes = devnodes(found.topology, found.states)
    told.tell(program_folder, nodes)
    _, document = python(*PROBE)
    seen = document["topology"]
    for function in seen["functions"]:
        del function["topology_fingerprint"]

    assert seen == through_the_fake(nodes)


def test_the_library_answers_as_windows_does_while_devices_come_and_go(python):
    """Of a file that is rubbish nobody may learn that the machine has no devices."""
    _, said = python(INSIDE / "answers.py")
    bridge, gpu = said["all"]

    assert said == {
        "none": [],
        "all": [bridge, gpu],
        "of another enumerator": [],
        "a list that is short": 0x1A,
        "status": [0x180200A, 0],
        "a property": [0, 7, 4],
        "one that does not fit": [0x1A, 7, 4],
        "one that it does not have": [0x25, 0, 0],
        "resources": [[1, 32], [7, 32], [1, 32]],
        "one is pulled": [bridge],
        "what is gone": ["the device is gone", "the device is gone"],
        "it is back": [True, True],
        "empty": [[0, 0x12, 0], []],
        **dict.fromkeys(("half a line", "rubbish", "no device"), f"CM_Get_Device_ID_List_Size {FAILURE}"),
        "no file": [f"CM_Get_Device_ID_List_Size {FAILURE}", "the device is gone"],
    }


@pytest.fixture
def machine_of(machine, python, program_folder):  # noqa: ARG001 - the driver's machine is there, and cleared up
    """``machine_of("laptop")`` is that topology: of the simulated kernel, with a policy, and of what Windows tells."""

    def make_(name):
        topology = {"laptop": founding.LAPTOP, "desktop": founding.DESKTOP}[name]
        for command in (name, "allow"):
            python(INSIDE / "laptop.py", command)
        told.tell(program_folder, devnodes(topology, founding.states(topology)))
        return topology

    return make_


def described(topology):
    """What founding.py says of its functions."""
    names = (
        "address parent vendor device class_code revision subsystem_vendor subsystem_device port_type bars is_bridge "
        "secondary_bus subordinate_bus windows max_link_speed_gts max_link_width is_hotplug_capable is_removable"
    )
    return [{name: function[name] for name in names.split()} for function in topology["functions"]]


def links(states):
    return [(state["link_speed_gts"], state["link_width"]) for state in states]


def outcomes(document, function):
    return {
        (read["register"], read["access"]): read["outcome"]
        for read in document["reads"]
        if read["function"] == function
    }


def test_the_laptop_of_the_first_symptom_gets_its_verdict(machine_of, python):
    laptop = machine_of("laptop")
    code, document = python(*FOUNDING)
    topology = document["topology"]

    assert code == 1
    assert [(each["function"], each["class"]) for each in document["verdicts"] if each["is_failure"]] == [
        (GPU, "user_mapping_only")
    ]
    assert outcomes(document, GPU)["gpu.panel", "kernel"] == "ok"
    assert outcomes(document, GPU)["gpu.panel", "user"] == "all_ones"
    assert described(topology) == described(to_plain(laptop))
    assert links(document["states"][1:]) == links(to_plain(founding.states(laptop)))
    assert [each["is_removable"] for each in topology["functions"]] == [False, False, True, True, True]
    assert [each["is_external_facing"] for each in topology["functions"]] == [None, True, None, None, None]


def test_nothing_fails_on_the_desktop(machine_of, python):
    """The driver is on no host bridge's stack, so nobody can read its configuration space."""
    desktop = machine_of("desktop")
    code, document = python(*FOUNDING)
    readable = [str(each.address) for each in desktop.functions[1:]]

    assert code == 0
    assert not any(each["is_failure"] for each in document["verdicts"])
    assert {outcome for each in readable for outcome in outcomes(document, each).values()} == {"ok"}
    assert outcomes(document, readable[-1])["gpu.panel", "user"] == "ok"
    assert described(document["topology"]) == described(to_plain(desktop))
    assert {each["is_removable"] for each in document["topology"]["functions"]} == {False}


def test_a_pulled_box_is_gone_from_the_next_look(machine_of, python, program_folder):
    """First the kernel knows it, then Windows tells."""
    laptop = machine_of("laptop")
    python(INSIDE / "laptop.py", "pull")
    _, early = python(*FOUNDING)
    told.tell(program_folder, devnodes(laptop)[:2])
    code, late = python(*FOUNDING)

    assert outcomes(early, GPU)["gpu.panel", "kernel"] == "unreachable"
    assert code == 0
    assert [each["address"] for each in late["topology"]["functions"]] == ["0000:00:00.0", "0000:00:07.0"]
