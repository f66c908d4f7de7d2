"""Handles: too many, given to another process, left open when the driver goes; prints what each came to."""

import contextlib
import ctypes
import json
import subprocess
import sys

from driver import MANY, Driver, load, rule
from machine import Command, Count, Machine

kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
kernel32.OpenProcess.restype = ctypes.c_void_p
kernel32.GetCurrentProcess.restype = ctypes.c_void_p
kernel32.DuplicateHandle.argtypes = [ctypes.c_void_p] * 3 + [
    ctypes.c_void_p,
    ctypes.c_uint32,
    ctypes.c_int,
    ctypes.c_uint32,
]


def many() -> dict[str, object]:
    """All handles that there are, and one more."""
    with contextlib.ExitStack() as stack:
        drivers = [stack.enter_context(Driver(for_writing=False)) for _ in range(64)]
        try:
            stack.enter_context(Driver(for_writing=False)).info()
            error = 0
        except OSError as refusal:
            error = refusal.errno
        found = {"error": error, "refused": drivers[0].info()["handles_refused"]}
    with Driver() as driver:
        return found | {"afterwards": driver.info()["handles"]}


def child() -> None:
    """Another process that uses a handle which it was given."""
    given = Driver.__new__(Driver)
    with Driver() as template:
        given.__dict__.update(template.__dict__)
        given.handle = int(sys.stdin.readline())
        read = given.read()
        try:
            mapped = given.map()[0]
        except OSError as error:
            mapped = error.errno
    json.dump({"read": read, "map": mapped}, sys.stdout)


def duplicated() -> dict[str, object]:
    """A handle of ours in another process, and ours closed; the page is ours as long as the other has it."""
    with Driver() as driver, Machine() as machine:
        driver.allow(rule(**MANY))
        _, where = driver.map()
        other = subprocess.Popen(
            [sys.executable, __file__, "child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        target = kernel32.OpenProcess(0x40, 0, other.pid)
        there = ctypes.c_void_p()
        kernel32.DuplicateHandle(kernel32.GetCurrentProcess(), driver.handle, target, ctypes.byref(there), 0, 0, 2)
        driver.close()
        still = load(where)
        said, _ = other.communicate(f"{there.value}\n")
        pages = machine.count(Count.USER_PAGES)
        while pages and machine.count(Count.USER_PAGES):
            pass
        return json.loads(said) | {
            "still mapped": still,
            "then": load(where),
            "wrong": machine.count(Count.WRONG_PROCESS),
        }


def closed() -> dict[str, object]:
    """A page when its handle is closed."""
    with Driver() as driver, Machine() as machine:
        driver.allow(rule(**MANY))
        _, where = driver.map()
        before = load(where)
        driver.close()
        while machine.count(Count.USER_PAGES):
            pass
        return {"before": before, "after": load(where)}


def without_file() -> dict[str, object]:
    """Another driver asks the control device, and has opened no file."""
    with Driver() as driver, Machine() as machine:
        status, _ = machine.ask(Command.WITHOUT_FILE)
        return {"status": status, "handles": driver.info()["handles"]}


def left_open() -> dict[str, object]:
    """The driver goes while a handle is open and a page is mapped; then it is loaded anew."""
    driver, machine = Driver(), Machine()
    driver.allow(rule(**MANY))
    machine.pull_out()
    machine.do(Command.UNLOAD)
    try:
        error = driver.read()
    except OSError as refusal:
        error = refusal.errno
    driver.close()
    machine.do(Command.LOAD)
    machine.plug_in()
    with Driver() as again:
        return {"error": error, "state": again.info()["policy_state"], "handles": again.info()["handles"]}


if sys.argv[1] == "child":
    child()
else:
    json.dump(globals()[sys.argv[1]](), sys.stdout)
