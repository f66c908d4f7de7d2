r"""The driver's device on Windows: \\.\barwatch through calls of kernel32 that a test answers."""

import ctypes
import errno
import re
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace

import pytest
from tests.agent.driver_device import Silicon

from barwatch_agent.access import mapping_process
from barwatch_agent.access.through_driver import ConfigThroughDriver
from barwatch_agent.driver import windows
from barwatch_agent.driver.abi import Command, PolicyState, Status, pack_address
from barwatch_agent.driver.connection import Driver
from barwatch_agent.windows.calls import POINTER, U32
from barwatch_proto.pci import Address
from barwatch_proto.words import Outcome, State

HEADER = Path(__file__).parents[3] / "driver/include/barwatch_ioctl.h"
GPU = Address(0, 1, 0, 0)
HANDLE = 0x1234


class FakeKernel32:
    """Opens one name, and hands each request to a simulated driver."""

    def __init__(self, silicon, error=0):
        self.silicon, self.error = silicon, error
        self.asked, self.closed = [], []
        text, pointer = ctypes.c_wchar_p, POINTER
        self.library = SimpleNamespace(
            CreateFileW=ctypes.CFUNCTYPE(pointer, text, U32, U32, pointer, U32, U32, pointer)(self._create),
            DeviceIoControl=ctypes.CFUNCTYPE(U32, pointer, U32, pointer, U32, pointer, U32, pointer, pointer)(
                self._control
            ),
            CloseHandle=ctypes.CFUNCTYPE(U32, pointer)(self._close),
        )

    def _create(self, name, access, share, _security, how, _flags, _template):
        self.asked.append((name, access, share, how))
        return HANDLE if not self.error else ctypes.c_void_p(-1).value

    def _control(self, handle, code, sent, length, back, room, returned, _overlapped):  # noqa: PLR0913, PLR0917 of Windows
        buffer = bytearray(ctypes.string_at(sent, length))
        self.silicon(code >> 2 & 0xFF | 0xBA00, buffer)
        ctypes.memmove(back, bytes(buffer), len(buffer))
        ctypes.cast(returned, ctypes.POINTER(U32))[0] = room
        return int(handle == HANDLE)

    def _close(self, handle):
        self.closed.append(handle)
        return 1


@pytest.fixture
def opened():
    def open_(silicon):
        fake = FakeKernel32(silicon)
        return fake, windows.open_device(fake.library, Path(windows.NAME))

    return open_


def test_the_device_is_opened_to_read_and_shared(opened):
    fake, device = opened(Silicon())
    device.close()

    assert fake.asked == [(r"\\.\barwatch", 0x80000000, 3, 3)]
    assert fake.closed == [HANDLE]


def test_requests_and_answers_are_those_of_linux(opened):
    silicon = Silicon(policy=PolicyState.LOADED)
    silicon.spaces[pack_address(GPU), 0] = b"\xde\x10\x84\x26"
    _, device = opened(silicon)

    assert device.info().policy is PolicyState.LOADED
    assert device.config(GPU, 0, 0, 4) == b"\xde\x10\x84\x26"


def test_a_name_that_pathlib_takes_for_a_share_is_opened_as_it_is(opened):
    """PureWindowsPath puts a backslash behind it: the root folder of the share."""
    fake, _ = opened(Silicon())
    windows.open_device(fake.library, str(PureWindowsPath(windows.NAME)))

    assert fake.asked[0] == fake.asked[1]


def test_a_device_that_does_not_open_is_an_error():
    fake = FakeKernel32(Silicon(), error=2)

    with pytest.raises(OSError, match="Windows error"):
        windows.open_device(fake.library, Path(windows.NAME))


@pytest.mark.parametrize(
    ("code", "number"),
    [(2, errno.ENOENT), (5, errno.EACCES), (87, errno.EINVAL), (4, errno.EMFILE), (12345, errno.EIO)],
)
def test_errors_of_windows_are_told_by_errno(code, number):
    assert windows.error_of(code).errno == number


def test_control_codes_are_those_of_the_header():
    """CTL_CODE(type, function, METHOD_BUFFERED, access) is type << 16 | access << 14 | function << 2."""
    lines = re.findall(r"define BW_IOCTL_(\w+) BW_COMMAND\((\d), BW_TO_(READ|WRITE)\)", HEADER.read_text())
    codes = {name: 0xBA00 << 16 | {"READ": 1, "WRITE": 3}[to] << 14 | 0x800 + int(n) << 2 for name, n, to in lines}

    assert {command.name: windows.control_code(command) for command in Command} == {
        command.name: codes[command.name] for command in Command
    }
    assert windows.control_code(Command.MAP) == mapping_process.WINDOWS_MAP


def test_a_driver_that_is_not_there_is_told_by_its_name_on_windows():
    def missing(_path):
        raise windows.error_of(2)

    found = Driver(Path(windows.NAME), missing, windows.NAME).status()

    assert (found.state, found.source) == (State.ABSENT, r"\\.\barwatch")
    assert found.reason == r"the barwatch driver is not installed: \\.\barwatch does not exist"


def test_who_may_open_it_is_told_as_windows_has_it():
    def denied(_path):
        raise PermissionError(errno.EACCES, "Windows error 5")

    found = Driver(Path(windows.NAME), denied, windows.NAME).status()

    assert found.reason == "Windows error 5 (EACCES): only an administrator may, and the agent's service"


@pytest.mark.parametrize(
    ("offset", "width", "value"), [(0, 4, 0x268410DE), (2, 2, 0x2684), (1, 1, 0x10), (4, 8, 0x8877665544332211)]
)
def test_configuration_space_is_read_in_double_words(make_target, offset, width, value):
    silicon = Silicon()
    target = make_target(bar=None, offset=offset, width=width)
    silicon.spaces[pack_address(target.function.address), 0] = bytes.fromhex("de108426112233445566778899")[:12]
    reader = ConfigThroughDriver(Driver(Path("x"), lambda _: silicon.device()))

    assert [reply.value for reply in reader.read([target])] == [value]


@pytest.mark.parametrize(
    ("space", "outcome"),
    [
        (Status.DENIED_POLICY, Outcome.DENIED),
        (Status.UNREACHABLE_D3COLD, Outcome.UNREACHABLE),
        (b"\xde\x10\x84\x26", Outcome.UNREACHABLE),
    ],
)
def test_a_register_that_is_not_read_has_no_value(make_target, space, outcome):
    silicon = Silicon()
    target = make_target(bar=None, offset=0 if isinstance(space, Status) else 4)
    silicon.spaces[pack_address(target.function.address), 0] = space
    (reply,) = ConfigThroughDriver(Driver(Path("x"), lambda _: silicon.device())).read([target])

    assert (reply.value, reply.outcome) == (None, outcome)
