"""Linux and Windows hosts in one table: what only one of them knows does not pass for a cause where it is not."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from barwatch_collector.attributes import of_access, of_functions, of_host
from barwatch_collector.findings.analysis import analyses
from barwatch_collector.findings.facts import Facts
from barwatch_collector.findings.report import Explanation
from barwatch_collector.findings.wanted import How
from barwatch_collector.questions.cells import Cell, Cells, Tally
from barwatch_proto.snapshot import Setting, Snapshot
from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Access, State

SYSTEMS = ("laptop-thunderbolt-box", "windows-laptop-thunderbolt-box")  # one machine, seen by two systems
HOSTS = 10  # of each system
READ = {"10de:1c02", "8086:9d18"}  # the card in the box, and the root port to it: of both, Windows knows all it can
VARIED = {  # settings in which hosts of one system differ, by the number of the host
    "hvci": lambda number, told: replace(told, state=State.ON if number % 2 else State.OFF),
    "lockdown": lambda number, told: Setting("lockdown", State.ON, told.source, "integrity") if number % 2 else told,
    "kernel_options": lambda number, told: replace(told, value="intel_iommu=on" if number % 3 else "pcie_aspm=off"),
    "bios_version": lambda number, told: replace(told, value=f"N24ET7{number % 4}W"),
}
ACCESSES = {f"{each.value}_access": Setting(f"{each.value}_access", State.ON, "barwatch") for each in Access}
Values = Mapping[str, str | None]
Fails = Callable[[Values], bool]


def varied(host: Snapshot, number: int) -> Snapshot:
    """One of several hosts of a make: what this system does not have stays absent."""
    settings = tuple(
        VARIED[each.name](number, each) if each.name in VARIED and each.state is not State.ABSENT else each
        for each in host.settings
        if each.name not in ACCESSES
    )
    return replace(host, settings=(*settings, *ACCESSES.values()), id=f"{host.host.system} {number}")


@pytest.fixture(scope="module")
def fleet(recorded_snapshot: Callable[[str], Snapshot]) -> tuple[Snapshot, ...]:
    return tuple(varied(recorded_snapshot(name), number) for name in SYSTEMS for number in range(HOSTS))


def explained(fleet: tuple[Snapshot, ...], fails: Fails) -> Explanation:
    """The one explanation for failures of those cells."""
    facts, cells = Facts(), []
    for number, host in enumerate(fleet):
        facts.hosts[host.id] = of_host(host)
        facts.accesses |= {(host.id, access): of_access(host, access) for access in Access}
        for function, values in of_functions(host):
            if function.ids not in READ:
                continue
            facts.functions[host.id, function.key] = values
            for access in (Access.KERNEL, Access.USER):
                is_failing = fails({**facts.hosts[host.id], **values, **facts.accesses[host.id, access]})
                worst = {FailureClass.STALE_MAPPING: Tally(100, 100)} if is_failing else {}
                cells.append(Cell(number, host.id, function.key, access, 100, 100 * is_failing, worst))
    names = {number: host.id for number, host in enumerate(fleet)}
    (found,) = analyses(Cells(cells, names), facts, How(permutations=39))
    (best,) = found.report.explanations
    return best


@pytest.mark.parametrize(
    "cause",
    [
        {"route_tunnelled": "yes", "access": "user"},  # on both systems; what the box is, only Linux knows
        {"system": "windows", "access": "user"},  # as are lockdown=absent, vbs=on, port_driver=pci, ...
        {"system": "linux", "access": "user"},  # as are hvci=absent, iommu_group_shared=yes, ...
        {"hvci": "on", "access": "user"},  # on some Windows hosts
        {"lockdown": "integrity", "access": "user"},  # on some Linux hosts
        {"system": "windows", "route_tunnelled": "yes", "access": "user"},
        {"system": "linux", "route_tunnelled": "yes", "access": "user"},
    ],
    ids=" ".join,
)
def test_the_cause_is_told_and_nothing_that_only_goes_along_with_its_system(
    cause: Mapping[str, str], fleet: tuple[Snapshot, ...]
) -> None:
    best = explained(fleet, lambda values: all(values[name] == value for name, value in cause.items()))

    assert set(best.text.split(" AND ")) == {f"{name}={value}" for name, value in cause.items()}
