// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The control device: \\.\barwatch, and its handles. */

#include "barwatch.h"

#define BW_DEVICE_TYPE 0xba00 /* of the commands, and of the device */
#define BW_WIDE_TEXT(text) L##text
#define BW_WIDE(text) BW_WIDE_TEXT(text)

static PDEVICE_OBJECT bw_control; /* constant once DriverEntry has returned; NULL: not to be had */
static UNICODE_STRING bw_control_name = RTL_CONSTANT_STRING(L"\\Device\\" BW_WIDE(BW_DEVICE));
static UNICODE_STRING bw_control_link = RTL_CONSTANT_STRING(L"\\DosDevices\\" BW_WIDE(BW_DEVICE));

bool bw_is_control(const DEVICE_OBJECT *device)
{
	return device == bw_control;
}

bool bw_control_is_there(void)
{
	return bw_control != NULL;
}

static NTSTATUS bw_control_new(PDRIVER_OBJECT driver)
{
	NTSTATUS status = IoCreateDevice(driver, 0, &bw_control_name, BW_DEVICE_TYPE,
					 FILE_DEVICE_SECURE_OPEN, FALSE, &bw_control);

	if (!NT_SUCCESS(status))
		return status;
	bw_control->Flags |= DO_BUFFERED_IO;
	status = bw_secure(bw_control);
	if (NT_SUCCESS(status))
		status = IoCreateSymbolicLink(&bw_control_link, &bw_control_name);
	if (!NT_SUCCESS(status)) {
		IoDeleteDevice(bw_control);
		bw_control = NULL;
	}
	return status;
}

/* Without the device nobody can ask. */
void bw_control_init(PDRIVER_OBJECT driver)
{
	NTSTATUS status = bw_control_new(driver);

	if (!NT_SUCCESS(status))
		DbgPrint("barwatch: no control device (0x%x); nothing is readable\n", status);
}

void bw_control_exit(void)
{
	if (!bw_control)
		return;
	IoDeleteSymbolicLink(&bw_control_link);
	IoDeleteDevice(bw_control);
	bw_control = NULL;
}

static struct bw_handle *bw_handle_new(void)
{
	struct bw_handle *handle = bw_allocate(sizeof(*handle));

	if (!handle)
		return NULL;
	handle->process = PsGetCurrentProcess();
	ObReferenceObject(handle->process);
	ExInitializeFastMutex(&handle->lock);
	InitializeListHead(&handle->maps);
	return handle;
}

static NTSTATUS bw_handle_open(PFILE_OBJECT file)
{
	if (!file)
		return STATUS_INVALID_PARAMETER;
	/* \\.\barwatch\something is nothing of ours. */
	if (file->FileName.Length || file->RelatedFileObject)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (bw_count(BW_COUNT_HANDLES, 1) > BW_HANDLES_MAX) {
		bw_count(BW_COUNT_HANDLES, -1);
		bw_count(BW_COUNT_HANDLES_REFUSED, 1);
		return STATUS_TOO_MANY_OPENED_FILES;
	}
	file->FsContext = bw_handle_new();
	if (file->FsContext)
		return STATUS_SUCCESS;
	bw_count(BW_COUNT_HANDLES, -1);
	return STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NTAPI bw_control_create(PDEVICE_OBJECT device, PIRP irp)
{
	UNREFERENCED_PARAMETER(device);
	return bw_complete(irp, bw_handle_open(IoGetCurrentIrpStackLocation(irp)->FileObject), 0);
}

/*
 * Whose request it is. NULL: nobody's; another driver made it without a file, or its CREATE failed
 * (Windows sends nothing after that, Wine does).
 */
struct bw_handle *bw_handle_of(PIRP irp)
{
	const PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;

	return file ? file->FsContext : NULL;
}

/* The last handle to the file is closed, in the process that closed it. Requests may still run. */
NTSTATUS NTAPI bw_control_cleanup(PDEVICE_OBJECT device, PIRP irp)
{
	struct bw_handle *handle = bw_handle_of(irp);

	UNREFERENCED_PARAMETER(device);
	if (handle)
		bw_maps_release(handle);
	return bw_complete(irp, STATUS_SUCCESS, 0);
}

static void bw_handle_close(struct bw_handle *handle)
{
	bw_maps_release(handle);
	ObDereferenceObject(handle->process);
	ExFreePoolWithTag(handle, BW_POOL_TAG);
	bw_count(BW_COUNT_HANDLES, -1);
}

/*
 * Nothing refers to the file any more. Windows sent CLEANUP before, and what a request mapped
 * between the two is released here; Wine sends none.
 */
NTSTATUS NTAPI bw_control_close(PDEVICE_OBJECT device, PIRP irp)
{
	struct bw_handle *handle = bw_handle_of(irp);

	UNREFERENCED_PARAMETER(device);
	if (handle)
		bw_handle_close(handle);
	return bw_complete(irp, STATUS_SUCCESS, 0);
}
