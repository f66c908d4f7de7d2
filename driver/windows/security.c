// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Who may open the control device, and who is an administrator.
 *
 * IoCreateDeviceSecure() takes this as text, but lives in a static library of the WDK. The list is
 * put on by hand instead: nobody can open the device before DriverEntry has returned (the I/O
 * manager clears DO_DEVICE_INITIALIZING then), and no link to it exists before the list is on.
 */

#include "barwatch.h"

/* Like SID, with room for as many numbers as the longest here. */
struct bw_sid {
	UCHAR revision;
	UCHAR count;
	UCHAR authority[6];
	ULONG numbers[6];
};

/* S-1-5-18: the system. */
static struct bw_sid bw_system = { 1, 1, { 0, 0, 0, 0, 0, 5 }, { 18 } };

/* S-1-5-32-544: administrators. */
static struct bw_sid bw_administrators = { 1, 2, { 0, 0, 0, 0, 0, 5 }, { 32, 544 } };

/*
 * S-1-5-80-...: the service barwatch-agent, whatever account it runs under. SHA-1 of its name in
 * capitals, in UTF-16; a test computes it anew.
 */
#define BW_SERVICE_NUMBERS 3544977136, 463522483, 1522483737, 1040992814, 1301093526
static struct bw_sid bw_service = { 1, 6, { 0, 0, 0, 0, 0, 5 }, { 80, BW_SERVICE_NUMBERS } };

struct bw_grant {
	struct bw_sid *sid;
	ACCESS_MASK access;
};

/*
 * D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GR;;;S-1-5-80-...). The service reads; a policy takes a handle
 * that is open for writing.
 */
static const struct bw_grant bw_grants[] = {
	{ &bw_system, GENERIC_ALL },
	{ &bw_administrators, GENERIC_ALL },
	{ &bw_service, GENERIC_READ },
};

#define BW_ACL_ROOM \
	(sizeof(ACL) + ARRAYSIZE(bw_grants) * (sizeof(ACCESS_ALLOWED_ACE) + sizeof(struct bw_sid)))

static NTSTATUS bw_acl_fill(PACL acl)
{
	NTSTATUS status = RtlCreateAcl(acl, BW_ACL_ROOM, ACL_REVISION);
	ULONG number;

	for (number = 0; number < ARRAYSIZE(bw_grants) && NT_SUCCESS(status); number++)
		status = RtlAddAccessAllowedAce(acl, ACL_REVISION, bw_grants[number].access,
						bw_grants[number].sid);
	return status;
}

static NTSTATUS bw_secure_with(PDEVICE_OBJECT device, PSECURITY_DESCRIPTOR descriptor)
{
	HANDLE handle;
	NTSTATUS status = ObOpenObjectByPointer(device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC, NULL,
						KernelMode, &handle);

	if (!NT_SUCCESS(status))
		return status;
	status = ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, descriptor);
	ZwClose(handle);
	return status;
}

/* Lets the system, administrators and the agent's service open the device, and nobody else. */
NTSTATUS bw_secure(PDEVICE_OBJECT device)
{
	union {
		ACL acl;
		UCHAR room[BW_ACL_ROOM];
	} list;
	SECURITY_DESCRIPTOR descriptor;
	NTSTATUS status = bw_acl_fill(&list.acl);

	if (NT_SUCCESS(status))
		status = RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
	if (NT_SUCCESS(status))
		status = RtlSetDaclSecurityDescriptor(&descriptor, TRUE, &list.acl, FALSE);
	if (NT_SUCCESS(status)) {
		descriptor.Control |= SE_DACL_PROTECTED;
		status = bw_secure_with(device, &descriptor);
	}
	return status;
}

/*
 * Whether the process that calls is an administrator's, with its rights in force. A handle for
 * writing that leaked to another process is not enough.
 */
bool bw_is_administrator(void)
{
	PACCESS_TOKEN token = PsReferencePrimaryToken(PsGetCurrentProcess());
	bool is_administrator = SeTokenIsAdmin(token);

	PsDereferencePrimaryToken(token);
	return is_administrator;
}
