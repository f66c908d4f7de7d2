import io
from collections.abc import Callable, Sequence

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from barwatch_proto.class_words import class_in_words, function_in_words
from barwatch_proto.drawing import draw, in_drawing_order, printable
from barwatch_proto.pci import Address, PortType
from barwatch_proto.topology import Function, FunctionState, ThunderboltDevice, ThunderboltDomain, Topology

BRIDGE = 0x060400
A = Address.parse


def at(address: str, parent: str | None = None, class_code: int = 0x088000, **more: object) -> Function:
    return Function(A(address), A(parent) if parent else None, address, 0x8086, 0x1901, class_code, **more)


DESKTOP = Topology(
    (
        at("0000:00:00.0", class_code=0x060000),
        at("0000:00:01.0", None, BRIDGE, port_type=PortType.ROOT_PORT, max_link_width=16),
        at("0000:00:14.0", None, 0x0C0330, driver="xhci_hcd"),
        at(
            "0000:01:00.0",
            "0000:00:01.0",
            0x030000,
            port_type=PortType.LEGACY_ENDPOINT,
            max_link_speed_gts=8.0,
            max_link_width=16,
            driver="nvidia",
        ),
        at("0000:01:00.1", "0000:00:01.0", 0x040300, problems=("config space ends at 64", "no power state")),
        at("0001:00:00.0", None, 0x010802, port_type=PortType.ENDPOINT, max_link_speed_gts=16.0, max_link_width=4),
    )
)
LAPTOP = Topology(
    (
        at(
            "0000:00:07.0", None, BRIDGE, port_type=PortType.ROOT_PORT, is_external_facing=True, is_hotplug_capable=True
        ),
        at("0000:2c:00.0", "0000:00:07.0", BRIDGE, port_type=PortType.UPSTREAM_PORT, is_tunnelled=True),
        at("0000:2d:01.0", "0000:2c:00.0", BRIDGE, port_type=PortType.DOWNSTREAM_PORT, is_tunnelled=True),
        at("0000:2e:00.0", "0000:2d:01.0", 0x030000, is_tunnelled=True, is_removable=True, driver="nvidia"),
        at("0000:3a:00.0", None, 0x080501, is_removable=True),
    ),
    (ThunderboltDomain("domain0", "user", has_iommu_dma_protection=True), ThunderboltDomain("domain1")),
    (
        ThunderboltDevice("0-0", "Dell", "XPS 13", 3),
        ThunderboltDevice("0-1", "Razer", "Core X", 3, authorized=0, rx_speed_gbps=20.0, rx_lanes=2),
        ThunderboltDevice("1-0"),
    ),
    ("0000:05:00.0: it vanished", *(f"problem {number}" for number in range(6))),
)


