// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * machine.sys: the bus driver, PnP manager and power manager of the functions of a test.
 *
 * Sends what Windows would send, in the order in which it would, to the stack that the driver under
 * test has attached itself to.
 */

#include "kernel.h"
#include "doubles.h"
#include "machine.h"

#define TAG 'hcaM'
#define CONFIG_SIZE 4096

enum kind { CONTROL, PDO, OWNER };

struct extension {
	enum kind kind;
	ULONG slot;
	PDEVICE_OBJECT lower; /* of an owner */
};

/* One slot of the machine. */
struct slot {
	PDEVICE_OBJECT pdo, owner;
	ULONG config_size;
	union {
		UCHAR bytes[CONFIG_SIZE];
		ULONG dwords[CONFIG_SIZE / 4];
	} config;
	struct {
		CM_RESOURCE_LIST list;
		CM_PARTIAL_RESOURCE_DESCRIPTOR more[MC_RANGES];
	} raw, translated;
	PIRP kept;	/* a power request */
	BOOLEAN keeps;
	BOOLEAN refuses;	/* to have the page file */
	ULONG paging;		/* flags of the PDO once it has */
	ULONG seen_in_paging;	/* flags of the filter when the request arrived */
	KEVENT powered;
};

__declspec(dllimport) extern POBJECT_TYPE *IoDriverObjectType;

static const GUID bus_interface = { 0x496b8280,
				    0x6f25,
				    0x11d0,
				    { 0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f } };
static PDRIVER_OBJECT self;
static PDEVICE_OBJECT control;
static struct slot slots[MC_FUNCTIONS];
static ULONG to_pull;
static LONG interfaces;
static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\barwatch_machine");
static UNICODE_STRING alias = RTL_CONSTANT_STRING(L"\\DosDevices\\barwatch_machine");
static UNICODE_STRING service =
	RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\barwatch");
static UNICODE_STRING tested_name = RTL_CONSTANT_STRING(L"\\Device\\barwatch");
static PDEVICE_OBJECT namesake;
static UNICODE_STRING driver = RTL_CONSTANT_STRING(L"\\Driver\\barwatch");

static NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = information;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}

static VOID NTAPI take_interface(PVOID context)
{
	(void)context;
	InterlockedIncrement(&interfaces);
}

static VOID NTAPI give_interface(PVOID context)
{
	(void)context;
	InterlockedDecrement(&interfaces);
}

static ULONG NTAPI read_config(PVOID context, ULONG what, PVOID buffer, ULONG offset, ULONG length)
{
	const struct slot *slot = context;

	if (what != PCI_WHICHSPACE_CONFIG || offset >= slot->config_size ||
	    length > slot->config_size - offset)
		return 0;
	RtlCopyMemory(buffer, slot->config.bytes + offset, length);
	return length;
}

static NTSTATUS answer_interface(struct slot *slot, PIO_STACK_LOCATION stack)
{
	BUS_INTERFACE_STANDARD *bus = (PVOID)stack->Parameters.QueryInterface.Interface;

	if (!IsEqualGUID(stack->Parameters.QueryInterface.InterfaceType, &bus_interface) ||
	    stack->Parameters.QueryInterface.Version != 1 ||
	    stack->Parameters.QueryInterface.Size != sizeof(*bus))
		return STATUS_NOT_SUPPORTED;
	RtlZeroMemory(bus, sizeof(*bus));
	bus->Size = sizeof(*bus);
	bus->Version = 1;
	bus->Context = slot;
	bus->InterfaceReference = take_interface;
	bus->InterfaceDereference = give_interface;
	bus->GetBusData = read_config;
	take_interface(slot);
	return STATUS_SUCCESS;
}

