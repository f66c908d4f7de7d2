import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barwatch_agent.settings
from barwatch_agent.roots import Roots
from barwatch_agent.settings import PROBES, Probe, read_settings
from barwatch_agent.settings.host import host_facts
from barwatch_proto import codec
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

README = Path(barwatch_agent.settings.__file__).with_name("README.md")
SOURCES = {name: source for probe in PROBES for name, source in probe.sources.items()}
FILES = (
    *sorted({source.replace("*", "0") for source in SOURCES.values() if source.startswith("/")}),
    "/sys/bus/pci/devices/0000:00:00.0/vendor",
    "/sys/class/dmi/id/product_uuid",
    "/sys/class/iommu/dmar0",
    "/sys/class/power_supply/AC/online",
    "/sys/class/power_supply/AC/type",
    "/sys/class/power_supply/BAT0/scope",
    "/sys/class/power_supply/BAT0/status",
    "/sys/class/power_supply/BAT0/type",
    "/sys/devices/system/clocksource/clocksource0/available_clocksource",
    "/sys/firmware/acpi/pm_profile",
    "/sys/firmware/devicetree/base/hypervisor/compatible",
    "/sys/hypervisor/properties/features",
    "/sys/hypervisor/type",
)
FOLDERS = {"/sys/class/iommu", "/sys/class/power_supply"}
PLAUSIBLE = (
    b"0\n",
    b"1\n",
    b"[none] integrity\n",
    b"Battery",
    b"Mains",
    b"6.1.0\n",
    b"DMAR" + bytes(44),
    b"\x06\0\0\0\1",
)
CONTENTS = st.one_of(
    st.none(), st.binary(max_size=300), st.sampled_from(PLAUSIBLE), st.text(max_size=50).map(str.encode)
)


def rule_breaks(setting: Setting) -> bool:
    """Whether a setting has a reason and should not, or the other way round; or says nothing of what it says."""
    needs_reason = setting.state in {State.ABSENT, State.UNREADABLE}
    return (
        bool(setting.reason) is not needs_reason
        or not setting.source
        or (setting.value is None and setting.state is State.VALUE)
        or (setting.value is not None and setting.state not in {State.VALUE, State.ON})
    )


def test_on_this_machine_every_setting_has_a_source_a_state_and_a_reason_where_it_has_no_answer() -> None:
    found = read_settings(Roots.beside(Path("/sys")))

    assert [setting for setting in found if rule_breaks(setting)] == []
    assert [setting for setting in found if "the probe failed" in (setting.reason or "")] == []


def test_this_machine_has_a_kernel_and_a_state_of_taint() -> None:
    found = {setting.name: setting for setting in read_settings(Roots.beside(Path("/sys")))}

    assert found["kernel_version"].value == Path("/proc/sys/kernel/osrelease").read_text(encoding="utf-8").strip()
    assert found["kernel_tainted"].state in {State.OFF, State.VALUE}


def test_an_empty_root_answers_nothing_and_hides_nothing(tree: Callable[..., Roots]) -> None:
    found = read_settings(tree())

    assert [setting.name for setting in found] == list(SOURCES)
    assert {setting.state for setting in found} == {State.ABSENT}
    assert all(setting.reason for setting in found)


def test_the_settings_are_always_the_same_in_the_same_order(tree: Callable[..., Roots]) -> None:
    here = read_settings(Roots.beside(Path("/sys")))

    assert [setting.name for setting in here] == [setting.name for setting in read_settings(tree())]
    assert len({setting.name for setting in here}) == len(here)


def test_a_probe_that_fails_costs_only_its_own_settings(tree: Callable[..., Roots]) -> None:
    def broken(_roots: Roots) -> tuple[Setting, ...]:
        msg = "nobody thought of this"
        raise ZeroDivisionError(msg)

    first, *_, last = PROBES
    probes = (first, Probe({"one": "/sys/one", "two": "/sys/two"}, broken), last)
    found = {setting.name: setting for setting in read_settings(tree({"/proc/cpuinfo": "flags : fpu"}), probes)}

    assert found["virtual_machine"].state is State.OFF
    assert found["one"] == Setting(
        "one", State.UNREADABLE, "/sys/one", reason="the probe failed: ZeroDivisionError: nobody thought of this"
    )
    assert found["two"].state is State.UNREADABLE


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: next(iter(probe.sources)))
def test_a_probe_returns_the_settings_that_it_names(probe: Probe, tree: Callable[..., Roots]) -> None:
    assert [setting.name for setting in probe.read(tree())] == list(probe.sources)


def test_a_source_is_a_path_for_people_wherever_the_roots_are(tree: Callable[..., Roots], tmp_path: Path) -> None:
    found = read_settings(tree({"/proc/cpuinfo": "flags : fpu", "/sys/firmware/acpi/pm_profile": "1"}))

    assert str(tmp_path) not in repr(found)


@settings(max_examples=60, deadline=None)
@given(contents=st.lists(CONTENTS, min_size=len(FILES), max_size=len(FILES)))
def test_whatever_the_files_hold_no_probe_raises_and_every_setting_fits_the_wire(
    plant: Callable[..., Roots], contents: list[bytes | None]
) -> None:
    """None puts a folder in place of a file."""
    files = {path: content for path, content in zip(FILES, contents, strict=True) if path not in FOLDERS}
    with tempfile.TemporaryDirectory() as above:
        roots = plant(Path(above), files)
        found = [setting for probe in PROBES for setting in probe.read(roots)]
        facts = host_facts(roots, "lab-7")

    assert [setting for setting in found if rule_breaks(setting)] == []
    assert [codec.decode(Setting, codec.encode(setting)) for setting in found] == found
    assert codec.encode(facts)
    assert max(len(text) for setting in found for text in (setting.value, setting.raw, setting.reason) if text) <= 200


def test_the_readme_has_one_row_for_each_setting_with_its_source() -> None:
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|", README.read_text(encoding="utf-8"), re.MULTILINE)

    assert [name for name, _ in rows] == list(SOURCES)
    assert [name for name, source in rows if f"`{SOURCES[name]}`" not in source] == []
