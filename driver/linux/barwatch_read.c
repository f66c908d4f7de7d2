// SPDX-License-Identifier: GPL-2.0-only
/* READ: one load for each item of a batch. */

#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "barwatch.h"

/* Exactly one load, as wide as was asked for. */
u64 bw_load(const struct bw_window *window)
{
	switch (window->width) {
	case 1:
		return readb(window->where);
	case 2:
		return readw(window->where);
	case 4:
		return readl(window->where);
#ifdef CONFIG_64BIT
	case 8:
		return readq(window->where);
#endif
	default:
		WARN_ON_ONCE(1); /* bw_judge_width() lets none through */
		return 0;
	}
}

/* Everything up to the load, and why it is not done. */
static u32 bw_read_find(struct bw_visit *visit, const struct bw_read *item,
			struct bw_window *window)
{
	const struct bw_access access = {
		.right = BW_RIGHT_READ,
		.bar = item->bar,
		.offset = item->offset,
		.length = item->width,
	};
	u32 status = bw_judge_read(item, BW_WIDTHS);

	if (!status && visit->is_locked_down)
		status = BW_DENIED_LOCKDOWN;
	if (!status)
		status = bw_visit_function(visit, &item->address);
	return status ? status : bw_visit_register(visit, &access, window);
}

static void bw_read_item(struct bw_visit *visit, struct bw_read *item)
{
	struct bw_window window = {};
	u64 began_ns;

	item->out_value = 0;
	item->out_duration_ns = 0;
	item->out_status = fatal_signal_pending(current) ? BW_UNREACHABLE_INTERRUPTED :
							   bw_read_find(visit, item, &window);
	item->out_generation = window.generation;
	if (item->out_status)
		return;
	began_ns = ktime_get_ns();
	item->out_value = bw_load(&window);
	item->out_duration_ns = ktime_get_ns() - began_ns;
	bw_visit_took(visit, item->out_duration_ns, item->out_value == bw_all_ones(window.width));
}

/* READ: see struct bw_batch and struct bw_read. */
int bw_read_batch(struct bw_handle *handle, void *request, void __user *user)
{
	struct bw_batch *batch = request;
	struct bw_visit visit;
	struct bw_read *items;
	u32 number;
	int err;

	err = bw_batch_judge(batch, BW_FIRST_READ);
	if (err)
		return err;
	items = bw_items_take(user, batch->count, batch->item_size, sizeof(*items));
	if (IS_ERR(items))
		return PTR_ERR(items);
	bw_visit_begin(&visit);
	for (number = 0; number < batch->count; number++) {
		bw_read_item(&visit, &items[number]);
		bw_visit_count(&visit, items[number].out_status);
		cond_resched();
	}
	bw_visit_end(&visit);
	err = bw_items_give(user, items, batch->count, batch->item_size, sizeof(*items));
	kvfree(items);
	return err;
}