/* As the bus driver's device has it from now on, if it does not refuse. */
static NTSTATUS answer_paging(struct slot *slot)
{
	slot->seen_in_paging = slot->pdo->AttachedDevice->Flags;
	if (slot->refuses)
		return STATUS_INSUFFICIENT_RESOURCES;
	slot->pdo->Flags = (slot->pdo->Flags & ~DO_POWER_PAGABLE) | slot->paging;
	return STATUS_SUCCESS;
}

static NTSTATUS pdo_pnp(struct slot *slot, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

	if (stack->MinorFunction == IRP_MN_DEVICE_USAGE_NOTIFICATION)
		return complete(irp, answer_paging(slot), 0);
	if (stack->MinorFunction == IRP_MN_QUERY_INTERFACE)
		return complete(irp, answer_interface(slot, stack), 0);
	return complete(irp, STATUS_SUCCESS, irp->IoStatus.Information);
}

static NTSTATUS pdo_power(struct slot *slot, PIRP irp)
{
	if (!slot->keeps)
		return complete(irp, STATUS_SUCCESS, 0);
	slot->keeps = FALSE;
	slot->kept = irp;
	IoMarkIrpPending(irp);
	return STATUS_PENDING;
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp)
{
	struct extension *extension = device->DeviceExtension;
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

	if (extension->kind == CONTROL)
		return complete(irp, STATUS_SUCCESS, 0);
	if (extension->kind == OWNER) {
		IoSkipCurrentIrpStackLocation(irp);
		return IoCallDriver(extension->lower, irp);
	}
	switch (stack->MajorFunction) {
	case IRP_MJ_PNP:
		return pdo_pnp(&slots[extension->slot], irp);
	case IRP_MJ_POWER:
		return pdo_power(&slots[extension->slot], irp);
	default:
		return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
	}
}

