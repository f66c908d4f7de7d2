from collections.abc import Callable

import pytest

from barwatch_agent.roots import Roots
from barwatch_agent.settings.host import UUID, host_facts
from barwatch_proto.snapshot import HostFacts

VENDOR, MODEL = "/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name"


def test_the_facts_of_a_machine(tree: Callable[..., Roots]) -> None:
    roots = tree({UUID: "4C4C4544-0043-4A10-8052-B4C04F4D3733\n", VENDOR: "Dell Inc.\n", MODEL: "XPS 13 7390\n"})

    assert host_facts(roots, "lab-7") == HostFacts(
        "lab-7", "linux", "4c4c4544-0043-4a10-8052-b4c04f4d3733", "Dell Inc.", "XPS 13 7390"
    )


def test_what_is_not_there_or_not_filled_in_is_none(tree: Callable[..., Roots]) -> None:
    assert host_facts(tree({VENDOR: "Default string"}), "lab-7") == HostFacts("lab-7", "linux")


@pytest.mark.parametrize(
    "text",
    [None, "", "rubbish", b"\xff" * 36, "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"],
)
def test_an_unset_or_unreadable_uuid_is_none(tree: Callable[..., Roots], text: str | bytes | None) -> None:
    assert host_facts(tree({UUID: text}), "lab-7").hardware_uuid is None
