"""Which functions a Windows machine has: what the agent asks each second, so that hot-plug shows at once."""

from tests.agent.windows.fake_cfgmgr import FakeConfigManager

from barwatch_agent.systems.windows import kept_windows_system, present
from barwatch_agent.windows.calls import Libraries
from barwatch_agent.windows.facts import Devnode, Refusal
from barwatch_agent.windows.live import LiveSource

GPU, AUDIO = "PCI\\VEN_10DE&DEV_2684\\1", "PCI\\VEN_10DE&DEV_22BA\\2"


def live(manager):
    return LiveSource(Libraries(manager.library, None, None), lambda *_: Refusal(0), lambda: Refusal(0))


def test_the_bus_of_a_running_windows_is_what_is_present_in_any_order():
    manager = FakeConfigManager([Devnode(GPU), Devnode(AUDIO)])
    source = live(manager)
    both = present(source)
    manager.nodes.reverse()
    turned = present(source)
    del manager.nodes[0]

    assert both == turned == (AUDIO, GPU)
    assert present(source) == (GPU,)


def test_a_list_that_windows_refuses_is_no_end_of_the_agent():
    manager = FakeConfigManager([])
    manager.library.CM_Get_Device_ID_List_SizeW = lambda *_: 0x13  # CR_FAILURE

    assert present(live(manager)) == ()


def test_the_bus_of_a_recorded_windows_is_its_files(host):
    roots = host("windows-laptop-thunderbolt-box")
    system = kept_windows_system(roots, lambda: 0)
    before = system.bus()
    (audio,) = roots.windows.glob("devices/*DEV_10F1*")
    audio.rename(roots.windows / audio.name)

    assert set(before) - set(system.bus()) == {audio.name.replace("#", "\\")}
