// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The commands: what each takes, and how a request comes in and an answer goes out.
 *
 * METHOD_BUFFERED: the kernel's copy of the caller's bytes is what is judged, and no process can
 * change it meanwhile. The way in and the way out are one buffer, as on Linux.
 */

#include "barwatch.h"

/* Room for every struct that a command begins with. */
union bw_request {
	__u32 size;
	struct bw_info info;
	struct bw_policy policy;
	struct bw_bars bars;
	struct bw_batch batch;
	struct bw_map map;
#ifdef BARWATCH_WRITE
	struct bw_write write;
#endif
};

struct bw_command {
	ULONG code;
	__u32 first;	/* bytes of the struct in ABI version 1, enum bw_first */
	__u32 known;	/* bytes of it now */
	/* A result that is not success is the call's. */
	NTSTATUS (*run)(struct bw_call *call);
};

static const struct bw_command bw_commands[] = {
	{ BW_IOCTL_INFO, BW_FIRST_INFO, sizeof(struct bw_info), bw_info_tell },
	{ BW_IOCTL_POLICY, BW_FIRST_POLICY, sizeof(struct bw_policy), bw_policy_load },
	{ BW_IOCTL_BARS, BW_FIRST_BARS, sizeof(struct bw_bars), bw_bars_tell },
	{ BW_IOCTL_READ, BW_FIRST_BATCH, sizeof(struct bw_batch), bw_read_batch },
	{ BW_IOCTL_CONFIG, BW_FIRST_BATCH, sizeof(struct bw_batch), bw_config_batch },
	{ BW_IOCTL_MAP, BW_FIRST_MAP, sizeof(struct bw_map), bw_map_make },
#ifdef BARWATCH_WRITE
	{ BW_IOCTL_WRITE, BW_FIRST_WRITE, sizeof(struct bw_write), bw_write_register },
#endif
};

/* Runs a command on `room` bytes that are both the way in and the way out. */
static NTSTATUS bw_command_run(const struct bw_command *command, struct bw_call *call, __u8 *bytes,
			       ULONG room, ULONG_PTR *used)
{
	union bw_request request;
	__u32 size, told;
	NTSTATUS status;

	if (room < sizeof(size))
		return STATUS_ACCESS_VIOLATION;
	RtlCopyMemory(&size, bytes, sizeof(size));
	status = bw_status_of(bw_judge_size(size, command->first));
	if (!NT_SUCCESS(status))
		return status;
	if (size > room)
		return STATUS_ACCESS_VIOLATION;
	told = min(size, command->known);
	if (!bw_is_zero(bytes + told, size - told))
		return bw_status_of(BW_REFUSED_LONG);
	RtlZeroMemory(&request, sizeof(request));
	RtlCopyMemory(&request, bytes, told);
	call->request = &request;
	call->items = bytes + size;
	call->items_room = room - size;
	status = command->run(call);
	if (!NT_SUCCESS(status))
		return status;
	request.size = size;
	RtlCopyMemory(bytes, &request, told);
	*used = size + call->items_used;
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI bw_control_command(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	ULONG room = min(stack->Parameters.DeviceIoControl.InputBufferLength,
			 stack->Parameters.DeviceIoControl.OutputBufferLength);
	struct bw_call call = { .handle = bw_handle_of(irp), .irp = irp };
	NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
	ULONG_PTR used = 0;
	ULONG number;

	UNREFERENCED_PARAMETER(device);
	if (!call.handle)
		return bw_complete(irp, STATUS_INVALID_HANDLE, 0);
	for (number = 0; number < ARRAYSIZE(bw_commands); number++) {
		if (bw_commands[number].code == stack->Parameters.DeviceIoControl.IoControlCode)
			status = bw_command_run(&bw_commands[number], &call,
						irp->AssociatedIrp.SystemBuffer, room, &used);
	}
	if (!NT_SUCCESS(status))
		bw_count(BW_COUNT_REQUESTS_REFUSED, 1);
	return bw_complete(irp, status, used);
}
