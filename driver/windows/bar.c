// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Where the BARs of a function are, and the windows through which they are read. Everything here is
 * called with the function's lock held.
 */

#include "barwatch.h"

static void bw_window_unmap(struct bw_window *window)
{
	if (window->where)
		MmUnmapIoSpace(window->where, PAGE_SIZE);
	window->where = NULL;
}

void bw_windows_unmap(struct bw_function *function, bool only_passing)
{
	ULONG number;

	for (number = 0; number < BW_WINDOWS_MAX; number++) {
		if (!only_passing || function->windows[number].is_passing)
			bw_window_unmap(&function->windows[number]);
	}
}

/*
 * The page that `at` lies in, mapped uncached, as a pointer to `at`; NULL when it cannot be mapped.
 * Mapping costs more than a load, so pages stay mapped, except those of a prefetchable BAR
 * (is_passing): its driver may want to map it write-combined, and Windows gives a page one cache
 * type, that of the mapping that was there first.
 *
 * Source: MmMapIoSpaceEx, Windows 10 or later.
 */
__u8 *bw_window(struct bw_function *function, __u64 at, bool is_passing)
{
	const __u64 page = at / PAGE_SIZE;
	struct bw_window *window = &function->windows[page % BW_WINDOWS_MAX];
	PHYSICAL_ADDRESS address;

	if (!window->where || window->page != page) {
		bw_window_unmap(window);
		address.QuadPart = page * PAGE_SIZE;
		window->where = MmMapIoSpaceEx(address, PAGE_SIZE, BW_PROTECTION);
		window->page = page;
		window->is_passing = is_passing;
	}
	return window->where ? window->where + at % PAGE_SIZE : NULL;
}

static bool bw_is_same_place(const struct bw_place *one, const struct bw_place *other)
{
	return RtlEqualMemory(one, other, sizeof(*one));
}

/* Takes in what START brought. A BAR that is elsewhere gets another generation. */
void bw_bars_place(struct bw_function *function, const struct bw_place *places)
{
	static volatile LONG64 generation;
	ULONG number;

	for (number = 0; number < BW_BARS_PER_FUNCTION; number++) {
		struct bw_seen_bar *bar = &function->bars[number];

		if (bar->generation && bw_is_same_place(&bar->place, &places[number]))
			continue;
		if (bar->generation)
			bw_count(BW_COUNT_BARS_MOVED, 1);
		bar->place = places[number];
		bar->generation = InterlockedIncrement64(&generation);
	}
}
