// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* READ: one load for each item of a batch. */

#include "barwatch.h"

/* Exactly one load, as wide as was asked for. */
static __u64 bw_load_now(const struct bw_register *from)
{
	switch (from->width) {
	case 1:
		return *(const volatile __u8 *)from->where;
	case 2:
		return *(const volatile __u16 *)from->where;
	case 4:
		return *(const volatile __u32 *)from->where;
	default:
		return *(const volatile __u64 *)from->where;
	}
}

/* One load, while the function has power; and how long it took. */
__u32 bw_load(const struct bw_register *from, __u64 *value, __u64 *duration_ns)
{
	__u64 began_ns;
	KIRQL irql;
	__u32 status = bw_power_enter(from->function, &irql);

	if (status)
		return status;
	began_ns = bw_now_ns();
	*value = bw_load_now(from);
	*duration_ns = bw_now_ns() - began_ns;
	bw_power_leave(from->function, irql);
	return BW_OK;
}

/* Everything up to the load, and why it is not done. */
static __u32 bw_read_find(struct bw_visit *visit, const struct bw_read *item,
			  struct bw_register *found)
{
	const struct bw_access access = {
		.right = BW_RIGHT_READ,
		.bar = item->bar,
		.offset = item->offset,
		.length = item->width,
	};
	__u32 status = bw_judge_read(item, BW_WIDTHS);

	if (!status)
		status = bw_visit_function(visit, &item->address);
	return status ? status : bw_visit_register(visit, &access, found);
}

static void bw_read_item(struct bw_visit *visit, struct bw_read *item)
{
	struct bw_register found = { 0 };

	item->out_value = 0;
	item->out_duration_ns = 0;
	item->out_status = bw_visit_is_over(visit) ? BW_UNREACHABLE_INTERRUPTED :
						     bw_read_find(visit, item, &found);
	if (!item->out_status)
		item->out_status = bw_load(&found, &item->out_value, &item->out_duration_ns);
	item->out_generation = item->out_status ? 0 : found.generation;
	if (!item->out_status)
		bw_visit_took(visit, item->out_duration_ns,
			      item->out_value == bw_all_ones(found.width));
}

/* READ: see struct bw_batch and struct bw_read. */
NTSTATUS bw_read_batch(struct bw_call *call)
{
	const struct bw_batch *batch = call->request;
	NTSTATUS status = bw_batch_judge(call, BW_FIRST_READ, sizeof(struct bw_read));
	struct bw_visit visit;
	struct bw_read item;
	__u32 number;

	if (!NT_SUCCESS(status))
		return status;
	bw_visit_begin(&visit, call->irp);
	for (number = 0; number < batch->count; number++) {
		bw_item_take(call, batch->item_size, number, &item, sizeof(item));
		bw_read_item(&visit, &item);
		bw_visit_count(&visit, item.out_status);
		bw_item_give(call, batch->item_size, number, &item, sizeof(item));
	}
	bw_visit_end(&visit);
	return STATUS_SUCCESS;
}
