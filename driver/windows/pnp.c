// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * What the PnP manager tells a function's stack: where its BARs are, and when that ends.
 *
 * Addresses are valid from the moment START came back up (the drivers below are started first)
 * until STOP, SURPRISE_REMOVAL or REMOVE goes down. Source: "Plug and Play IRPs" and "Using Remove
 * Locks" in the Windows driver documentation.
 */

#include "barwatch.h"

static NTSTATUS bw_pnp_start(struct bw_filter *filter, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	NTSTATUS status = bw_filter_wait(filter, irp);

	if (NT_SUCCESS(status))
		bw_function_start(filter, stack->Parameters.StartDevice.AllocatedResources,
				  stack->Parameters.StartDevice.AllocatedResourcesTranslated);
	return bw_complete(irp, status, irp->IoStatus.Information);
}

static NTSTATUS bw_pnp_pass(struct bw_filter *filter, PIRP irp)
{
	IoSkipCurrentIrpStackLocation(irp);
	return IoCallDriver(filter->lower, irp);
}

static NTSTATUS bw_pnp_remove(struct bw_filter *filter, PIRP irp)
{
	NTSTATUS status;

	bw_function_forget(filter->function);
	irp->IoStatus.Status = STATUS_SUCCESS;
	status = bw_pnp_pass(filter, irp);
	/* Waits for every request that holds the lock but this one. */
	IoReleaseRemoveLockAndWait(&filter->remove_lock, irp);
	bw_filter_delete(filter);
	return status;
}

/* Whether the driver above us takes power requests at PASSIVE_LEVEL only; nobody is above: yes. */
static bool bw_pnp_is_pagable(const struct bw_filter *filter)
{
	const DEVICE_OBJECT *upper = filter->self->AttachedDevice;

	return !upper || upper->Flags & DO_POWER_PAGABLE;
}

/*
 * Whether power requests may come at DISPATCH_LEVEL changes when the page file, or the way to it,
 * comes to lie on the device, or leaves it. Whoever is above a driver that wants them at
 * PASSIVE_LEVEL must want so, too, at any moment: the flag is set on the way down and cleared on
 * the way up. We bear either. Source: "Handling PnP Paging Requests".
 */
static NTSTATUS bw_pnp_usage(struct bw_filter *filter, PIRP irp)
{
	ULONG pagable = filter->self->Flags & DO_POWER_PAGABLE;
	NTSTATUS status;

	if (bw_pnp_is_pagable(filter))
		filter->self->Flags |= DO_POWER_PAGABLE;
	status = bw_filter_wait(filter, irp);
	/* A failure leaves all as it was. */
	if (NT_SUCCESS(status))
		pagable = filter->lower->Flags & DO_POWER_PAGABLE;
	filter->self->Flags = (filter->self->Flags & ~DO_POWER_PAGABLE) | pagable;
	return bw_complete(irp, status, irp->IoStatus.Information);
}

/*
 * Windows asks a bus what is on it, before it starts any of that, and the bus's driver has numbered
 * it before it hands the question on. Source: IRP_MN_QUERY_DEVICE_RELATIONS.
 */
static NTSTATUS bw_pnp_relations(struct bw_filter *filter, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

	if (stack->Parameters.QueryDeviceRelations.Type == BusRelations)
		bw_function_renumber(filter->function);
	return bw_pnp_pass(filter, irp);
}

static NTSTATUS bw_pnp_minor(struct bw_filter *filter, PIRP irp)
{
	switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
	case IRP_MN_START_DEVICE:
		return bw_pnp_start(filter, irp);
	case IRP_MN_STOP_DEVICE:
		bw_function_stop(filter->function);
		irp->IoStatus.Status = STATUS_SUCCESS;
		return bw_pnp_pass(filter, irp);
	case IRP_MN_SURPRISE_REMOVAL:
		bw_function_surprise(filter->function);
		irp->IoStatus.Status = STATUS_SUCCESS;
		return bw_pnp_pass(filter, irp);
	case IRP_MN_QUERY_DEVICE_RELATIONS:
		return bw_pnp_relations(filter, irp);
	case IRP_MN_DEVICE_USAGE_NOTIFICATION:
		return bw_pnp_usage(filter, irp);
	default:
		return bw_pnp_pass(filter, irp);
	}
}

NTSTATUS NTAPI bw_filter_pnp(PDEVICE_OBJECT device, PIRP irp)
{
	struct bw_filter *filter = device->DeviceExtension;
	NTSTATUS status = IoAcquireRemoveLock(&filter->remove_lock, irp);

	if (!NT_SUCCESS(status))
		return bw_complete(irp, status, 0);
	if (IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_REMOVE_DEVICE)
		return bw_pnp_remove(filter, irp);
	status = bw_pnp_minor(filter, irp);
	IoReleaseRemoveLock(&filter->remove_lock, irp);
	return status;
}
