"""What the lab is made of, without booting anything: descriptions of hosts, firmware tables, the choice of a kernel."""

import msgspec
import pytest
from tests.lab import devices, hosts
from tests.lab.firmware import chassis
from tests.lab.hosts import NAMES, Host
from tests.lab.parts import newest_kernel
from tests.lab.scenarios import SCENARIOS
from tests.lab.verdicts import EXPECTED

HEAD = 'summary = "s"\nvendor = "v"\nmodel = "m"\nchassis = 3\niommu = true\n'
PORT = '[[port]]\nid = "slot"\ndevice = "pcie-root-port"\n'
CARD = '[[function]]\nid = "card"\ndevice = "edu"\nbelow = "{}"\n'


@pytest.mark.parametrize("name", NAMES)
def test_every_host_is_described_without_a_mistake(name):
    host = Host.load(name)

    assert host.name == name
    assert len(devices.floors(host)) >= 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAD + PORT + CARD.format("slit"), "'card'"),
        (HEAD + PORT + PORT + CARD.format("slot"), "'slot'"),
        (HEAD + PORT + CARD.format("slot") + "lenght_mib = 2\n", "lenght_mib"),
    ],
)
def test_a_host_that_is_described_wrongly_is_refused(tmp_path, monkeypatch, text, reason):
    monkeypatch.setattr(hosts, "FOLDER", tmp_path)
    (tmp_path / "wrong.toml").write_text(text)

    with pytest.raises((ValueError, msgspec.ValidationError), match=reason):
        Host.load("wrong")


def test_every_scenario_has_a_verdict():
    assert set(EXPECTED) == {scenario for scenarios in SCENARIOS.values() for scenario in scenarios}


def test_every_scenario_has_a_host():
    assert set(SCENARIOS) <= set(NAMES)


def test_floors_are_at_places_of_their_own_where_no_operating_system_looks():
    found = [(floor.device, floor.number) for floor in devices.floors(Host.load("laptop-box")).values()]

    assert len(set(found)) == len(found) == 3
    assert all(number != 0 for _, number in found)


def test_the_chassis_type_is_in_the_sixth_byte_of_a_system_enclosure():
    table = chassis(Host.load("laptop-box"))

    assert (table[0], table[1], table[5]) == (3, 0x16, 10)
    assert table[0x16:] == b"Birch\0\0"


def test_the_newest_kernel_is_the_one_with_the_highest_version_that_has_image_and_headers(tmp_path):
    modules, boot = tmp_path / "modules", tmp_path / "boot"
    boot.mkdir()
    for release in ("6.1.0-9-amd64", "6.1.0-37-amd64", "6.12.0-1-amd64"):
        (modules / release / "build").mkdir(parents=True)
        (modules / release / "build/Makefile").touch()
    for release in ("6.1.0-9-amd64", "6.1.0-37-amd64"):
        (boot / f"vmlinuz-{release}").touch()

    assert newest_kernel(modules, boot).release == "6.1.0-37-amd64"
    assert newest_kernel(modules, tmp_path / "nowhere") is None
