"""The functions of winreg that the agent calls, over a dict; what it is asked to open must be there, as in Windows."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\barwatch"
PARAMETERS = rf"{SERVICE}\Parameters"


@dataclass(slots=True)
class FakeRegistry:
    """Below HKEY_LOCAL_MACHINE. ``keys``: values by name, each with its type, by the path of the key."""

    keys: dict[str, dict[str, tuple[object, int]]] = field(default_factory=lambda: {SERVICE: {}})
    refuses: int = 0  # errno of every call that reads or changes something

    HKEY_LOCAL_MACHINE: str = "HKLM"
    KEY_READ: int = 0x20019
    KEY_SET_VALUE: int = 2
    REG_SZ: int = 1
    REG_BINARY: int = 3

    @contextmanager
    def OpenKey(self, key: str, sub_key: str, _reserved: int = 0, _access: int = 0x20019) -> Iterator[str]:  # noqa: N802
        path = rf"{key}\{sub_key}"
        self._judge(is_there=path in self.keys)
        yield path

    @contextmanager
    def CreateKeyEx(self, key: str, sub_key: str, _reserved: int, _access: int) -> Iterator[str]:  # noqa: N802
        path = rf"{key}\{sub_key}"
        self._judge()
        self.keys.setdefault(path, {})
        yield path

    def QueryValueEx(self, key: str, name: str) -> tuple[object, int]:  # noqa: N802
        self._judge(is_there=name in self.keys[key])
        return self.keys[key][name]

    def SetValueEx(self, key: str, name: str, _reserved: int, kind: int, value: object) -> None:  # noqa: N802
        self.keys[key][name] = (value, kind)

    def DeleteValue(self, key: str, name: str) -> None:  # noqa: N802
        self._judge(is_there=name in self.keys[key])
        del self.keys[key][name]

    def _judge(self, *, is_there: bool = True) -> None:
        if self.refuses or not is_there:
            number = self.refuses or errno.ENOENT
            raise OSError(number, os.strerror(number))
