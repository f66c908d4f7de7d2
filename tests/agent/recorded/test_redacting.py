"""Nothing that names a machine or a person survives ``--redact``; what the machine is does."""

import dataclasses

import pytest
from tests.agent.recorded.played import GPU, nothing_changes, recorded
from tests.conftest import recorded_host

from barwatch_agent.recorded import dump, parse
from barwatch_agent.recorded.redacting import redact
from barwatch_agent.recorded.sources import GLOBAL_VARIABLE
from barwatch_agent.topology.linux import scan
from barwatch_proto.config_space import walk
from barwatch_proto.pci import Address

SERIAL = bytes.fromhex("c0ffee11fffe9a47")
SECRETS = {
    "name": "annas-laptop",
    "board serial": "PF-BOARD-4711",
    "product serial": "PF-PRODUCT-4712",
    "chassis serial": "PF-CHASSIS-4713",
    "asset tag": "INVENTORY-4714",
    "hardware uuid": "4c4c4544-0051-3910-8054-b4c04f4d3132",
    "router id": "d1030000-0082-8c1e-0340-a2e1c8510121",
    "machine id": "b08dfa6083e7567a1921a715000001fb",
    "address of a mouse": "f4:73:35:9a:bc:de",
    "address in a name": "AA_BB_CC_DD_EE_FF",
    "address of a card": "00e04c680001",
    "address in 64 bits": "00-1b-21-ff-fe-2b-46-e0",
    "password": "hunter2",
    "root disk": "7a2a6b1c-0d7e-4d7e-9b5e-0c2d8b1c9f11",
    "serial number": SERIAL.hex(" "),
    "half of it": f"{int.from_bytes(SERIAL[:4], 'little'):#x}",
}


def secretive():
    """A recorded host with every secret that we know of, wherever one may stand."""
    host = recorded_host("laptop-thunderbolt-box")
    dmi = next(path.rpartition("/")[0] for path in host.files if path.endswith("/sys_vendor"))
    files = {
        **host.files,
        f"{dmi}/board_serial": f"{SECRETS['board serial']}\n",
        f"{dmi}/product_serial": f"{SECRETS['product serial']}\n",
        f"{dmi}/chassis_serial": f"{SECRETS['chassis serial']}\n",
        f"{dmi}/chassis_asset_tag": f"{SECRETS['asset tag']}\n",
        f"{dmi}/product_uuid": f"{SECRETS['hardware uuid']}\n",
        "etc/machine-id": f"{SECRETS['machine id']}\n",
        "etc/hostname": "annas-laptop\n",
        "etc/os-release": f'{host.files["etc/os-release"]}VARIANT="built on annas-laptop for {SECRETS["root disk"]}"\n',
        f"sys/class/power_supply/hid-{SECRETS['address of a mouse']}-battery/type": "Battery\n",
        f"sys/class/power_supply/dev_{SECRETS['address in a name']}/type": "Battery\n",
        "proc/cmdline": f"root=UUID={SECRETS['root disk']} pci=nocrs rd.luks.key=hunter2 ip=:annas-laptop:\n",
        "sys/devices/virtual/net/enx00e04c680001/note": f"eui {SECRETS['address in 64 bits']}\n",
    }
    folder = next(path.rpartition("/")[0] for path in files if path.endswith("/0-1/vendor_name"))
    files[f"{folder}/unique_id"] = f"{SECRETS['router id']}\n"
    config = dict(host.config)
    path = next(path for path in config if f"/{serial_function(host)}/" in path)
    offset = walk(config[path]).offset_of("serial_number")
    config[path] = config[path][: offset + 4] + SERIAL + config[path][offset + 12 :]
    return dataclasses.replace(
        host,
        name="annas-laptop",
        description="what annas-laptop is",
        source="Recorded on annas-laptop.",
        files={path: text for path, text in files.items() if path not in host.unreadable},
        unreadable={
            path: reason
            for path, reason in {**host.unreadable, "sys/kernel/debug/x": "annas-laptop says no"}.items()
            if path not in files
        },
        config=config,
        binary={**host.binary, "sys/firmware/acpi/tables/X": b"\0\1" + SERIAL + b"\2"},
    )


