"""Structures have the sizes and offsets that they have on 64-bit Windows, on every system."""

import ctypes
import struct

import pytest

from barwatch_agent.windows import resources
from barwatch_agent.windows.calls import POINTER, SIZE, U8, U16, U32, U64
from barwatch_agent.windows.cfgmgr import DevPropKey
from barwatch_agent.windows.platform import OsVersion, PowerStatus, TpmInfo
from barwatch_agent.windows.properties import NUMBERS


def offsets(structure):
    return {name: getattr(structure, name).offset for name, *_ in structure._fields_}


@pytest.mark.parametrize(
    ("structure", "size", "places"),
    [
        (DevPropKey, 20, {"fmtid": 0, "pid": 16}),
        (TpmInfo, 16, {"struct_version": 0, "tpm_version": 4, "interface_type": 8, "revision": 12}),
        (OsVersion, 276, {"size": 0, "major": 4, "minor": 8, "build": 12, "platform_id": 16, "service_pack": 20}),
        (
            PowerStatus,
            12,
            {
                "ac_line": 0,
                "battery_flag": 1,
                "percent": 2,
                "system_status": 3,
                "life_seconds": 4,
                "full_life_seconds": 8,
            },
        ),
    ],
)
def test_a_structure_is_laid_out_as_the_header_says(structure, size, places):
    assert ctypes.sizeof(structure) == size
    assert offsets(structure) == places


def test_types_have_the_width_that_their_names_say():
    assert [ctypes.sizeof(each) for each in (U8, U16, U32, U64, SIZE, POINTER)] == [1, 2, 4, 8, 8, 8]


def test_descriptors_are_packed():
    assert (resources.MEM_DES.size, resources.IO_DES.size) == (32, 28)


def test_numbers_are_as_long_as_their_type():
    sizes = {2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 4, 8: 8, 9: 8, 0x18: 4}

    assert {kind: struct.calcsize(layout) for kind, layout in NUMBERS.items()} == sizes
