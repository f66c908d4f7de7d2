"""The fleet of the founding case: its table confounds what it is meant to, and its recordings are what guests give."""

import math

import pytest
from tests.lab.fleet import members as described
from tests.lab.fleet.__main__ import RECORDINGS
from tests.lab.fleet.members import members
from tests.lab.fleet.taking import taken

from barwatch_agent import recorded
from barwatch_agent.settings import read_settings
from barwatch_agent.topology.linux import scan
from barwatch_proto.fingerprint import topology_fingerprint

FLEET = {member.name: member for member in members()}
ANEW = "t5-1"  # a desktop with a box: all that can be in a host


def phi(of, with_what):
    """How far two answers go together over the hosts: from -1 to 1."""
    both, one, other, none = (
        sum(1 for member in FLEET.values() if (of(member), with_what(member)) == pair)
        for pair in ((True, True), (True, False), (False, True), (False, False))
    )
    return (both * none - one * other) / math.sqrt((both + one) * (other + none) * (both + other) * (one + none))


@pytest.mark.parametrize(
    "decoy",
    [
        lambda member: member.model.is_laptop,
        lambda member: member.line.iommu,
        lambda member: member.line.bios[0] == "Hazel",
    ],
    ids=["laptop", "IOMMU", "BIOS vendor"],
)
def test_what_is_not_the_cause_goes_with_the_box_on_most_hosts(decoy):
    """And there are hosts of all four kinds, so that it can be told from the box."""
    found = {(decoy(member), member.has_box) for member in FLEET.values()}

    assert 0.5 < phi(decoy, lambda member: member.has_box) < 0.8
    assert len(found) == 4


def test_a_bar_above_4_gib_has_nothing_to_do_with_the_box():
    assert abs(phi(lambda member: member.line.above_4g, lambda member: member.has_box)) < 0.2


def test_a_laptop_with_all_that_goes_with_the_box_has_none():
    assert any(
        member.model.is_laptop and member.line.iommu and member.line.bios[0] == "Hazel" and not member.has_box
        for member in FLEET.values()
    )


def test_in_every_box_and_by_a_lasting_mapping_nowhere_else_the_bar_moved():
    moved = {name for name, member in FLEET.items() if member.line.fault == "moved"}
    lasting = {name for name in moved if FLEET[name].line.user_mapping == "sysfs"}

    assert lasting == {name for name, member in FLEET.items() if member.has_box}
    assert moved > lasting


def test_a_table_that_names_an_unknown_model_is_refused(tmp_path):
    wrong = described.TABLE.read_text().replace('model = "tower-3"', 'model = "tower-4"')
    (tmp_path / "fleet.toml").write_text(wrong)

    with pytest.raises(ValueError, match=r"t3-1: no model is called 'tower-4'"):
        members(tmp_path / "fleet.toml")


def test_every_host_of_the_table_is_recorded_and_no_other():
    assert {file.stem for file in RECORDINGS.glob("*.toml")} == set(FLEET)


@pytest.mark.parametrize("name", FLEET)
def test_a_recording_is_of_the_host_that_the_table_has(name, tmp_path):
    file, member = RECORDINGS / f"{name}.toml", FLEET[name]
    host = recorded.load(file)
    card, settings = seen(host, tmp_path)
    (bar,) = [bar for bar in card[-1].bars if bar.index == 2]

    assert recorded.dump(host) == file.read_text()
    assert (host.name, host.description) == (name, member.summary)
    assert settings["chassis"] == ("laptop" if member.model.is_laptop else "desktop")
    assert (settings["bios_vendor"], settings["bios_version"]) == member.line.bios
    assert settings["iommu"] == ("on" if member.line.iommu else "off")
    assert bar.is_above_4g == member.line.above_4g
    assert bool(card[-1].is_removable) == any(hop.is_external_facing for hop in card) == member.has_box


@pytest.mark.xdist_group("lab-fleet")
@pytest.mark.timeout(400)
def test_a_host_that_is_recorded_anew_is_as_it_was(parts, tmp_path):
    before = recorded.load(RECORDINGS / f"{ANEW}.toml")

    now = taken(FLEET[ANEW], parts, tmp_path)

    assert topologies(now, tmp_path / "now") == topologies(before, tmp_path / "before")
    assert outcomes(now) == outcomes(before)
    assert bool(now.reads.evidence) == bool(before.reads.evidence)


def seen(host, folder):
    """The route of the card, and what the settings say."""
    roots = host.unpack(folder / "host")
    routes = scan(roots, 0).topology.routes()
    settings = {setting.name: setting.value or setting.state.value for setting in read_settings(roots)}
    return next(route for route in routes if route[-1].ids == "1af4:1110"), settings


def topologies(host, folder):
    """The fingerprint of each function's route."""
    topology = scan(host.unpack(folder), 0).topology
    return {str(route[-1].address): topology_fingerprint(route) for route in topology.routes()}


def outcomes(host):
    """What the reads of each series came to, less those that the circuit breaker left out."""
    return {
        (str(series.function), series.register, series.access): {run.outcome for run in series.runs} - {None}
        for series in host.reads.series
    }
