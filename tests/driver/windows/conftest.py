"""Fixtures of the Windows driver: see fixtures.py."""

from tests.driver.windows.fixtures import (
    inject,
    inside,
    machine,
    machine_services,
    mingw,
    objects,
    tested_driver,
    windows_python,
    wine,
    wine_prefix,
    writing_objects,
)

__all__ = [
    "inject",
    "inside",
    "machine",
    "machine_services",
    "mingw",
    "objects",
    "tested_driver",
    "windows_python",
    "wine",
    "wine_prefix",
    "writing_objects",
]
