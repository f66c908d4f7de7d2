// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Whether a function has power. Everything here runs at any IRQL up to DISPATCH_LEVEL.
 *
 * The power manager tells a stack from the top: on the way down to a lower state, no access may
 * follow once we have handed the request on; on the way up, none before the drivers below have
 * answered. Source: "Handling IRP_MN_SET_POWER for Device Power States".
 */

#include "barwatch.h"

static void bw_power_set(struct bw_function *function, DEVICE_POWER_STATE power, bool is_waking)
{
	KIRQL irql;

	KeAcquireSpinLock(&function->power_lock, &irql);
	function->power = power;
	function->is_waking = is_waking;
	KeReleaseSpinLock(&function->power_lock, irql);
}

/* START means D0. */
void bw_power_started(struct bw_function *function)
{
	bw_power_set(function, PowerDeviceD0, false);
}

/*
 * Why the function may not be touched. In D1 and D2 it may: it answers all ones, which is data.
 * Windows does not tell D3hot from D3cold, and what has no power must be left alone.
 */
__u32 bw_power_judge(const struct bw_function *function)
{
	if (function->is_waking)
		return BW_UNREACHABLE_POWER_CHANGING;
	return function->power == PowerDeviceD3 ? BW_UNREACHABLE_D3COLD : BW_OK;
}

/*
 * Keeps the power state as it is until bw_power_leave(), and the thread at DISPATCH_LEVEL. BW_OK:
 * the function may be touched meanwhile; otherwise nothing is held.
 */
__u32 bw_power_enter(struct bw_function *function, PKIRQL irql)
{
	__u32 status;

	KeAcquireSpinLock(&function->power_lock, irql);
	status = bw_power_judge(function);
	if (status)
		KeReleaseSpinLock(&function->power_lock, *irql);
	return status;
}

void bw_power_leave(struct bw_function *function, KIRQL irql)
{
	KeReleaseSpinLock(&function->power_lock, irql);
}

static NTSTATUS NTAPI bw_power_is_up(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
	struct bw_filter *filter = context;

	UNREFERENCED_PARAMETER(device);
	if (irp->PendingReturned)
		IoMarkIrpPending(irp);
	bw_power_set(filter->function,
		     NT_SUCCESS(irp->IoStatus.Status) ? PowerDeviceD0 : PowerDeviceD3, false);
	IoReleaseRemoveLock(&filter->remove_lock, irp);
	return STATUS_CONTINUE_COMPLETION;
}

/* Takes over the remove lock. */
static NTSTATUS bw_power_up(struct bw_filter *filter, PIRP irp)
{
	bw_power_set(filter->function, filter->function->power, true);
	IoMarkIrpPending(irp);
	IoCopyCurrentIrpStackLocationToNext(irp);
	IoSetCompletionRoutine(irp, bw_power_is_up, filter, TRUE, TRUE, TRUE);
	PoCallDriver(filter->lower, irp);
	return STATUS_PENDING;
}

NTSTATUS NTAPI bw_filter_power(PDEVICE_OBJECT device, PIRP irp)
{
	struct bw_filter *filter = device->DeviceExtension;
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	NTSTATUS status = IoAcquireRemoveLock(&filter->remove_lock, irp);

	if (!NT_SUCCESS(status))
		return bw_complete(irp, status, 0);
	if (stack->MinorFunction == IRP_MN_SET_POWER &&
	    stack->Parameters.Power.Type == DevicePowerState) {
		if (stack->Parameters.Power.State.DeviceState == PowerDeviceD0)
			return bw_power_up(filter, irp);
		bw_power_set(filter->function, stack->Parameters.Power.State.DeviceState, false);
	}
	IoSkipCurrentIrpStackLocation(irp);
	status = PoCallDriver(filter->lower, irp);
	IoReleaseRemoveLock(&filter->remove_lock, irp);
	return status;
}
