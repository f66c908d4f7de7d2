"""A configuration manager over devices that a test made up: real C functions, so that every pointer is followed."""

import ctypes
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from uuid import UUID

from barwatch_agent.windows.calls import SIZE, U8, U16, U32
from barwatch_agent.windows.cfgmgr import DevPropKey
from barwatch_agent.windows.facts import Devnode
from barwatch_agent.windows.properties import KEYS

NO_SUCH_DEVNODE, NO_MORE_LOG_CONF, NO_MORE_RES_DES, BUFFER_SMALL, NO_SUCH_VALUE = 0x0D, 0x0E, 0x0F, 0x1A, 0x25
ALLOCATED = 2
NAMES = {key: name for name, key in KEYS.items()}
INVALID_HANDLE = 0x14  # what the real one would answer to a handle that was freed


class FakeConfigManager:
    """``library`` is what ctypes.WinDLL would be. Handles of descriptors are counted: all must be freed."""

    def __init__(self, nodes: Sequence[Devnode]) -> None:
        self.nodes = list(nodes)
        self.gone: set[str] = set()  # instance ids of devices that went away after they were listed
        self.arriving: list[Devnode] = []  # one comes each time the list's size was told
        self.open: set[int] = set()  # handles
        self.library = self._library()

    def _library(self) -> SimpleNamespace:
        pointer, text = ctypes.POINTER, ctypes.c_wchar_p
        return SimpleNamespace(
            CM_Get_Device_ID_List_SizeW=_exported(self._list_size, pointer(U32), text, U32),
            CM_Get_Device_ID_ListW=_exported(self._list, text, pointer(U16), U32, U32),
            CM_Locate_DevNodeW=_exported(self._locate, pointer(U32), text, U32),
            CM_Get_DevNode_Status=_exported(self._status, pointer(U32), pointer(U32), U32, U32),
            CM_Get_DevNode_PropertyW=_exported(
                self._property, U32, pointer(DevPropKey), pointer(U32), pointer(U8), pointer(U32), U32
            ),
            CM_Get_First_Log_Conf=_exported(self._first, pointer(SIZE), U32, U32),
            CM_Get_Next_Res_Des=_exported(self._next, pointer(SIZE), SIZE, U32, pointer(U32), U32),
            CM_Get_Res_Des_Data_Size=_exported(self._size, pointer(U32), SIZE, U32),
            CM_Get_Res_Des_Data=_exported(self._data, SIZE, pointer(U8), U32, U32),
            CM_Free_Res_Des_Handle=_exported(self._free, SIZE),
            CM_Free_Log_Conf_Handle=_exported(self._free, SIZE),
        )

    def _listed(self) -> bytes:
        names = "".join(f"{node.instance_id}\0" for node in self.nodes)
        return f"{names}\0".encode("utf-16-le")

    def _list_size(self, length, _enumerator, _flags):
        length[0] = len(self._listed()) // 2
        self.nodes += [self.arriving.pop()] if self.arriving else []
        return 0

    def _list(self, _enumerator, buffer, length, _flags):
        listed = self._listed()
        if len(listed) > 2 * length:
            return BUFFER_SMALL
        ctypes.memmove(buffer, listed, len(listed))
        return 0

    def _locate(self, node, instance_id, _flags):
        for number, each in enumerate(self.nodes):
            if each.instance_id == instance_id and instance_id not in self.gone:
                node[0] = number + 1
                return 0
        return NO_SUCH_DEVNODE

    def _status(self, status, problem, node, _flags):
        status[0], problem[0] = self.nodes[node - 1].status or 0, self.nodes[node - 1].problem or 0
        return 0

    def _property(self, node, key, kind, buffer, size, _flags):
        guid = UUID(bytes_le=bytes(key[0].fmtid))
        found = self.nodes[node - 1].properties.get(NAMES[guid, key[0].pid])
        if found is None:
            return NO_SUCH_VALUE
        if len(found.data) > size[0]:
            return BUFFER_SMALL
        kind[0], size[0] = found.kind, len(found.data)
        ctypes.memmove(buffer, found.data, len(found.data))
        return 0

    def _first(self, configuration, node, kind):
        if kind != ALLOCATED or not self.nodes[node - 1].resources:
            return NO_MORE_LOG_CONF
        return self._opened(configuration, node << 32)

    def _next(self, descriptor, before, _wanted, kind, _flags):
        if before not in self.open:
            return INVALID_HANDLE
        node, index = before >> 32, before & 0xFFFFFFFF
        resources = self.nodes[node - 1].resources or ()
        if index >= len(resources):
            return NO_MORE_RES_DES
        kind[0] = resources[index].kind
        return self._opened(descriptor, before + 1)

    def _size(self, size, descriptor, _flags):
        size[0] = len(self._resource(descriptor))
        return 0

    def _data(self, descriptor, buffer, length, _flags):
        data = self._resource(descriptor)
        if length < len(data):
            return BUFFER_SMALL
        ctypes.memmove(buffer, data, len(data))
        return 0

    def _resource(self, descriptor: int) -> bytes:
        return self.nodes[(descriptor >> 32) - 1].resources[(descriptor & 0xFFFFFFFF) - 1].data

    def _opened(self, where, handle):
        self.open.add(handle)
        where[0] = handle
        return 0

    def _free(self, handle):
        if handle not in self.open:
            return INVALID_HANDLE
        self.open.remove(handle)
        return 0


def _exported(function: Callable[..., int], *arguments: type) -> object:
    return ctypes.CFUNCTYPE(U32, *arguments)(function)