def serial_function(host):
    return next(
        path.split("/")[-2]
        for path, config in host.config.items()
        if (offset := walk(config).offset_of("serial_number")) and len(config) >= offset + 12
    )


@pytest.mark.parametrize("secret", SECRETS)
def test_no_known_secret_survives(secret):
    text = dump(redact(secretive()).host)
    flat = " ".join(text.split())

    assert SECRETS[secret].lower() not in text.lower()
    assert SECRETS[secret].lower() not in flat.lower()


@pytest.mark.parametrize("secret", [name for name in SECRETS if name != "half of it"])
def test_the_host_of_this_test_has_the_secret(secret):
    """Else the test above would say nothing."""
    assert SECRETS[secret].lower() in dump(secretive()).lower()


def test_the_machine_is_still_the_same(tmp_path):
    """All but serial numbers, and the keys that are made of them."""
    before = scan(secretive().unpack(tmp_path / "a"), 0).topology
    after = scan(redact(secretive()).host.unpack(tmp_path / "b"), 0).topology
    bare = [dataclasses.replace(each, serial_number=None, key="") for each in before.functions]

    assert [dataclasses.replace(each, key="") for each in after.functions] == bare
    assert after.thunderbolt_devices == before.thunderbolt_devices


def test_uuids_that_name_a_kind_of_thing_stay():
    host = recorded_host("desktop-other-slot")

    assert [path for path in redact(host).host.binary if GLOBAL_VARIABLE in path] == [
        path for path in host.binary if GLOBAL_VARIABLE in path
    ]


def test_people_are_told_what_was_taken_out(golden):
    golden("replay/redacted.txt", "\n".join(redact(secretive()).what) + "\n")


def test_the_same_address_stays_the_same_address():
    host = recorded_host("this-vm")
    one, other = "aa:bb:cc:dd:ee:01", "aa:bb:cc:dd:ee:02"
    files = {**host.files, "sys/x/a": f"{one} {other}\n", "sys/x/b": f"{one}\n"}
    redacted = redact(dataclasses.replace(host, files=files)).host.files

    assert redacted["sys/x/a"].split()[0] == redacted["sys/x/b"].strip()
    assert redacted["sys/x/a"].split()[0] != redacted["sys/x/a"].split()[1]


def test_a_redacted_host_has_nothing_left_to_redact():
    redacted = redact(secretive()).host

    assert redact(redacted).host == redacted


def test_reads_that_show_a_serial_number_are_taken_out(changing, shared_host, clock):
    """A plan may name any register: also the one behind which the serial number is."""
    machine = changing(
        shared_host("desktop-gpu-slot"), {(GPU, 0, 0x1F380): int.from_bytes(SERIAL[:4], "little")}, nothing_changes
    )
    host = parse(recorded(machine, clock).text.encode(), "x")
    folder = next(path for path in host.config if "0000:02:00.0" in path)
    offset = walk(host.config[folder]).offset_of("serial_number")
    config = host.config[folder][: offset + 4] + SERIAL + host.config[folder][offset + 12 :]

    redacted = redact(dataclasses.replace(host, config={**host.config, folder: config}))

    assert "reads of gpu.scratch of 0000:01:00.0, which show a serial number" in redacted.what
    assert SECRETS["half of it"] not in dump(redacted.host)
    assert {each.function for each in redacted.host.reads.series} >= {Address.parse(GPU)}


def test_the_recording_is_redacted_and_says_so(changing, shared_host, clock):
    machine = changing(shared_host("desktop-gpu-slot"), {}, nothing_changes)
    made = recorded(machine, clock, is_redacted=True)

    assert "lab7" not in made.text
    assert "  host name" in made.told
