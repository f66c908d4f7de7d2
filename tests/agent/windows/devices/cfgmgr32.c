// SPDX-License-Identifier: Apache-2.0
/*
 * cfgmgr32.dll for tests under Wine: a configuration manager over devices that a test made up.
 *
 * Whoever lists or locates devices has devices.txt read anew, so a test plugs and unplugs them while
 * a service runs. Where it cannot be read those calls fail: nobody shall take a mistake for a
 * machine without devices. What the agent does not ask for is not implemented.
 */

#include "devices.h"
#include <string.h>

static const DEVPROPKEY resource;
static SRWLOCK lock = SRWLOCK_INIT;

static void unlock(SRWLOCK **held)
{
	ReleaseSRWLockExclusive(*held);
}

/* To the end of the call: the agent calls from several threads. */
#define LOCKED                                                                                     \
	SRWLOCK *held __attribute__((cleanup(unlock))) = &lock;                                    \
	AcquireSRWLockExclusive(held)

/* Instance ids one after the other, and an empty one, as far as there is room. */
static CONFIGRET list(PCWSTR enumerator, ULONG flags, WCHAR *buffer, ULONG room, ULONG *needed)
{
	const size_t length = wcslen(enumerator);
	ULONG index, size;

	if (flags != (CM_GETIDLIST_FILTER_ENUMERATOR | CM_GETIDLIST_FILTER_PRESENT))
		return CR_CALL_NOT_IMPLEMENTED;
	if (!devices_read())
		return CR_FAILURE;
	for (*needed = 1, index = 0; index < device_count; index++) {
		const WCHAR *id = devices[index].id;

		if (!devices[index].is_present || _wcsnicmp(id, enumerator, length) ||
		    id[length] != L'\\')
			continue;
		size = (ULONG)wcslen(id) + 1;
		if (*needed + size <= room)
			memcpy(buffer + *needed - 1, id, size * sizeof(*id));
		*needed += size;
	}
	if (*needed <= room)
		buffer[*needed - 1] = L'\0';
	return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_Device_ID_List_SizeW(PULONG length, PCWSTR filter, ULONG flags)
{
	LOCKED;
	return list(filter, flags, NULL, 0, length);
}

CONFIGRET WINAPI CM_Get_Device_ID_ListW(PCWSTR filter, PWCHAR buffer, ULONG length, ULONG flags)
{
	CONFIGRET result;
	ULONG needed;

	LOCKED;
	result = list(filter, flags, buffer, length, &needed);
	return result ? result : needed > length ? CR_BUFFER_SMALL : CR_SUCCESS;
}

CONFIGRET WINAPI CM_Locate_DevNodeW(PDEVINST node, DEVINSTID_W id, ULONG flags)
{
	LOCKED;
	if (flags != CM_LOCATE_DEVNODE_NORMAL)
		return CR_CALL_NOT_IMPLEMENTED;
	if (!devices_read())
		return CR_FAILURE;
	*node = device_index(id) + 1;
	return device_is_there(*node) ? CR_SUCCESS : CR_NO_SUCH_DEVNODE;
}

CONFIGRET WINAPI CM_Get_DevNode_Status(PULONG status, PULONG problem, DEVINST node, ULONG flags)
{
	LOCKED;
	if (flags || !device_is_there(node))
		return flags ? CR_INVALID_FLAG : CR_NO_SUCH_DEVNODE;
	*status = devices[node - 1].status;
	*problem = devices[node - 1].problem;
	return CR_SUCCESS;
}

static CONFIGRET copy(const struct value *value, void *buffer, ULONG room)
{
	if (room < value->size)
		return CR_BUFFER_SMALL;
	memcpy(buffer, value->bytes, value->size);
	return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_DevNode_PropertyW(DEVINST node, const DEVPROPKEY *key, DEVPROPTYPE *type,
					  PBYTE buffer, PULONG size, ULONG flags)
{
	const struct value *value;
	const ULONG room = *size;

	LOCKED;
	if (flags || !device_is_there(node))
		return flags ? CR_INVALID_FLAG : CR_NO_SUCH_DEVNODE;
	value = device_value(node, key, 0);
	*type = value ? value->type : DEVPROP_TYPE_EMPTY;
	*size = value ? value->size : 0;
	return value ? copy(value, buffer, room) : CR_NO_SUCH_VALUE;
}

/*
 * A LOG_CONF is its device, a RES_DES its device and a number from 1: either leads to the next
 * RES_DES, and has nothing to free.
 */
#define NUMBER_BITS 16
#define NUMBER_OF(handle) ((ULONG)((handle) & ((1 << NUMBER_BITS) - 1)))

static const struct value *resource_of(RES_DES of)
{
	const ULONG number = NUMBER_OF(of);

	return number ? device_value((DEVINST)(of >> NUMBER_BITS), &resource, number - 1) : NULL;
}

CONFIGRET WINAPI CM_Get_First_Log_Conf(PLOG_CONF found, DEVINST node, ULONG kind)
{
	LOCKED;
	if (!device_is_there(node))
		return CR_NO_SUCH_DEVNODE;
	*found = (LOG_CONF)node << NUMBER_BITS;
	return kind == ALLOC_LOG_CONF && resource_of(*found + 1) ? CR_SUCCESS : CR_NO_MORE_LOG_CONF;
}

CONFIGRET WINAPI CM_Get_Next_Res_Des(PRES_DES found, RES_DES before, RESOURCEID wanted,
				     PRESOURCEID kind, ULONG flags)
{
	const struct value *next;

	LOCKED;
	if (flags || wanted != ResType_All)
		return CR_CALL_NOT_IMPLEMENTED;
	next = resource_of(before + 1);
	if (!next)
		return CR_NO_MORE_RES_DES;
	*found = before + 1;
	*kind = next->type;
	return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_Res_Des_Data_Size(PULONG size, RES_DES of, ULONG flags)
{
	const struct value *value;

	LOCKED;
	value = resource_of(of);
	*size = value ? value->size : 0;
	return flags ? CR_INVALID_FLAG : value ? CR_SUCCESS : CR_INVALID_RES_DES;
}

CONFIGRET WINAPI CM_Get_Res_Des_Data(RES_DES of, PVOID buffer, ULONG room, ULONG flags)
{
	const struct value *value;

	LOCKED;
	value = resource_of(of);
	return flags ? CR_INVALID_FLAG : value ? copy(value, buffer, room) : CR_INVALID_RES_DES;
}

CONFIGRET WINAPI CM_Free_Res_Des_Handle(RES_DES of)
{
	return NUMBER_OF(of) ? CR_SUCCESS : CR_INVALID_RES_DES;
}

CONFIGRET WINAPI CM_Free_Log_Conf_Handle(LOG_CONF of)
{
	return NUMBER_OF(of) ? CR_INVALID_LOG_CONF : CR_SUCCESS;
}
