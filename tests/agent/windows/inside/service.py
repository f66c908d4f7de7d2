"""barwatch-agent of this checkout: ``service.py PACKAGES service ...``, the folder of what it needs.

A service inherits no environment. In the installed product python311._pth names these folders, and pywin32's libraries
lie beside python.exe.
"""

import os
import sys
from pathlib import Path

ROOT, packages = Path(__file__).parents[4], Path(sys.argv.pop(1))
folders = (ROOT / "agent", ROOT / "proto", packages, packages / "win32", packages / "win32/lib")
sys.path[:0] = map(str, folders)
os.add_dll_directory(str(packages / "pywin32_system32"))

from barwatch_agent.__main__ import entry  # noqa: E402 can be found only now

entry()
