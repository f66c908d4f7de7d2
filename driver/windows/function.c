// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* One function, from the START that says where it is until nobody refers to it any more. */

#include "barwatch.h"

/* What of configuration space is needed to know a function: the header. */
#define BW_HEADER_SIZE 64
#define BW_HEADER_TYPE 0x0e /* PCIe Base Spec 6.0, 7.5.1.1.9 */
#define BW_HEADER_OF_BRIDGE 1
#define BW_SECONDARY_BUS 0x19 /* 7.5.1.3.3 */

struct bw_function *bw_function_new(PDEVICE_OBJECT filter)
{
	struct bw_function *function = bw_allocate(sizeof(*function));

	if (!function)
		return NULL;
	InitializeListHead(&function->node);
	function->users = 1;
	ExInitializeFastMutex(&function->lock);
	function->filter = filter;
	InitializeListHead(&function->maps);
	KeInitializeSpinLock(&function->power_lock);
	return function;
}

void bw_function_get(struct bw_function *function)
{
	InterlockedIncrement(&function->users);
}

void bw_function_put(struct bw_function *function)
{
	if (InterlockedDecrement(&function->users) == 0)
		ExFreePoolWithTag(function, BW_POOL_TAG);
}

/* Whether Windows has it started, and said nothing else since. Its lock is held. */
bool bw_function_is_up(const struct bw_function *function)
{
	return function->is_started && !function->is_surprised && !function->is_gone;
}

/* Nothing of the function stays mapped, neither for processes nor for us. Its lock is held. */
void bw_function_unmap(struct bw_function *function)
{
	bw_maps_kill(function, NULL);
	bw_windows_unmap(function, false);
}

/*
 * Where the function is. The bus number that Windows tells has the segment on top
 * (PCI_SEGMENT_BUS_NUMBER in wdm.h).
 */
static bool bw_address_ask(PDEVICE_OBJECT pdo, struct bw_address *address)
{
	PCI_SEGMENT_BUS_NUMBER bus;
	ULONG where, length;

	if (!NT_SUCCESS(IoGetDeviceProperty(pdo, DevicePropertyBusNumber, sizeof(bus), &bus,
					    &length)) ||
	    !NT_SUCCESS(IoGetDeviceProperty(pdo, DevicePropertyAddress, sizeof(where), &where,
					    &length)))
		return false;
	RtlZeroMemory(address, sizeof(*address));
	address->domain = bus.u.SegmentNumber;
	address->bus = bus.u.BusNumber;
	address->device = where >> 16 & 0x1f;
	address->function = where & 7;
	return true;
}

/* The ids that rules match (PCIe Base Spec 6.0, 7.5.1.1 and 7.5.1.2). */
static struct bw_ids bw_ids_in(const __u32 *header)
{
	const struct bw_ids ids = {
		.vendor = (__u16)header[0],
		.device = (__u16)(header[0] >> 16),
		/* A bridge has something else there, and its ids, if any, in a capability. */
		.subsystem_vendor = (header[3] >> 16 & 0x7f) ? 0 : (__u16)header[0x2c / 4],
		.subsystem_device = (header[3] >> 16 & 0x7f) ? 0 : (__u16)(header[0x2c / 4] >> 16),
		.class_code = header[2] >> 8,
	};

	return ids;
}

static __u8 bw_secondary_bus_in(const __u32 *header)
{
	return (header[3] >> 16 & 0x7f) == 1 ? (__u8)(header[0x18 / 4] >> 8) : 0;
}

/*
 * Asks for the way of reading configuration space, the first time. PnP requests of a stack come one
 * after the other, so nobody else writes it.
 */
static bool bw_bus_known(struct bw_filter *filter)
{
	struct bw_function *function = filter->function;
	BUS_INTERFACE_STANDARD bus;

	if (function->bus.GetBusData)
		return true;
	if (!NT_SUCCESS(bw_bus_ask(filter->lower, &bus)))
		return false;
	bw_lock(&function->lock);
	function->bus = bus;
	bw_unlock(&function->lock);
	return true;
}

static bool bw_header_ask(struct bw_filter *filter, __u32 *header)
{
	const BUS_INTERFACE_STANDARD *bus = &filter->function->bus;

	return bw_bus_known(filter) &&
	       bus->GetBusData(bus->Context, PCI_WHICHSPACE_CONFIG, header, 0, BW_HEADER_SIZE) ==
		       BW_HEADER_SIZE &&
	       (__u16)header[0] != 0xffff;
}

static void bw_function_know(struct bw_function *function, const __u32 *header,
			     const struct bw_place *places)
{
	bw_lock(&function->lock);
	function->ids = bw_ids_in(header);
	function->serial = 0;
	bw_bars_place(function, places);
	function->is_started = true;
	bw_unlock(&function->lock);
	bw_power_started(function);
}

/*
 * The drivers below have started the function. One that cannot be asked what it is, or where, is
 * left alone: no request will find it.
 */
void bw_function_start(struct bw_filter *filter, const CM_RESOURCE_LIST *raw,
		       const CM_RESOURCE_LIST *translated)
{
	struct bw_place places[BW_BARS_PER_FUNCTION];
	struct bw_range ranges[BW_RANGES_MAX];
	__u32 header[BW_HEADER_SIZE / sizeof(__u32)];
	struct bw_address address;

	if (!bw_address_ask(filter->pdo, &address) || !bw_header_ask(filter, header))
		return;
	bw_place_all(&header[4], header[3] >> 16, ranges, bw_ranges_of(raw, translated, ranges),
		     places);
	bw_function_know(filter->function, header, places);
	bw_table_add(filter->function, &address, bw_secondary_bus_in(header));
}

/*
 * Asks a bridge anew for the number of the bus below it. At START it may have had none yet, or an
 * old one: its driver, which is above us, programs it after the drivers below have started it.
 */
void bw_function_renumber(struct bw_function *function)
{
	__u32 type, secondary_bus = 0;

	bw_lock(&function->lock);
	if (bw_function_is_up(function) && !bw_bus_load(function, BW_HEADER_TYPE, 1, &type) &&
	    (type & 0x7f) == BW_HEADER_OF_BRIDGE)
		bw_bus_load(function, BW_SECONDARY_BUS, 1, &secondary_bus);
	bw_unlock(&function->lock);
	/* A bridge that does not answer keeps the number that it had. */
	if (secondary_bus && secondary_bus != 0xff)
		bw_table_renumber(function, (__u8)secondary_bus);
}

/* Windows takes the addresses back, and may give others. */
void bw_function_stop(struct bw_function *function)
{
	bw_lock(&function->lock);
	function->is_started = false;
	bw_function_unmap(function);
	bw_unlock(&function->lock);
}

/* It was unplugged, or it failed; Windows has not removed it yet. */
void bw_function_surprise(struct bw_function *function)
{
	bw_lock(&function->lock);
	function->is_surprised = true;
	bw_function_unmap(function);
	bw_unlock(&function->lock);
}

/* When this returns, nothing refers to the function's addresses or stack, and nothing will. */
void bw_function_forget(struct bw_function *function)
{
	BUS_INTERFACE_STANDARD bus;

	bw_lock(&function->lock);
	bw_function_unmap(function);
	function->is_gone = true;
	function->filter = NULL;
	bus = function->bus;
	RtlZeroMemory(&function->bus, sizeof(function->bus));
	bw_unlock(&function->lock);
	if (bus.InterfaceDereference)
		bus.InterfaceDereference(bus.Context);
}
