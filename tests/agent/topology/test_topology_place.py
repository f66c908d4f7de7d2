"""Where functions hang, and keys that tell them apart wherever enumeration put them."""

from barwatch_agent.topology.place import Place, keys, place_of
from barwatch_proto.fingerprint import function_key
from barwatch_proto.pci import Address
from barwatch_proto.topology import Function


def at(text: str) -> Address:
    return Address.parse(text)


def named(*paths: str, serial_number: int | None = None, device: int = 0x10D3) -> list[str]:
    """The keys of equal functions at these paths, in their order."""
    places = [place_of(at(path.rpartition("/")[2]), path) for path in paths]
    functions = [
        Function(place.address, place.parent, "", 0x8086, device, 0x020000, serial_number=serial_number)
        for place in places
    ]
    found = keys({place.address: place for place in places}, functions)
    return [found[place.address] for place in places]


def test_the_path_of_a_folder_holds_the_route() -> None:
    place = place_of(at("0000:02:00.0"), "../../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0")

    assert place == Place((at("0000:00:1c.0"), at("0000:02:00.0")), "pci0000:00")
    assert place.parent == at("0000:00:1c.0")


def test_a_function_on_a_root_bus_has_no_parent() -> None:
    assert place_of(at("0000:00:02.0"), "../../../devices/pci0000:00/0000:00:02.0").parent is None


def test_a_host_bridge_below_a_function_begins_a_new_route() -> None:
    """Intel VMD, as in Linux Documentation for drivers/pci/controller/vmd.c: drives hang in a domain of their own."""
    path = "../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0"

    assert place_of(at("10000:e1:00.0"), path) == Place(
        (at("10000:e0:06.0"), at("10000:e1:00.0")), "pci0000:00", (at("0000:00:0e.0"),)
    )


def test_a_path_that_tells_nothing_leaves_the_address() -> None:
    address = at("0000:02:00.0")

    assert place_of(address, "") == Place((address,))
    assert place_of(address, "devices/pci0000:00/0000:00:1c.0") == Place((address,))
    assert place_of(address, "devices/pci0000:00") == Place((address,))


def test_a_key_is_made_of_the_path_without_bus_numbers() -> None:
    (key,) = named("pci0000:00/0000:00:1c.0/0000:02:00.0")

    assert key == function_key((0x8086, 0x10D3, None, None), None, 0, ("1c.0", "00.0"))


def test_a_key_stays_when_bus_numbers_move() -> None:
    assert named("pci0000:00/0000:00:1c.0/0000:02:00.0") == named("pci0000:00/0000:00:1c.0/0000:3a:00.0")


def test_a_serial_number_names_a_function_wherever_it_is_plugged_in() -> None:
    here = named("pci0000:00/0000:00:1c.0/0000:02:00.0", serial_number=7)
    there = named("pci0000:00/0000:00:01.0/0000:01:00.0", serial_number=7)

    assert here == there


def test_a_serial_number_that_two_functions_share_names_neither() -> None:
    """Ports of a switch have one serial number together."""
    paths = ("pci0000:00/0000:00:1c.0/0000:02:00.0", "pci0000:00/0000:00:1d.0/0000:03:00.0")

    assert named(*paths, serial_number=7) == named(*paths)
    assert len(set(named(*paths))) == 2


def test_equal_functions_on_several_root_buses_have_different_keys() -> None:
    """Server processors: one root bus each, with the same functions at the same places."""
    found = named("pci0000:3a/0000:3a:05.0", "pci0000:5d/0000:5d:05.0", "pci0000:ae/0000:ae:05.0")

    assert len(set(found)) == 3
    assert found[0] == named("pci0000:00/0000:00:05.0")[0]


def test_equal_drives_behind_two_host_bridges_below_functions_have_different_keys() -> None:
    found = named(
        "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0",
        "pci0000:00/0000:00:0f.0/pci10001:e0/10001:e0:06.0/10001:e1:00.0",
    )

    assert len(set(found)) == 2


def test_virtual_functions_on_further_buses_have_different_keys() -> None:
    found = named("pci0000:00/0000:00:01.0/0000:01:10.0", "pci0000:00/0000:00:01.0/0000:02:10.0")

    assert len(set(found)) == 2
    assert found[0] == named("pci0000:00/0000:00:01.0/0000:01:10.0")[0]
