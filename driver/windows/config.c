// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* CONFIG: configuration space of a function, or of a bridge on the way to it. */

#include "barwatch.h"

#define BW_CONFIG_SIZE 4096	/* bytes, of PCI Express */

/* The end of the route, as far as it is known: only bus 0 has no bridge above it for sure. */
static __u32 bw_config_beyond(const struct bw_visit *visit)
{
	const struct bw_function *last = visit->route[visit->route_length - 1];

	return last->address.bus == 0 ? BW_UNREACHABLE_NO_BRIDGE : BW_UNREACHABLE_UNFILTERED;
}

/* Everything up to the read, and why it is not done. */
static __u32 bw_config_find(struct bw_visit *visit, struct bw_config *item)
{
	__u32 status = bw_judge_config(item);

	if (!status)
		status = bw_visit_function(visit, &item->address);
	if (!status)
		status = bw_judge_right(visit->rules->rules, visit->route[0]->matching,
					visit->route[0]->matching_count, BW_RIGHT_CONFIG);
	if (status)
		return status;
	if (item->bridge >= visit->route_length)
		return bw_config_beyond(visit);
	item->out_address = visit->route[item->bridge]->address;
	if (item->bridge < visit->touchable)
		return visit->blocked;
	if (!bw_is_inside(item->offset, item->width, BW_CONFIG_SIZE))
		return BW_UNREACHABLE_OUTSIDE_CONFIG;
	return bw_visit_rests(visit);
}

/* The function is locked already; a bridge is not, and may have left since the visit began. */
static __u32 bw_config_read(struct bw_visit *visit, struct bw_config *item)
{
	struct bw_function *function = visit->route[item->bridge];
	__u32 status;

	if (!item->bridge)
		return bw_bus_load(function, item->offset, item->width, &item->out_value);
	bw_lock(&function->lock);
	status = bw_bus_load(function, item->offset, item->width, &item->out_value);
	bw_unlock(&function->lock);
	return status;
}

static void bw_config_item(struct bw_visit *visit, struct bw_config *item)
{
	__u64 began_ns;

	RtlZeroMemory(&item->out_address, sizeof(item->out_address));
	item->out_value = 0;
	item->out_duration_ns = 0;
	item->out_status = bw_visit_is_over(visit) ? BW_UNREACHABLE_INTERRUPTED :
						     bw_config_find(visit, item);
	if (item->out_status)
		return;
	began_ns = bw_now_ns();
	item->out_status = bw_config_read(visit, item);
	item->out_duration_ns = bw_now_ns() - began_ns;
	bw_visit_took(visit, item->out_duration_ns, item->out_value == bw_all_ones(item->width));
}

/* CONFIG: see struct bw_batch and struct bw_config. */
NTSTATUS bw_config_batch(struct bw_call *call)
{
	const struct bw_batch *batch = call->request;
	NTSTATUS status = bw_batch_judge(call, BW_FIRST_CONFIG, sizeof(struct bw_config));
	struct bw_config item;
	struct bw_visit visit;
	__u32 number;

	if (!NT_SUCCESS(status))
		return status;
	bw_visit_begin(&visit, call->irp);
	for (number = 0; number < batch->count; number++) {
		bw_item_take(call, batch->item_size, number, &item, sizeof(item));
		bw_config_item(&visit, &item);
		bw_visit_count(&visit, item.out_status);
		bw_item_give(call, batch->item_size, number, &item, sizeof(item));
	}
	bw_visit_end(&visit);
	return STATUS_SUCCESS;
}
