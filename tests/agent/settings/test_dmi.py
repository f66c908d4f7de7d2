from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings import dmi
from barwatch_proto.words import State


def test_each_string_is_told_as_the_firmware_prints_it(tree: Callable[..., Roots]) -> None:
    texts = {
        "bios_vendor": "American Megatrends",
        "bios_version": "F21 ",
        "bios_date": "03/08/2023",
        "sys_vendor": "Gigabyte",
        "product_name": "X570 UD",
    }
    found = dmi.probe(tree({f"{dmi.FOLDER}/{name}": f"{text}\n" for name, text in texts.items()}))

    assert [(setting.name, setting.value) for setting in found] == [
        ("bios_vendor", "American Megatrends"),
        ("bios_version", "F21"),
        ("bios_date", "03/08/2023"),
        ("machine_vendor", "Gigabyte"),
        ("machine_model", "X570 UD"),
    ]
    assert {setting.state for setting in found} == {State.VALUE}


def test_a_machine_without_smbios_has_none_of_them(tree: Callable[..., Roots]) -> None:
    assert {(setting.state, setting.reason) for setting in dmi.probe(tree())} == {(State.ABSENT, "no SMBIOS here")}


@pytest.mark.parametrize("text", ["", "   ", "To Be Filled By O.E.M.", "Default string", "System Product Name", "N/A"])
def test_what_the_vendor_did_not_fill_in_is_no_value_that_makes_unlike_machines_alike(
    tree: Callable[..., Roots], text: str | bytes | None
) -> None:
    *_, model = dmi.probe(tree({f"{dmi.FOLDER}/product_name": text}))

    assert (model.state, model.value, model.raw) == (State.ABSENT, None, text.strip())
    assert model.reason


def test_one_string_that_cannot_be_read_does_not_hide_the_others(tree: Callable[..., Roots]) -> None:
    found = dmi.probe(tree({f"{dmi.FOLDER}/bios_vendor": None, f"{dmi.FOLDER}/bios_version": "1.2.3"}))

    assert [setting.state for setting in found[:2]] == [State.UNREADABLE, State.VALUE]


def test_rubbish_is_made_printable_and_cut(tree: Callable[..., Roots]) -> None:
    *_, model = dmi.probe(tree({f"{dmi.FOLDER}/product_name": b"\x1b[31m\xff\x00 X\n" + b"y" * 5000}))

    assert model.value.isprintable()
    assert model.value.endswith("X yyy" + "y" * (200 - len(model.value.partition("X yyy")[0]) - 5))
    assert len(model.value) == len(model.raw) == 200
