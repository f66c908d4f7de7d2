// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Configuration space, through the bus driver of each stack that the driver is on.
 *
 * Source: BUS_INTERFACE_STANDARD; "Obtaining Device Configuration Information at IRQL =
 * DISPATCH_LEVEL"; "Obtaining Configuration Information from Other Driver Stacks".
 */

#include "barwatch.h"

#define BW_CONFIG_BASIC 256	/* bytes, of conventional PCI */

/* GUID_BUS_INTERFACE_STANDARD of wdmguid.h, which leaves it to a library to define. */
static const GUID bw_bus_interface = { 0x496b8280,
				       0x6f25,
				       0x11d0,
				       { 0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f } };

static void bw_bus_request(PIRP irp, BUS_INTERFACE_STANDARD *bus)
{
	PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);

	/* What a PnP request that nobody answers comes back with. */
	irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
	stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
	stack->Parameters.QueryInterface.InterfaceType = &bw_bus_interface;
	stack->Parameters.QueryInterface.Size = sizeof(*bus);
	stack->Parameters.QueryInterface.Version = 1;
	stack->Parameters.QueryInterface.Interface = (PINTERFACE)bus;
	stack->Parameters.QueryInterface.InterfaceSpecificData = NULL;
}

/* How the bus driver below reads configuration space. Whoever has it calls InterfaceDereference. */
NTSTATUS bw_bus_ask(PDEVICE_OBJECT lower, BUS_INTERFACE_STANDARD *bus)
{
	IO_STATUS_BLOCK answer;
	NTSTATUS status;
	KEVENT event;
	PIRP irp;

	RtlZeroMemory(bus, sizeof(*bus));
	KeInitializeEvent(&event, NotificationEvent, FALSE);
	irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, lower, NULL, 0, NULL, &event, &answer);
	if (!irp)
		return STATUS_INSUFFICIENT_RESOURCES;
	bw_bus_request(irp, bus);
	status = IoCallDriver(lower, irp);
	if (status == STATUS_PENDING) {
		KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
		status = answer.Status;
	}
	return NT_SUCCESS(status) && !bus->GetBusData ? STATUS_NOT_SUPPORTED : status;
}

/* One access, while the function has power. Its lock is held. */
__u32 bw_bus_load(struct bw_function *function, __u32 offset, __u32 width, __u32 *value)
{
	__u32 status, read = 0;
	KIRQL irql;

	*value = 0;
	if (!function->bus.GetBusData)
		return BW_FAULT_CONFIG;
	status = bw_power_enter(function, &irql);
	if (status)
		return status;
	read = function->bus.GetBusData(function->bus.Context, PCI_WHICHSPACE_CONFIG, value, offset,
					width);
	bw_power_leave(function, irql);
	if (read == width)
		return BW_OK;
	*value = 0;
	/* Windows does not say how much of it there is. */
	return !read && offset >= BW_CONFIG_BASIC ? BW_UNREACHABLE_OUTSIDE_CONFIG : BW_FAULT_CONFIG;
}
