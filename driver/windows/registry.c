// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The policy that an administrator left in the registry: value Policy (REG_BINARY) of the service's
 * key Parameters, the bytes of a POLICY request. Only administrators may write below Services.
 */

#include "barwatch.h"

#define BW_VALUE_ROOM \
	(sizeof(KEY_VALUE_PARTIAL_INFORMATION) + BW_SIZE_MAX + \
	 BW_RULES_MAX * sizeof(struct bw_rule))

static void bw_complain(const char *what, NTSTATUS status)
{
	DbgPrint("barwatch: Parameters\\Policy in the registry: %s (0x%x); nothing is readable\n",
		 what, status);
}

/* What a POLICY request of `room` bytes comes to. */
static void bw_registry_take(const __u8 *bytes, ULONG room)
{
	struct bw_policy policy;
	NTSTATUS status;

	if (room < sizeof(policy)) {
		bw_complain("too short", STATUS_INVALID_PARAMETER);
		return;
	}
	RtlCopyMemory(&policy, bytes, sizeof(policy));
	if (policy.size != sizeof(policy)) {
		bw_complain("of another version", STATUS_INFO_LENGTH_MISMATCH);
		return;
	}
	status = bw_policy_take(&policy, bytes + sizeof(policy), room - sizeof(policy));
	if (!NT_SUCCESS(status))
		bw_complain("not understood", status);
	else if (policy.out_status)
		bw_complain("a rule is wrong", policy.out_status);
}

/* Without a value there is no policy, and nothing to complain about. */
static void bw_registry_read(HANDLE key)
{
	UNICODE_STRING name = RTL_CONSTANT_STRING(L"Policy");
	KEY_VALUE_PARTIAL_INFORMATION *value;
	NTSTATUS status;
	ULONG length;

	value = bw_allocate(BW_VALUE_ROOM);
	if (!value)
		return;
	status = ZwQueryValueKey(key, &name, KeyValuePartialInformation, value, BW_VALUE_ROOM,
				 &length);
	if (NT_SUCCESS(status) && value->Type == REG_BINARY)
		bw_registry_take(value->Data, value->DataLength);
	else if (status != STATUS_OBJECT_NAME_NOT_FOUND)
		bw_complain("not REG_BINARY, or too long", status);
	ExFreePoolWithTag(value, BW_POOL_TAG);
}

static HANDLE bw_registry_open(HANDLE parent, PUNICODE_STRING name)
{
	OBJECT_ATTRIBUTES attributes;
	HANDLE key;

	InitializeObjectAttributes(&attributes, name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
				   parent, NULL);
	return NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes)) ? key : NULL;
}

/* Puts the registry's policy in force, if there is one. `path`: what DriverEntry was given. */
void bw_registry_policy(PUNICODE_STRING path)
{
	UNICODE_STRING name = RTL_CONSTANT_STRING(L"Parameters");
	HANDLE service = bw_registry_open(NULL, path);
	HANDLE parameters;

	if (!service)
		return;
	parameters = bw_registry_open(service, &name);
	ZwClose(service);
	if (!parameters)
		return;
	bw_registry_read(parameters);
	ZwClose(parameters);
}
