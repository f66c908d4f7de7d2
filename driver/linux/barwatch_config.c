// SPDX-License-Identifier: GPL-2.0-only
/* CONFIG and BARS: configuration space, through the PCI core. */

#include <linux/ktime.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "barwatch.h"

static struct bw_address bw_address_of(struct pci_dev *pdev)
{
	return (struct bw_address){
		.domain = pci_domain_nr(pdev->bus),
		.bus = pdev->bus->number,
		.device = PCI_SLOT(pdev->devfn),
		.function = PCI_FUNC(pdev->devfn),
	};
}

/*
 * One access. pci_user_read_config_*() would wait for a reset to end. A reset of a slot blocks one
 * function after the other and waits for each one's device_lock (pci_bus_lock() in pci/pci.c); a
 * driver that binds has that lock and waits for ours. So nobody waits: what is blocked is said to
 * be.
 */
static u32 bw_config_load(struct pci_dev *pdev, u32 offset, u32 width, u32 *value)
{
	u16 word = 0;
	u8 byte = 0;
	int err;

	*value = 0;
	if (bw_is_blocked(pdev))
		return BW_UNREACHABLE_BLOCKED;
	switch (width) {
	case 1:
		err = pci_read_config_byte(pdev, offset, &byte);
		*value = byte;
		break;
	case 2:
		err = pci_read_config_word(pdev, offset, &word);
		*value = word;
		break;
	default:
		err = pci_read_config_dword(pdev, offset, value);
		break;
	}
	if (!err)
		return BW_OK;
	*value = 0;
	return BW_FAULT_CONFIG;
}

/* The function entered, or a bridge of its route, if it may be touched. */
static u32 bw_config_pdev(struct bw_visit *visit, u32 bridge, struct pci_dev **pdev)
{
	struct bw_function *function = visit->function;
	unsigned int index;

	if (bridge >= function->route_length)
		return BW_UNREACHABLE_NO_BRIDGE;
	index = function->route_length - 1 - array_index_nospec(bridge, function->route_length);
	*pdev = function->route[index];
	return index < visit->touchable ? BW_OK : visit->blocked;
}

/* Everything up to the read, and why it is not done. */
static u32 bw_config_find(struct bw_visit *visit, struct bw_config *item, struct pci_dev **pdev)
{
	u32 status = bw_judge_config(item);

	if (!status)
		status = bw_visit_function(visit, &item->address);
	if (!status)
		status = bw_judge_right(visit->rules->rules, visit->function->matching,
					visit->function->matching_count, BW_RIGHT_CONFIG);
	if (!status)
		status = bw_config_pdev(visit, item->bridge, pdev);
	if (*pdev)
		item->out_address = bw_address_of(*pdev);
	if (status)
		return status;
	if (!bw_is_inside(item->offset, item->width, (*pdev)->cfg_size))
		return BW_UNREACHABLE_OUTSIDE_CONFIG;
	return bw_visit_rests(visit);
}

static void bw_config_item(struct bw_visit *visit, struct bw_config *item)
{
	struct pci_dev *pdev = NULL;
	u64 began_ns;

	item->out_address = (struct bw_address){};
	item->out_value = 0;
	item->out_duration_ns = 0;
	item->out_status = fatal_signal_pending(current) ? BW_UNREACHABLE_INTERRUPTED :
							   bw_config_find(visit, item, &pdev);
	if (item->out_status)
		return;
	began_ns = ktime_get_ns();
	item->out_status = bw_config_load(pdev, item->offset, item->width, &item->out_value);
	item->out_duration_ns = ktime_get_ns() - began_ns;
	bw_visit_took(visit, item->out_duration_ns, item->out_value == bw_all_ones(item->width));
}

/* CONFIG: see struct bw_batch and struct bw_config. */
int bw_config_batch(struct bw_handle *handle, void *request, void __user *user)
{
	struct bw_batch *batch = request;
	struct bw_config *items;
	struct bw_visit visit;
	u32 number;
	int err;

	err = bw_batch_judge(batch, BW_FIRST_CONFIG);
	if (err)
		return err;
	items = bw_items_take(user, batch->count, batch->item_size, sizeof(*items));
	if (IS_ERR(items))
		return PTR_ERR(items);
	bw_visit_begin(&visit);
	for (number = 0; number < batch->count; number++) {
		bw_config_item(&visit, &items[number]);
		bw_visit_count(&visit, items[number].out_status);
		cond_resched();
	}
	bw_visit_end(&visit);
	err = bw_items_give(user, items, batch->count, batch->item_size, sizeof(*items));
	kvfree(items);
	return err;
}

/* What the OS assigned: to be had without touching the function. */
static void bw_bar_describe(struct bw_function *function, u32 number, struct bw_bar *bar)
{
	const struct bw_place *place = &function->bars[number].place;
	struct resource resource = { .flags = place->flags };
	struct pci_bus_region region;

	*bar = (struct bw_bar){ .out_length = place->length,
				.out_generation = function->bars[number].generation };
	if (place->flags & IORESOURCE_MEM)
		bar->out_flags |= BW_BAR_MEMORY;
	if (place->flags & IORESOURCE_MEM_64)
		bar->out_flags |= BW_BAR_64;
	if (place->flags & IORESOURCE_PREFETCH)
		bar->out_flags |= BW_BAR_PREFETCHABLE;
	if (!place->is_assigned)
		return;
	resource.start = place->start;
	resource.end = place->start + place->length - 1;
	pcibios_resource_to_bus(function->pdev->bus, &region, &resource);
	bar->out_start = region.start;
	bar->out_flags |= BW_BAR_ASSIGNED;
}

/* What the BAR register holds. */
static u32 bw_bar_register(struct pci_dev *pdev, u32 number, struct bw_bar *bar)
{
	u32 low, high = 0;
	u32 status = bw_config_load(pdev, PCI_BASE_ADDRESS_0 + 4 * number, 4, &low);

	if (!status && bar->out_flags & BW_BAR_64)
		status = bw_config_load(pdev, PCI_BASE_ADDRESS_1 + 4 * number, 4, &high);
	if (status)
		return status;
	bar->out_register = (u64)high << 32 | low;
	bar->out_flags |= BW_BAR_REGISTER;
	return BW_OK;
}

static u32 bw_bars_find(struct bw_visit *visit, struct bw_bars *bars)
{
	struct bw_function *function = visit->function;
	u32 status = visit->blocked ? visit->blocked : bw_visit_rests(visit);
	u32 number;

	for (number = 0; number < BW_BARS_PER_FUNCTION; number++) {
		bw_bar_look(function, number);
		bw_bar_describe(function, number, &bars->bars[number]);
		/* Bridges have something else where a function has its later BARs. */
		if (!status && bars->bars[number].out_length)
			status = bw_bar_register(function->pdev, number, &bars->bars[number]);
	}
	return status;
}

/* BARS: see struct bw_bars. */
int bw_bars_tell(struct bw_handle *handle, void *request, void __user *user)
{
	struct bw_bars *bars = request;
	struct bw_visit visit;

	if (bars->flags)
		return bw_errno(BW_REFUSED_FLAG);
	bars->out_status = bw_judge_bars(bars);
	memset(bars->bars, 0, sizeof(bars->bars));
	bw_visit_begin(&visit);
	if (!bars->out_status)
		bars->out_status = bw_visit_function(&visit, &bars->address);
	if (!bars->out_status)
		bars->out_status = bw_bars_find(&visit, bars);
	bw_visit_count(&visit, bars->out_status);
	bw_visit_end(&visit);
	return 0;
}
