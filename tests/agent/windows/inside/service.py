"""barwatch-agent of this checkout: ``service.py PACKAGES PYWIN32 service ...``, the folders of what it needs.

A service inherits no environment. In the installed product python311._pth names these folders, and pywin32's libraries
lie beside python.exe.
"""

import os
import sys
from pathlib import Path

ROOT, packages, pywin32 = Path(__file__).parents[4], Path(sys.argv.pop(1)), Path(sys.argv.pop(1))
folders = (ROOT / "agent", ROOT / "proto", packages, pywin32, pywin32 / "win32", pywin32 / "win32/lib")
sys.path[:0] = map(str, folders)
os.add_dll_directory(str(pywin32 / "pywin32_system32"))

from barwatch_agent.__main__ import entry  # noqa: E402 can be found only now

entry()
