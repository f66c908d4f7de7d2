"""CM_POWER_DATA: the power state of a device as the power manager saw it last.

Source: Windows SDK cfg.h (wdm.h has the numbers of DEVICE_POWER_STATE).
"""

STATE = 4  # byte offset of PD_MostRecentPowerState, after PD_Size
STATES = {1: "D0", 2: "D1", 3: "D2", 4: "D3"}
LENGTH = 56  # fourteen 32-bit fields


def power_state(data: bytes) -> str | None:
    """``D0`` to ``D3``, of which Windows does not tell hot and cold apart; None when it does not know.

    Raises:
        ValueError: this is no such structure.
    """
    if len(data) < LENGTH:
        msg = f"power data has {len(data)} bytes, expected {LENGTH}"
        raise ValueError(msg)
    return STATES.get(int.from_bytes(data[STATE : STATE + 4], "little"))
