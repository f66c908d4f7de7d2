"""The published table: what a reader of it may rely on."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from tests.collector.attributes.made import slot

from barwatch_collector import attributes
from barwatch_collector.attributes import (
    Kind,
    columns,
    lineage,
    of_access,
    of_function,
    of_host,
    published,
    sources,
)
from barwatch_collector.attributes import parents as parents_of
from barwatch_collector.attributes.attribute import Source
from barwatch_collector.attributes.printed import document
from barwatch_collector.attributes.sources.host import SETTINGS
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.topology import FunctionState
from barwatch_proto.words import Access

PAGE = Path(attributes.__file__).parents[2] / "ATTRIBUTES.md"
EACH = pytest.mark.parametrize("attribute", published(), ids=lambda attribute: attribute.name)


def test_names_are_unique() -> None:
    counted = Counter(attribute.name for attribute in published())

    assert [name for name, times in counted.items() if times > 1] == []


def test_there_are_a_hundred_columns_and_more() -> None:
    assert len(columns()) >= 100


@EACH
def test_an_attribute_says_what_it_is_in_a_sentence(attribute) -> None:
    assert attribute.sentence.endswith(".")
    assert attribute.sentence[0].isupper() or attribute.sentence.split()[0].startswith(("pci", "iomem"))
    assert attribute.name == attribute.name.lower()
    assert attribute.name.isidentifier()


@EACH
def test_a_weight_is_at_most_one_nat(attribute) -> None:
    assert -1 <= attribute.weight <= 1
    assert attribute.kind is Kind.CONFIGURATION or attribute.weight == 0


@EACH
def test_an_attribute_says_where_each_system_has_it_from_and_what_unknown_means(attribute) -> None:
    """In parts of sentences that fit into a table; None says that a system never tells it, and one of them must."""
    said = [text for text in (attribute.source.linux, attribute.source.windows) if text is not None]

    assert said
    for text in (*said, attribute.source.unknown):
        assert text == text.strip()
        assert text[-1] not in ".;"
        assert not {"|", "\n"} & set(text)
        assert text.count("`") % 2 == 0


def test_all_that_is_said_of_where_values_come_from_is_said_of_some_attribute() -> None:
    modules = (import_module(each.name) for each in iter_modules(sources.__path__, f"{sources.__name__}."))
    said = {each for module in modules for each in vars(module).values() if isinstance(each, Source)}

    assert said | set(SETTINGS.values()) == {attribute.source for attribute in published()}
    assert set(SETTINGS) <= {attribute.name for attribute in columns()}


def test_every_parent_is_a_column_of_the_same_scope() -> None:
    known = {attribute.name: attribute for attribute in columns()}

    for attribute in known.values():
        if attribute.parent:
            assert known[attribute.parent].scope is attribute.scope, attribute.name


def test_nothing_is_wider_than_itself() -> None:
    wider = parents_of(published())

    assert all(name not in lineage(name, wider) for name in wider)


def test_a_lineage_goes_from_near_to_far() -> None:
    wider = parents_of(columns())

    assert lineage("route_tunnelled_hops", wider) == ("route_tunnelled", "route_removable", "route_hotplug")
    assert lineage("bios_version", wider) == ("bios_vendor",)
    assert lineage("chassis_type", wider) == ("chassis",)
    assert lineage("secure_boot", wider) == ()


def test_a_lineage_of_a_circle_ends() -> None:
    assert lineage("a", {"a": "b", "b": "a"}) == ("b", "a")


def test_only_configuration_is_a_column() -> None:
    assert {attribute.kind for attribute in columns()} == {Kind.CONFIGURATION}
    assert {attribute.kind for attribute in published()} == set(Kind)


def test_all_that_comes_and_goes_at_a_function_is_a_mediator() -> None:
    mediators = {attribute.name for attribute in published() if attribute.kind is Kind.MEDIATOR}

    assert set(FunctionState.__dataclass_fields__) - {"key", "taken_at_ns"} <= mediators


def test_values_come_in_the_order_of_the_columns() -> None:
    host = slot()
    card = host.topology.functions[-1]

    found = [*of_host(host), *of_function(host, card), *of_access(host, Access.USER)]

    assert found == [attribute.name for attribute in columns()]


def test_what_puts_a_function_behind_a_box_weighs_more_than_what_a_case_looks_like() -> None:
    weight = {attribute.name: attribute.weight for attribute in columns()}

    assert weight["access"] == weight["route_tunnelled"] == 1
    assert weight["chassis"] < weight["machine_model"] < weight["tpm"] < weight["secure_boot"]


def test_the_page_is_what_the_command_prints() -> None:
    command = [sys.executable, "-m", "barwatch_collector.attributes"]
    printed = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()

    assert printed == document()
    assert PAGE.read_text(encoding="utf-8") == printed, f"{' '.join(command[1:])} > collector/{PAGE.name}"


def test_nothing_that_names_a_host_is_a_value(recorded_snapshot: Callable[[str], Snapshot]) -> None:
    host = recorded_snapshot("laptop-thunderbolt-box")
    names = {host.host.hostname, host.host.hardware_uuid, *(each.key for each in host.topology.functions)}
    addresses = {str(each.address) for each in host.topology.functions}

    values = set(of_host(host).values())
    for function in host.topology.functions:
        values |= set(of_function(host, function).values())

    assert values & names == set()
    assert values & addresses == set()