static NTSTATUS NTAPI powered(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
	(void)device;
	KeSetEvent(context, IO_NO_INCREMENT, FALSE);
	IoFreeIrp(irp);
	return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Whether it came back at once: a request that the bus driver keeps does not. */
static NTSTATUS send_power(struct slot *slot, DEVICE_POWER_STATE state)
{
	PDEVICE_OBJECT top = IoGetAttachedDeviceReference(slot->pdo);
	PIRP irp = IoAllocateIrp(top->StackSize, FALSE);
	PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
	NTSTATUS status;

	KeInitializeEvent(&slot->powered, NotificationEvent, FALSE);
	irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
	stack->MajorFunction = IRP_MJ_POWER;
	stack->MinorFunction = IRP_MN_SET_POWER;
	stack->Parameters.Power.Type = DevicePowerState;
	stack->Parameters.Power.State.DeviceState = state;
	IoSetCompletionRoutine(irp, powered, &slot->powered, TRUE, TRUE, TRUE);
	status = IoCallDriver(top, irp);
	ObDereferenceObject(top);
	return status;
}

static NTSTATUS release(struct slot *slot)
{
	PIRP irp = slot->kept;

	if (!irp)
		return STATUS_INVALID_DEVICE_STATE;
	slot->kept = NULL;
	complete(irp, STATUS_SUCCESS, 0);
	return KeWaitForSingleObject(&slot->powered, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS send_pnp(struct slot *slot, UCHAR minor)
{
	PDEVICE_OBJECT top = IoGetAttachedDeviceReference(slot->pdo);
	IO_STATUS_BLOCK answer;
	PIO_STACK_LOCATION stack;
	NTSTATUS status;
	KEVENT event;
	PIRP irp;

	KeInitializeEvent(&event, NotificationEvent, FALSE);
	irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &event, &answer);
	irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
	stack = IoGetNextIrpStackLocation(irp);
	stack->MinorFunction = minor;
	if (minor == IRP_MN_START_DEVICE && slot->raw.list.Count) {
		stack->Parameters.StartDevice.AllocatedResources = &slot->raw.list;
		stack->Parameters.StartDevice.AllocatedResourcesTranslated = &slot->translated.list;
	}
	status = IoCallDriver(top, irp);
	if (status == STATUS_PENDING) {
		KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
		status = answer.Status;
	}
	ObDereferenceObject(top);
	return status;
}

static NTSTATUS load(void)
{
	return ZwLoadDriver(&service);
}

static NTSTATUS attach_owner(struct slot *slot)
{
	struct extension *extension;
	NTSTATUS status = IoCreateDevice(self, sizeof(*extension), NULL, FILE_DEVICE_UNKNOWN, 0,
					 FALSE, &slot->owner);

	if (!NT_SUCCESS(status))
		return status;
	extension = slot->owner->DeviceExtension;
	extension->kind = OWNER;
	extension->lower = IoAttachDeviceToDeviceStack(slot->owner, slot->pdo);
	slot->owner->Flags &= ~DO_DEVICE_INITIALIZING;
	return STATUS_SUCCESS;
}

/* A new function, the driver under test on its stack, and a driver above that if it is bound. */
static NTSTATUS add(struct slot *slot, const struct mc_request *request)
{
	struct extension *extension;
	PDRIVER_OBJECT tested;
	NTSTATUS status = IoCreateDevice(self, sizeof(*extension), NULL, FILE_DEVICE_UNKNOWN,
					 FILE_AUTOGENERATED_DEVICE_NAME, FALSE, &slot->pdo);

	if (!NT_SUCCESS(status))
		return status;
	extension = slot->pdo->DeviceExtension;
	extension->kind = PDO;
	extension->slot = request->function;
	slot->pdo->Flags &= ~DO_DEVICE_INITIALIZING;
	slot->config_size = CONFIG_SIZE;
	mc_place(slot->pdo, (ULONG)request->a, (ULONG)request->b);
	status = ObReferenceObjectByName(&driver, OBJ_CASE_INSENSITIVE, NULL, 0,
					 *IoDriverObjectType, KernelMode, NULL, (PVOID *)&tested);
	if (!NT_SUCCESS(status))
		return status;
	status = tested->DriverExtension->AddDevice(tested, slot->pdo);
	ObDereferenceObject(tested);
	if (NT_SUCCESS(status) && request->c)
		status = attach_owner(slot);
	return status;
}

/* After REMOVE: the drivers above have gone by themselves. */
static void forget(struct slot *slot)
{
	mc_place(slot->pdo, ~0u, 0);
	IoDeleteDevice(slot->pdo);
	RtlZeroMemory(slot, sizeof(*slot));
}

static NTSTATUS pnp(struct slot *slot, UCHAR minor)
{
	struct extension *owner;
	NTSTATUS status;

	if (minor == IRP_MN_REMOVE_DEVICE && slot->owner) {
		owner = slot->owner->DeviceExtension;
		IoDetachDevice(owner->lower);
		IoDeleteDevice(slot->owner);
		slot->owner = NULL;
	}
	status = send_pnp(slot, minor);
	if (minor == IRP_MN_REMOVE_DEVICE)
		forget(slot);
	return status;
}

static void describe(CM_PARTIAL_RESOURCE_DESCRIPTOR *descriptor, ULONGLONG start, ULONGLONG length,
		     ULONGLONG form)
{
	static const ULONG shifts[] = { 0, 8, 16, 32 };
	static const USHORT forms[] = { 0, 0x200, 0x400, 0x800 };

	descriptor->Type = form ? CmResourceTypeMemoryLarge : CmResourceTypeMemory;
	descriptor->Flags = forms[form & 3];
	descriptor->u.Memory.Start.QuadPart = start;
	descriptor->u.Memory.Length = (ULONG)(length >> shifts[form & 3]);
}

static NTSTATUS give_range(struct slot *slot, const struct mc_request *request)
{
	CM_PARTIAL_RESOURCE_LIST *raw = &slot->raw.list.List[0].PartialResourceList;
	CM_PARTIAL_RESOURCE_LIST *translated = &slot->translated.list.List[0].PartialResourceList;

	if (raw->Count > MC_RANGES)
		return STATUS_INVALID_PARAMETER;
	slot->raw.list.Count = 1;
	slot->translated.list.Count = 1;
	describe(&raw->PartialDescriptors[raw->Count++], request->a, request->c, request->d);
	describe(&translated->PartialDescriptors[translated->Count++], request->b, request->c,
		 request->d);
	return STATUS_SUCCESS;
}

static NTSTATUS start(struct slot *slot)
{
	NTSTATUS status = send_pnp(slot, IRP_MN_START_DEVICE);

	RtlZeroMemory(&slot->raw, sizeof(slot->raw));
	RtlZeroMemory(&slot->translated, sizeof(slot->translated));
	return status;
}

static NTSTATUS page_to(struct slot *slot, struct mc_request *request)
{
	slot->paging = request->a ? DO_POWER_PAGABLE : 0;
	slot->refuses = request->b != 0;
	send_pnp(slot, IRP_MN_DEVICE_USAGE_NOTIFICATION);
	request->out = (slot->seen_in_paging & DO_POWER_PAGABLE ? 1 : 0) |
		       (slot->pdo->AttachedDevice->Flags & DO_POWER_PAGABLE ? 2 : 0);
	return STATUS_SUCCESS;
}

static NTSTATUS take_name(BOOLEAN takes)
{
	if (takes)
		return IoCreateDevice(self, sizeof(struct extension), &tested_name, 0xba02, 0,
				      FALSE, &namesake);
	IoDeleteDevice(namesake);
	namesake = NULL;
	return STATUS_SUCCESS;
}

/* The first device that the driver made is its control device. */
static NTSTATUS ask_without_file(ULONGLONG *said)
{
	IO_STATUS_BLOCK answer;
	PDRIVER_OBJECT tested;
	PDEVICE_OBJECT device;
	UCHAR buffer[168] = { 168 };
	NTSTATUS status;
	KEVENT event;
	PIRP irp;

	status = ObReferenceObjectByName(&driver, OBJ_CASE_INSENSITIVE, NULL, 0,
					 *IoDriverObjectType, KernelMode, NULL, (PVOID *)&tested);
	if (!NT_SUCCESS(status))
		return status;
	for (device = tested->DeviceObject; device->NextDevice;)
		device = device->NextDevice;
	KeInitializeEvent(&event, NotificationEvent, FALSE);
	irp = IoBuildDeviceIoControlRequest(BW_IOCTL_INFO, device, buffer, sizeof(buffer), buffer,
					    sizeof(buffer), FALSE, &event, &answer);
	*said = (ULONG)IoCallDriver(device, irp);
	ObDereferenceObject(tested);
	return STATUS_SUCCESS;
}

static void pull_now(void)
{
	send_pnp(&slots[to_pull], IRP_MN_SURPRISE_REMOVAL);
}

/* Windows would stop; under Wine the process with all drivers ends. */
static void crash_now(void)
{
	*(volatile int *)0 = 0;
}

static ULONGLONG count_of(ULONGLONG what)
{
	ULONGLONG found = 0;
	ULONG number;

	if (what == MC_INTERFACES)
		return interfaces;
	if (what != MC_PDOS)
		return mc_count((unsigned int)what);
	for (number = 0; number < MC_FUNCTIONS; number++)
		found += slots[number].pdo ? 1 : 0;
	return found;
}

static NTSTATUS run_for_machine(struct mc_request *request)
{
	switch (request->command) {
	case MC_LOAD:
		return load();
	case MC_UNLOAD:
		return ZwUnloadDriver(&service);
	case MC_STORE:
		mc_store(request->a, (unsigned int)request->b, (unsigned int)request->c);
		return STATUS_SUCCESS;
	case MC_FILL:
		mc_fill(request->a, (unsigned int)request->b, (unsigned int)request->c);
		return STATUS_SUCCESS;
	case MC_ENDING:
		return mc_ending((unsigned int)request->a) ? STATUS_SUCCESS :
							     STATUS_INVALID_PARAMETER;
	case MC_FAIL_MAP:
		mc_fail_map();
		return STATUS_SUCCESS;
	case MC_FAIL_NOTIFY:
		mc_fail_notify();
		return STATUS_SUCCESS;
	case MC_DYING:
		mc_dying(request->a != 0);
		return STATUS_SUCCESS;
	case MC_TAKE_NAME:
		return take_name(request->a != 0);
	case MC_WITHOUT_FILE:
		return ask_without_file(&request->out);
	case MC_ORDINARY:
		mc_ordinary(request->a != 0);
		return STATUS_SUCCESS;
	case MC_CRASH_IN_READ:
		mc_pull_in_read(crash_now);
		return STATUS_SUCCESS;
	case MC_COUNT:
		request->out = count_of(request->a);
		return STATUS_SUCCESS;
	default:
		return STATUS_INVALID_DEVICE_REQUEST;
	}
}

static NTSTATUS run_for_slot(struct slot *slot, struct mc_request *request)
{
	if (request->command == MC_ADD)
		return slot->pdo ? STATUS_DEVICE_BUSY : add(slot, request);
	if (!slot->pdo)
		return STATUS_NO_SUCH_DEVICE;
	switch (request->command) {
	case MC_CONFIG:
		slot->config.dwords[request->a / 4 % ARRAYSIZE(slot->config.dwords)] =
			(ULONG)request->b;
		return STATUS_SUCCESS;
	case MC_SHORT_CONFIG:
		slot->config_size = min((ULONG)request->a, CONFIG_SIZE);
		return STATUS_SUCCESS;
	case MC_RANGE:
		return give_range(slot, request);
	case MC_START:
		return start(slot);
	case MC_PNP:
		return pnp(slot, (UCHAR)request->a);
	case MC_PAGING:
		return page_to(slot, request);
	case MC_POWER:
		slot->keeps = request->b != 0;
		return send_power(slot, (DEVICE_POWER_STATE)request->a);
	case MC_RELEASE:
		return release(slot);
	case MC_PULL_IN_READ:
		to_pull = request->function;
		mc_pull_in_read(pull_now);
		return STATUS_SUCCESS;
	default:
		return run_for_machine(request);
	}
}

static NTSTATUS NTAPI control_command(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
	struct mc_request *request = irp->AssociatedIrp.SystemBuffer;

	if (device != control)
		return dispatch(device, irp);
	if (stack->Parameters.DeviceIoControl.IoControlCode != MC_IOCTL ||
	    stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(*request) ||
	    stack->Parameters.DeviceIoControl.OutputBufferLength != sizeof(*request))
		return complete(irp, STATUS_INVALID_PARAMETER, 0);
	request->out = 0;
	if (request->command == MC_ADD || request->function < MC_FUNCTIONS)
		request->status = run_for_slot(&slots[request->function % MC_FUNCTIONS], request);
	else
		request->status = run_for_machine(request);
	return complete(irp, STATUS_SUCCESS, sizeof(*request));
}

static VOID NTAPI unload(PDRIVER_OBJECT object)
{
	(void)object;
	IoDeleteSymbolicLink(&alias);
	IoDeleteDevice(control);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	NTSTATUS status;
	ULONG major;

	(void)path;
	self = object;
	for (major = 0; major <= IRP_MJ_MAXIMUM_FUNCTION; major++)
		object->MajorFunction[major] = dispatch;
	object->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control_command;
	object->DriverUnload = unload;
	status = IoCreateDevice(object, sizeof(struct extension), &name, 0xba01, 0, FALSE,
				&control);
	if (NT_SUCCESS(status))
		status = IoCreateSymbolicLink(&alias, &name);
	return status;
}
