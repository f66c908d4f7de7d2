// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The filter on the stack of one function: attached, handing everything on, and taken away.
 *
 * A filter that fails makes the device fail, and the device may be the screen. So whatever goes
 * wrong in here, the stack gets what it would have got without us.
 */

#include "barwatch.h"

static bool bw_filter_attach(struct bw_filter *filter, PDEVICE_OBJECT pdo)
{
	PDEVICE_OBJECT self = filter->self;

	filter->pdo = pdo;
	/* Requests may come as soon as we are on the stack, and must find `lower` by then. */
	if (!NT_SUCCESS(IoAttachDeviceToDeviceStackSafe(self, pdo, &filter->lower)))
		return false;
	self->Flags |= filter->lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
	self->DeviceType = filter->lower->DeviceType;
	self->Characteristics = filter->lower->Characteristics;
	self->Flags &= ~DO_DEVICE_INITIALIZING;
	return true;
}

/*
 * Puts the filter on a function's stack. Success without a filter is how AddDevice says that it
 * does not want one.
 */
NTSTATUS NTAPI bw_filter_add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo)
{
	struct bw_filter *filter;
	PDEVICE_OBJECT self;

	/* Nobody could ask. */
	if (!bw_control_is_there())
		return STATUS_SUCCESS;
	if (!NT_SUCCESS(IoCreateDevice(driver, sizeof(*filter), NULL, FILE_DEVICE_UNKNOWN,
				       FILE_DEVICE_SECURE_OPEN, FALSE, &self)))
		return STATUS_SUCCESS;
	filter = self->DeviceExtension;
	RtlZeroMemory(filter, sizeof(*filter));
	filter->self = self;
	IoInitializeRemoveLock(&filter->remove_lock, BW_POOL_TAG, 0, 0);
	filter->function = bw_function_new(self);
	if (filter->function && bw_filter_attach(filter, pdo))
		return STATUS_SUCCESS;
	if (filter->function)
		bw_function_put(filter->function);
	IoDeleteDevice(self);
	return STATUS_SUCCESS;
}

/* The end of a filter: nothing comes down the stack any more, and nothing is on its way. */
void bw_filter_delete(struct bw_filter *filter)
{
	IoDetachDevice(filter->lower);
	bw_function_put(filter->function);
	IoDeleteDevice(filter->self);
}

/* Hands a request on as if we were not there. */
NTSTATUS NTAPI bw_filter_pass(PDEVICE_OBJECT device, PIRP irp)
{
	struct bw_filter *filter = device->DeviceExtension;
	NTSTATUS status = IoAcquireRemoveLock(&filter->remove_lock, irp);

	if (!NT_SUCCESS(status))
		return bw_complete(irp, status, 0);
	IoSkipCurrentIrpStackLocation(irp);
	status = IoCallDriver(filter->lower, irp);
	IoReleaseRemoveLock(&filter->remove_lock, irp);
	return status;
}

static NTSTATUS NTAPI bw_filter_answered(PDEVICE_OBJECT device, PIRP irp, PVOID event)
{
	UNREFERENCED_PARAMETER(device);
	UNREFERENCED_PARAMETER(irp);
	KeSetEvent(event, IO_NO_INCREMENT, FALSE);
	return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Hands a PnP request on and waits for the answer; the request is ours again, to complete. */
NTSTATUS bw_filter_wait(struct bw_filter *filter, PIRP irp)
{
	KEVENT event;

	KeInitializeEvent(&event, NotificationEvent, FALSE);
	IoCopyCurrentIrpStackLocationToNext(irp);
	IoSetCompletionRoutine(irp, bw_filter_answered, &event, TRUE, TRUE, TRUE);
	if (IoCallDriver(filter->lower, irp) == STATUS_PENDING)
		KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
	return irp->IoStatus.Status;
}
