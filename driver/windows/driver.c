// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * barwatch: reads the PCI registers that an administrator listed, one load each, and tells how that
 * went.
 *
 * What it can do is in barwatch_ioctl.h, what it never can in driver/README.md, which lock protects
 * what in barwatch.h. One device object, the control device, answers programs; one filter on the
 * stack of each function learns where its BARs are and whether it is there and awake.
 */

#include "barwatch.h"

static NTSTATUS NTAPI bw_create(PDEVICE_OBJECT device, PIRP irp)
{
	return bw_is_control(device) ? bw_control_create(device, irp) : bw_filter_pass(device, irp);
}

static NTSTATUS NTAPI bw_cleanup(PDEVICE_OBJECT device, PIRP irp)
{
	return bw_is_control(device) ? bw_control_cleanup(device, irp) :
				       bw_filter_pass(device, irp);
}

static NTSTATUS NTAPI bw_close(PDEVICE_OBJECT device, PIRP irp)
{
	return bw_is_control(device) ? bw_control_close(device, irp) : bw_filter_pass(device, irp);
}

static NTSTATUS NTAPI bw_device_control(PDEVICE_OBJECT device, PIRP irp)
{
	return bw_is_control(device) ? bw_control_command(device, irp) :
				       bw_filter_pass(device, irp);
}

static NTSTATUS NTAPI bw_pnp(PDEVICE_OBJECT device, PIRP irp)
{
	return bw_is_control(device) ? bw_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0) :
				       bw_filter_pnp(device, irp);
}

static NTSTATUS NTAPI bw_power(PDEVICE_OBJECT device, PIRP irp)
{
	return bw_is_control(device) ? bw_complete(irp, STATUS_NOT_SUPPORTED, 0) :
				       bw_filter_power(device, irp);
}

static NTSTATUS NTAPI bw_other(PDEVICE_OBJECT device, PIRP irp)
{
	return bw_is_control(device) ? bw_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0) :
				       bw_filter_pass(device, irp);
}

/*
 * No handle is open any more and no stack has us, so no request runs and no mapping lives. What
 * DriverEntry did without is not there to be taken away, either.
 */
static VOID NTAPI bw_unload(PDRIVER_OBJECT driver)
{
	UNREFERENCED_PARAMETER(driver);
	bw_control_exit();
	bw_maps_exit();
	bw_table_exit();
	bw_policy_exit();
}

static void bw_dispatch_init(PDRIVER_OBJECT driver)
{
	ULONG major;

	for (major = 0; major <= IRP_MJ_MAXIMUM_FUNCTION; major++)
		driver->MajorFunction[major] = bw_other;
	driver->MajorFunction[IRP_MJ_CREATE] = bw_create;
	driver->MajorFunction[IRP_MJ_CLEANUP] = bw_cleanup;
	driver->MajorFunction[IRP_MJ_CLOSE] = bw_close;
	driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = bw_device_control;
	driver->MajorFunction[IRP_MJ_PNP] = bw_pnp;
	driver->MajorFunction[IRP_MJ_POWER] = bw_power;
	driver->DriverExtension->AddDevice = bw_filter_add;
	driver->DriverUnload = bw_unload;
}

/*
 * Always a success: Windows fails every device whose filter does not load, and one of them may be
 * the screen. What cannot be had is done without: no mappings, or no control device and no filters.
 * The control device comes last: with it, requests may come.
 */
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
	bw_dispatch_init(driver);
	bw_table_init();
	if (!bw_policy_init(registry_path))
		return STATUS_SUCCESS;
	bw_maps_init();
	bw_control_init(driver);
	return STATUS_SUCCESS;
}
