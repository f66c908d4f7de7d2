"""Our decoding and lspci's, field by field, over every real configuration space that the tests have."""

import shutil
import subprocess
from pathlib import Path
from types import MappingProxyType

import pytest
from tests.agent.lspci import told_by_lspci, told_by_us
from tests.agent.lspci.spaces import LENGTHS, all_spaces, as_lspci

LSPCI = shutil.which("lspci")
LEAST_FIELDS = 22_500
# Fields with two values, by file, function, capability and name, with the reason. None: the decoders agree everywhere.
DIFFERENCES: MappingProxyType[tuple[str, str, str, str], str] = MappingProxyType({})
ONLY_LSPCI = {
    "Status.UDF": "a bit that PCI 2.2 took back: PCI Local Bus Spec 3.0, 6.2.3, reserved",
    "link.active": "DLActive means nothing without LLActRep: PCIe Base Spec 6.0, 7.5.3.8",
    "link.width": "0 lanes, and lane counts that are reserved, are no width: PCIe Base Spec 6.0, 7.5.3.6 and 7.5.3.8",
    "subsystem.vendor": "of bridges: lspci shows the capability's in the header's place, too",
    "subsystem.device": "as the vendor",
    "L1SubCap.L1_PM_Substates": "says that the other bits of the register count",
    "express.slot": "of ports that have no slot bit: PCIe Base Spec 6.0, 7.5.3.2",
    "dpc.reason": "of a port that is not triggered: valid only then, PCIe Base Spec 6.0, 7.9.14.4",
    "serial_number": "zeros name nothing",
    "window Prefetchable memory": "all ones in a base register: unknown, as everywhere",
    "primary": "of a CardBus bridge, at the same place",
    "secondary": "as primary",
    "subordinate": "as primary",
    **dict.fromkeys(
        (f"bar{index}" for index in range(6)), "of virtual functions and CXL, in capabilities; and I/O at 0"
    ),
}
ONLY_OURS = {
    "bar0": "BARs that hold no address: lspci leaves them out",
    "express.ari_able": "of endpoints: the bit counts for ports only, and no verdict asks endpoints",
    "express.ari": "as express.ari_able",
    "subsystem.vendor": "zeros name nobody: lspci leaves them out",
    "subsystem.device": "as the vendor",
    "dpc.source": "lspci 3.9 shows it where DPC was triggered",
    "capability": "lspci does not name what overlaps in a broken list",
}

pytestmark = pytest.mark.skipif(LSPCI is None, reason="lspci is not there: apt-get install pciutils")


def lspci(text: str, folder: Path) -> dict[str, str]:
    """What lspci says of each function of a hex dump, by address."""
    file = folder / "dump.txt"
    file.write_text(text)
    done = subprocess.run(
        [str(LSPCI), "-F", str(file), "-vvv", "-n"], capture_output=True, text=True, check=True, errors="replace"
    )
    return {block.split(maxsplit=1)[0]: block for block in done.stdout.strip().split("\n\n")}


def pairs(folder: Path):
    """What lspci and we say of every function."""
    for file, spaces in all_spaces().items():
        text, where = as_lspci(spaces)
        for address, block in lspci(text, folder).items():
            name = where[address]
            length = next(length for length in LENGTHS if len(spaces[name]) <= length)
            config = spaces[name].ljust(length, b"\0")
            yield file, name, told_by_lspci.facts_of(block), told_by_us.facts_of(config)


def test_our_decoding_agrees_with_lspci_on_what_both_know(tmp_path, capsys):
    """A difference needs the place in a specification that says we are right; one that is gone leaves the list."""
    found, count, functions = {}, 0, 0
    for file, name, theirs, ours in pairs(tmp_path):
        both = theirs.keys() & ours.keys()
        count, functions = count + len(both), functions + 1
        found |= {(file, name, *field): (theirs[field], ours[field]) for field in both if theirs[field] != ours[field]}
    with capsys.disabled():
        print(f"\ncompared with lspci: {count} fields of {functions} functions, {len(found)} differences")  # noqa: T201

    assert {key: values for key, values in found.items() if key not in DIFFERENCES} == {}
    assert set(DIFFERENCES) <= set(found)
    assert count >= LEAST_FIELDS


def test_what_only_one_of_the_two_knows_is_known(tmp_path):
    """A field that a pattern of this test misses would look like one that lspci does not print."""
    only_lspci, only_ours = set(), set()
    for _, _, theirs, ours in pairs(tmp_path):
        only_lspci |= {name for _, name in theirs.keys() - ours.keys()}
        only_ours |= {name for _, name in ours.keys() - theirs.keys()}

    assert only_lspci <= set(ONLY_LSPCI)
    assert only_ours <= set(ONLY_OURS)