def shown(tree: Tree, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(tree)
    return "".join(f"{line.rstrip()}\n" for line in console.file.getvalue().splitlines())


def addresses(functions: Sequence[Function]) -> list[str]:
    return [str(function.address) for function in functions]


def test_a_desktop_is_drawn_with_links_drivers_and_notes(golden: Callable[[str, str], None]) -> None:
    states = (
        FunctionState("0000:01:00.0", 0, link_speed_gts=2.5, link_width=4),
        FunctionState("0001:00:00.0", 0, link_speed_gts=16.0, link_width=4),
    )
    notes = {"0000:01:00.0": Text("user fails 60 of 60", "red"), "0000:00:14.0": "all ok"}

    golden("drawing/desktop.txt", shown(draw(DESKTOP, notes, states, "desk-1")))


def test_a_laptop_is_drawn_with_its_tunnel(golden: Callable[[str, str], None]) -> None:
    golden("drawing/laptop.txt", shown(draw(LAPTOP, title="lap-1")))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_parts_that_do_not_fit_go_below_whole(width: int) -> None:
    lines = shown(draw(LAPTOP), width).splitlines()

    assert max(map(cell_len, lines)) <= width
    text = "\n".join(lines)
    for part in ("display controller (VGA)", "driver nvidia", "IOMMU DMA protection on", "switch downstream port"):
        assert part in text


def test_a_console_that_knows_ascii_only_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    topology = Topology(
        (at("0000:00:01.0", is_tunnelled=True),),
        (ThunderboltDomain("domain0"),),
        (ThunderboltDevice("0-1", "Ünïcode"),),
    )

    Console(file=stream, width=100).print(draw(topology))
    stream.flush()

    assert "`-- 0000:00:01.0" in raw.getvalue().decode("ascii")
    assert "  tunnelled" in raw.getvalue().decode("ascii")


def test_text_of_a_device_cannot_steer_the_terminal() -> None:
    topology = Topology((at("0000:00:01.0", driver="\x1b]0;hello\x07"),), problems=("\x1b[2J",))

    assert "\x1b" not in shown(draw(topology, {"0000:00:01.0": "\x1b[31mred"}, title="\x1b[1m"))
    assert printable("a\tb\u202ec\u2028") == "a?b?c?"


def test_square_brackets_are_text_and_no_markup() -> None:
    assert "[bold]" in shown(draw(Topology((at("0000:00:01.0", driver="[bold]"),))))


def test_a_link_that_is_as_wide_as_the_function_is_said_without_of() -> None:
    function = at("0000:01:00.0", max_link_speed_gts=8.0, max_link_width=4)
    state = FunctionState("0000:01:00.0", 0, link_speed_gts=8.0, link_width=4)

    assert "  8.0 GT/s x4\n" in shown(draw(Topology((function,)), states=(state,)))


def test_a_link_that_is_down_is_no_link_and_one_that_is_unknown_is_its_best() -> None:
    function = at("0000:01:00.0", max_link_speed_gts=8.0, max_link_width=4)
    down = FunctionState("0000:01:00.0", 0, link_width=0)
    unknown = FunctionState("0000:01:00.0", 0, link_width=4)

    assert "  no link\n" in shown(draw(Topology((function,)), states=(down,)))
    assert "  up to 8.0 GT/s x4\n" in shown(draw(Topology((function,)), states=(unknown,)))


def test_children_follow_their_parent_by_address() -> None:
    functions = (
        at("0000:02:00.0", "0000:00:02.0"),
        at("0000:01:00.0", "0000:00:01.0"),
        at("0000:00:02.0"),
        at("0000:00:01.0"),
    )

    assert addresses(in_drawing_order(Topology(functions))) == [
        "0000:00:01.0",
        "0000:01:00.0",
        "0000:00:02.0",
        "0000:02:00.0",
    ]


def test_a_function_whose_parent_is_missing_hangs_on_its_own_bus() -> None:
    lines = shown(draw(Topology((at("0000:05:00.0", "0000:00:1c.0"),)))).splitlines()

    assert "bus 0000:05" in lines[1]
    assert "0000:05:00.0" in lines[2]


def test_parents_that_form_a_loop_are_drawn_once_each() -> None:
    loop = Topology((at("0000:00:01.0"), at("0000:01:00.0", "0000:02:00.0"), at("0000:02:00.0", "0000:01:00.0")))

    drawn = shown(draw(loop))

    assert [drawn.count(f"{address}  ") for address in addresses(loop.functions)] == [1, 1, 1]


def test_a_chain_of_a_thousand_bridges_is_drawn() -> None:
    chain = [at("0000:00:00.0")]
    for number in range(1, 1000):
        address = str(Address(number // 256, number % 256, 0, 0))
        chain.append(at(address, str(chain[-1].address)))

    assert len(in_drawing_order(Topology(tuple(chain)))) == 1000
    assert str(chain[-1].address) in shown(draw(Topology(tuple(chain))), 10_000)


def test_a_router_whose_domain_could_not_be_read_is_drawn_all_the_same() -> None:
    assert "7-1  Razer" in shown(draw(Topology(thunderbolt_devices=(ThunderboltDevice("7-1", "Razer"),))))


def test_an_empty_topology_is_its_title() -> None:
    assert shown(draw(Topology(), title="nothing here")) == "nothing here\n"


@pytest.mark.parametrize(
    ("class_code", "words"),
    [
        (0x010802, "NVMe controller"),
        (0x010803, "non-volatile memory controller"),
        (0x0C0330, "USB controller (xHCI)"),
        (0x030000, "display controller (VGA)"),
        (0x03FF00, "display controller"),
        (0x020000, "Ethernet controller"),
        (0xFFFF00, "device of no defined class"),
        (0x500000, "class 500000"),
    ],
)
def test_a_class_is_named_as_exactly_as_it_is_known(class_code: int, words: str) -> None:
    assert class_in_words(class_code) == words


def test_a_port_is_named_by_its_type_and_not_by_the_class_of_all_bridges() -> None:
    assert function_in_words(at("0000:00:01.0", None, BRIDGE, port_type=PortType.ROOT_PORT)) == "root port"
    assert function_in_words(at("0000:00:01.0", None, BRIDGE)) == "PCI bridge"
