// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the BARs of a function are, and the windows through which they are read.
 *
 * Everything here is called with the function's lock held.
 */

#include <linux/io.h>

#include "barwatch.h"

#define BW_WINDOWS_MAX 64 /* mapped pages of one function; more than that begins anew */

static atomic64_t bw_generation = ATOMIC64_INIT(0);

/* Unmaps every window of the function. */
void bw_windows_unmap(struct bw_function *function)
{
	unsigned long page;
	void *window;

	xa_for_each(&function->windows, page, window) {
		xa_erase(&function->windows, page);
		iounmap((void __iomem __force *)window);
	}
	function->window_count = 0;
	function->recent = NULL;
}

/* Unmaps what must not outlast a visit: see bw_window(). */
void bw_windows_unmap_passing(struct bw_function *function)
{
	unsigned long page;
	void *window;

	xa_for_each_marked(&function->windows, page, window, XA_MARK_0) {
		xa_erase(&function->windows, page);
		iounmap((void __iomem __force *)window);
		function->window_count--;
		function->recent = NULL;
	}
}

static void __iomem *bw_window_make(struct bw_function *function, unsigned long page,
				    bool is_passing)
{
	void __iomem *window;

	if (function->window_count >= BW_WINDOWS_MAX)
		bw_windows_unmap(function);
	window = ioremap((resource_size_t)page << PAGE_SHIFT, PAGE_SIZE);
	if (!window)
		return NULL;
	if (xa_is_err(xa_store(&function->windows, page, (void __force *)window, GFP_KERNEL))) {
		iounmap(window);
		return NULL;
	}
	function->window_count++;
	if (is_passing)
		xa_set_mark(&function->windows, page, XA_MARK_0);
	return window;
}

/*
 * The page that `at` lies in, mapped uncached, as a pointer to `at`; NULL when it cannot be mapped.
 * Mapping costs more than a load, so pages stay mapped, except those of a prefetchable BAR
 * (is_passing): its driver may want to map it write-combined, and x86 gives an address range one
 * memory type, that of the mapping that was there first.
 */
void __iomem *bw_window(struct bw_function *function, u64 at, bool is_passing)
{
	unsigned long page = at >> PAGE_SHIFT;
	void __iomem *window = function->recent;

	if (!window || function->recent_page != page) {
		window = (void __iomem __force *)xa_load(&function->windows, page);
		if (!window)
			window = bw_window_make(function, page, is_passing);
		if (!window)
			return NULL;
		function->recent = window;
		function->recent_page = page;
	}
	return window + offset_in_page(at);
}

/*
 * Where the BAR is now. Nothing that a module may lock keeps a BAR from being moved, so the picture
 * is checked instead: the resource tree gives an address to a BAR before it takes it in (parent
 * set), and takes it back only after letting it go (parent NULL). What was the same twice, with a
 * parent throughout, was never half old and half new.
 */
static struct bw_place bw_bar_place(const struct resource *bar)
{
	struct bw_place place = { .flags = READ_ONCE(bar->flags) };
	const struct resource *parent = READ_ONCE(bar->parent);
	u64 start, end;

	smp_rmb(); /* parent before start and end */
	start = READ_ONCE(bar->start);
	end = READ_ONCE(bar->end);
	if (!place.flags || end < start || end - start == U64_MAX)
		return place;
	place.start = start;
	place.length = end - start + 1;
	smp_rmb(); /* start and end before all of them again */
	place.is_assigned = parent && !(place.flags & IORESOURCE_UNSET) &&
			    READ_ONCE(bar->parent) == parent && READ_ONCE(bar->start) == start &&
			    READ_ONCE(bar->end) == end;
	return place;
}

/*
 * Looks where the BAR is; when it is elsewhere, nothing that was mapped of the function stays
 * mapped.
 */
void bw_bar_look(struct bw_function *function, u32 bar)
{
	struct bw_place place = bw_bar_place(&function->pdev->resource[bar]);
	struct bw_seen_bar *seen = &function->bars[bar];

	if (seen->generation && place.start == seen->place.start &&
	    place.length == seen->place.length && place.flags == seen->place.flags &&
	    place.is_assigned == seen->place.is_assigned)
		return;
	if (seen->generation) {
		atomic64_inc(&bw_counters[BW_COUNT_BARS_MOVED]);
		bw_function_unmap(function);
	}
	seen->place = place;
	seen->generation = atomic64_inc_return(&bw_generation);
}
