"""Unpacking a recorded host: folders that behave like the machine's, and never a byte outside of them."""

import mmap
from pathlib import Path

import pytest

from barwatch_agent.errors import ConfigError
from barwatch_agent.recorded import BarContent, BarValue, RecordedHost

DEVICE = "sys/devices/pci0000:00/0000:00:01.0"


def host(**parts: object) -> RecordedHost:
    return RecordedHost("name", "description", "source", **parts)  # type: ignore[arg-type]  # each test names its own


def test_files_links_and_configuration_spaces_are_where_the_machine_had_them(tmp_path: Path) -> None:
    recorded = host(
        files={f"{DEVICE}/vendor": "0x10de\n", "proc/cmdline": "a\r\n\0"},
        links={"sys/bus/pci/devices/0000:00:01.0": "../../../devices/pci0000:00/0000:00:01.0"},
        config={f"{DEVICE}/config": bytes(range(64))},
        empty_folders=("sys/class/iommu",),
    )

    roots = recorded.unpack(tmp_path / "new" / "host")

    function = roots.sys / "bus/pci/devices/0000:00:01.0"
    assert (function / "vendor").read_text() == "0x10de\n"
    assert (function / "config").read_bytes() == bytes(range(64))
    assert function.resolve().parent.name == "pci0000:00"
    assert (roots.proc / "cmdline").read_bytes() == b"a\r\n\0"
    assert list((roots.sys / "class/iommu").iterdir()) == []
    assert roots.etc.is_dir()
    assert roots.dev.is_dir()


def test_a_bar_is_a_sparse_file_that_can_be_mapped(tmp_path: Path) -> None:
    bar = BarContent(1 << 34, values=(BarValue(0, 4, 0x136000A1), BarValue(0x1F380, 2, 0x7666)))

    roots = host(bars={f"{DEVICE}/resource0": bar}).unpack(tmp_path)

    file = roots.sys.parent / DEVICE / "resource0"
    assert file.stat().st_size == 1 << 34
    assert file.stat().st_blocks * 512 < 1 << 20
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 1 << 20, prot=mmap.PROT_READ) as mapped:
        assert mapped[0:4] == bytes.fromhex("a1006013")
        assert mapped[0x1F380:0x1F384] == bytes.fromhex("66760000")


def test_a_bar_of_all_ones_has_them_up_to_its_end(tmp_path: Path) -> None:
    bar = BarContent((2 << 20) + 5, fill=0xFF, values=(BarValue(8, 1, 0),))

    roots = host(bars={f"{DEVICE}/resource0": bar}).unpack(tmp_path)

    content = (roots.sys.parent / DEVICE / "resource0").read_bytes()
    assert content == b"\xff" * 8 + b"\0" + b"\xff" * ((2 << 20) - 4)


def test_a_bar_that_begins_within_a_page_is_mapped_with_what_lies_before_it(tmp_path: Path) -> None:
    """As the kernel does it: a mapping begins at a page, and small BARs do not."""
    resource = "0x0000000000000000 0x0000000000000000 0x0000000000000000\n" * 5
    resource += "0x00000000c7514800 0x00000000c7514fff 0x0000000000040200\n"
    bar = BarContent(2048, values=(BarValue(0x10, 4, 0x00010300),))

    recorded = host(files={f"{DEVICE}/resource": resource}, bars={f"{DEVICE}/resource5": bar})

    content = (recorded.unpack(tmp_path).sys.parent / DEVICE / "resource5").read_bytes()
    assert len(content) == 4096
    assert content[0x810:0x814] == bytes.fromhex("00030100")


@pytest.mark.parametrize("resource", ["", "rubbish\n", "0xzz\n", "\n"])
def test_a_bar_without_an_address_begins_at_the_page(resource: str, tmp_path: Path) -> None:
    recorded = host(files={f"{DEVICE}/resource": resource}, bars={f"{DEVICE}/resource0": BarContent(16)})

    assert (recorded.unpack(tmp_path).sys.parent / DEVICE / "resource0").stat().st_size == 16


def test_what_is_unreadable_fails_for_everybody(tmp_path: Path) -> None:
    roots = host(unreadable={"sys/class/dmi/id/product_uuid": "Permission denied (EACCES)"}).unpack(tmp_path)

    file = roots.sys / "class/dmi/id/product_uuid"
    assert file.exists()
    with pytest.raises(OSError, match="directory"):
        file.read_bytes()


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")

    with pytest.raises(ConfigError, match="not empty"):
        host(files={"sys/x": ""}).unpack(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_disk_that_refuses_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match=r"cannot unpack name: .*\(E[A-Z]+\)"):
        host(files={"sys/x": ""}).unpack(tmp_path / "file" / "below")


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"files": {"sys/../../x": ""}}, id="file above"),
        pytest.param({"files": {"/sys/x": ""}}, id="absolute file"),
        pytest.param({"links": {"sys/x": "/"}}, id="absolute link"),
        pytest.param({"links": {"sys/a/x": "../../.."}}, id="link above"),
        pytest.param({"links": {"sys/x": "y/.."}}, id="link that turns back"),
        pytest.param({"links": {"sys/x": "../etc"}, "files": {"sys/x/y": ""}}, id="file through a link"),
        pytest.param({"links": {"sys/x": "../etc"}, "links2": {"sys/x/y": "../.."}}, id="link through a link"),
        pytest.param({"config": {"sys/x/../config": b""}}, id="config with detour"),
        pytest.param({"binary": {"config": b""}}, id="file beside the tops"),
        pytest.param({"bars": {"sys/../r0": BarContent(1)}}, id="bar above"),
        pytest.param({"unreadable": {"..": ""}}, id="unreadable above"),
        pytest.param({"empty_folders": ("sys/../../x",)}, id="folder above"),
    ],
)
def test_nothing_that_would_leave_the_folder_can_even_be_made(parts: dict[str, dict[str, object]]) -> None:
    links = {**parts.get("links", {}), **parts.pop("links2", {})}

    with pytest.raises(ConfigError):
        host(**{**parts, "links": links})


def test_a_link_may_lead_to_every_place_inside(tmp_path: Path) -> None:
    roots = host(links={"sys/a/b": "../..", "sys/c": "a/b/etc"}, files={"etc/os-release": "x"}).unpack(tmp_path)

    assert (roots.sys / "c/os-release").read_text() == "x"
    assert (roots.sys / "c").resolve() == tmp_path.resolve() / "etc"
