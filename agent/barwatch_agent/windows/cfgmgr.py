"""The configuration manager: which devices there are, their properties, and what they were assigned.

Source: Windows SDK cfgmgr32.h. Handles of configurations and resource descriptors are as wide as pointers.
"""

import ctypes
import errno
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

from barwatch_agent.windows.calls import SIZE, U8, U16, U32, Library, bound
from barwatch_agent.windows.facts import Property, Resource
from barwatch_agent.windows.properties import MAX_BYTES, multi_sz

SUCCESS, NO_SUCH_DEVNODE, NO_MORE_LOG_CONF, NO_MORE_RES_DES = 0x00, 0x0D, 0x0E, 0x0F
BUFFER_SMALL, NO_SUCH_VALUE = 0x1A, 0x25
BY_ENUMERATOR, PRESENT = 0x1, 0x100
ALLOCATED, FORCED, BOOT = 2, 4, 3  # kinds of configurations, in the order in which they are looked for
EVERY_KIND = 0  # ResType_All
TRIES = 3  # of a list that grows while it is asked for
MAX_ID = 200 + 1  # characters, MAX_DEVICE_ID_LEN and a NUL
MAX_RESOURCES = 64  # of one device; a function has six BARs, a bridge three windows, and interrupts by the dozen


class DevPropKey(ctypes.Structure):
    """DEVPROPKEY."""

    _fields_ = (("fmtid", U8 * 16), ("pid", U32))

    @classmethod
    def of(cls, guid: UUID, pid: int) -> "DevPropKey":
        """The key of a property."""
        return cls((U8 * 16).from_buffer_copy(guid.bytes_le), pid)


class ConfigManager:
    """Asks cfgmgr32. A device that is gone raises FileNotFoundError, every other refusal OSError with its number."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def present(self, enumerator: str) -> list[str]:
        """Instance ids of the devices that this enumerator found and that are there now."""
        for _ in range(TRIES):
            code, found = self._listed(enumerator)
            if code != BUFFER_SMALL:
                break
        check(code, "CM_Get_Device_ID_List")
        return found

    def _listed(self, enumerator: str) -> tuple[int, list[str]]:
        """Its answer, and the ids; BUFFER_SMALL when a device came after the size was asked."""
        flags, length = BY_ENUMERATOR | PRESENT, U32()
        size = self._call("CM_Get_Device_ID_List_SizeW", ctypes.POINTER(U32), ctypes.c_wchar_p, U32)
        check(size(ctypes.byref(length), enumerator, flags), "CM_Get_Device_ID_List_Size")
        buffer = (U16 * max(length.value, 1))()
        listed = self._call("CM_Get_Device_ID_ListW", ctypes.c_wchar_p, ctypes.POINTER(U16), U32, U32)
        return listed(enumerator, buffer, len(buffer), flags), list(multi_sz(bytes(buffer)))

    def locate(self, instance_id: str) -> int:
        """The handle of a device; it needs no closing."""
        node = U32()
        find = self._call("CM_Locate_DevNodeW", ctypes.POINTER(U32), ctypes.c_wchar_p, U32)
        check(find(ctypes.byref(node), instance_id, 0), "CM_Locate_DevNode")
        return node.value

    def status(self, node: int) -> tuple[int, int]:
        """DN_ flags, and the problem code."""
        status, problem = U32(), U32()
        ask = self._call("CM_Get_DevNode_Status", ctypes.POINTER(U32), ctypes.POINTER(U32), U32, U32)
        check(ask(ctypes.byref(status), ctypes.byref(problem), node, 0), "CM_Get_DevNode_Status")
        return status.value, problem.value

    def property(self, node: int, key: tuple[UUID, int]) -> Property | None:
        """The value of a property; None when the device does not have it."""
        kind, size = U32(), U32(MAX_BYTES)
        buffer = (U8 * MAX_BYTES)()
        ask = self._call(
            "CM_Get_DevNode_PropertyW",
            U32,
            ctypes.POINTER(DevPropKey),
            ctypes.POINTER(U32),
            ctypes.POINTER(U8),
            ctypes.POINTER(U32),
            U32,
        )
        wanted = DevPropKey.of(*key)
        code = ask(node, ctypes.byref(wanted), ctypes.byref(kind), buffer, ctypes.byref(size), 0)
        if code == NO_SUCH_VALUE:
            return None
        check(code, "CM_Get_DevNode_Property")
        return Property(kind.value, bytes(buffer[: min(size.value, MAX_BYTES)]))

    def resources(self, node: int) -> Sequence[Resource]:
        """What the device was assigned, in the order of the list; nothing where it was assigned nothing."""
        configuration = self._configuration(node)
        if configuration is None:
            return ()
        try:
            return list(self._descriptors(configuration))
        finally:
            self._call("CM_Free_Log_Conf_Handle", SIZE)(configuration)

    def _configuration(self, node: int) -> int | None:
        """What is in use; for a device that did not start what was forced on it, or what the firmware left."""
        first = self._call("CM_Get_First_Log_Conf", ctypes.POINTER(SIZE), U32, U32)
        for kind in (ALLOCATED, FORCED, BOOT):
            found = SIZE()
            code = first(ctypes.byref(found), node, kind)
            if code != NO_MORE_LOG_CONF:
                check(code, "CM_Get_First_Log_Conf")
                return found.value
        return None

    def _descriptors(self, configuration: int) -> Iterator[Resource]:
        """Each handle leads to the next one, the first from the configuration itself; each is freed once."""
        follow = self._call("CM_Get_Next_Res_Des", ctypes.POINTER(SIZE), SIZE, U32, ctypes.POINTER(U32), U32)
        free = self._call("CM_Free_Res_Des_Handle", SIZE)
        before = configuration
        try:
            for _ in range(MAX_RESOURCES):
                found, kind = SIZE(), U32()
                code = follow(ctypes.byref(found), before, EVERY_KIND, ctypes.byref(kind), 0)
                if code == NO_MORE_RES_DES:
                    return
                check(code, "CM_Get_Next_Res_Des")
                if before != configuration:
                    free(before)
                before = found.value
                yield Resource(kind.value, self._data(before))
        finally:
            if before != configuration:
                free(before)

    def _data(self, descriptor: int) -> bytes:
        size = U32()
        ask = self._call("CM_Get_Res_Des_Data_Size", ctypes.POINTER(U32), SIZE, U32)
        check(ask(ctypes.byref(size), descriptor, 0), "CM_Get_Res_Des_Data_Size")
        buffer = (U8 * min(max(size.value, 1), MAX_BYTES))()
        take = self._call("CM_Get_Res_Des_Data", SIZE, ctypes.POINTER(U8), U32, U32)
        check(take(descriptor, buffer, len(buffer), 0), "CM_Get_Res_Des_Data")
        return bytes(buffer[: size.value])

    def _call(self, name: str, *arguments: type) -> Callable[..., int]:
        return bound(self._library, name, U32, *arguments)


def check(code: int, call: str) -> None:
    """Nothing for success.

    Raises:
        FileNotFoundError: the device is gone.
        OSError: anything else, with the CONFIGRET.
    """
    if code == NO_SUCH_DEVNODE:
        raise FileNotFoundError(errno.ENOENT, "the device is gone")
    if code != SUCCESS:
        raise OSError(errno.EIO, f"{call} answers CONFIGRET {code:#x}")
