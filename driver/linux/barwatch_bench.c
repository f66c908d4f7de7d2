// SPDX-License-Identifier: GPL-2.0-only
/*
 * BENCH, in a BARWATCH_BENCH build: what the same loads cost in a plain loop, to compare READ with.
 */

#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include "barwatch.h"

static u32 bw_bench_find(struct bw_visit *visit, const struct bw_read *items, u32 count,
			 struct bw_window *windows)
{
	u32 status = BW_OK;
	u32 number;

	for (number = 0; number < count && !status; number++) {
		const struct bw_read *item = &items[number];
		const struct bw_access access = {
			.right = BW_RIGHT_READ,
			.bar = item->bar,
			.offset = item->offset,
			.length = item->width,
		};

		status = bw_judge_read(item, BW_WIDTHS);
		if (!status && memcmp(&item->address, &items[0].address, sizeof(item->address)))
			status = BW_WRONG_ADDRESS;
		if (!status && visit->is_locked_down)
			status = BW_DENIED_LOCKDOWN;
		if (!status)
			status = bw_visit_function(visit, &item->address);
		/* Then 64 registers cannot push out each other's windows. */
		if (!status && number == 0)
			bw_windows_unmap(visit->function);
		if (!status)
			status = bw_visit_register(visit, &access, &windows[number]);
		/* Nor can a BAR that is found elsewhere, since there is but one. */
		if (!status && (item->bar != items[0].bar ||
				windows[number].generation != windows[0].generation))
			status = BW_WRONG_BAR;
	}
	return status;
}

static u64 bw_bench_run(const struct bw_window *windows, u32 count, u32 rounds)
{
	u64 began_ns = ktime_get_ns();
	u32 number;

	for (; rounds > 0; rounds--) {
		for (number = 0; number < count; number++)
			bw_load(&windows[number]);
		cond_resched();
	}
	return ktime_get_ns() - began_ns;
}

/* BENCH: see struct bw_bench. At most 64 registers: a function has as many windows. */
int bw_bench_loop(struct bw_handle *handle, void *request, void __user *user)
{
	struct bw_bench *bench = request;
	struct bw_window *windows;
	struct bw_visit visit;
	struct bw_read *items;

	if (bench->flags)
		return bw_errno(BW_REFUSED_FLAG);
	if (!bench->count || bench->count > 64 || bench->item_size != sizeof(*items) ||
	    !bench->rounds || bench->rounds > 1000)
		return -EINVAL;
	items = bw_items_take(user, bench->count, bench->item_size, sizeof(*items));
	if (IS_ERR(items))
		return PTR_ERR(items);
	windows = kvcalloc(bench->count, sizeof(*windows), GFP_KERNEL_ACCOUNT);
	if (!windows) {
		kvfree(items);
		return -ENOMEM;
	}
	bench->out_loop_ns = 0;
	bw_visit_begin(&visit);
	bench->out_status = bw_bench_find(&visit, items, bench->count, windows);
	if (!bench->out_status)
		bench->out_loop_ns = bw_bench_run(windows, bench->count, bench->rounds);
	bw_visit_end(&visit);
	kvfree(windows);
	kvfree(items);
	return 0;
}
