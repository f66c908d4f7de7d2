// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* BARS: what Windows assigned, and what the BAR registers hold. */

#include "barwatch.h"

/* What Windows assigned: to be had without touching the function. */
static void bw_bar_describe(const struct bw_seen_bar *seen, struct bw_bar *bar)
{
	RtlZeroMemory(bar, sizeof(*bar));
	bar->out_start = seen->place.flags & BW_BAR_ASSIGNED ? seen->place.bus : 0;
	bar->out_length = seen->place.length;
	bar->out_generation = seen->generation;
	bar->out_flags = seen->place.flags;
}

/* What the BAR register holds now. */
static __u32 bw_bar_register(struct bw_function *function, __u32 number, struct bw_bar *bar)
{
	const __u32 at = 0x10 + 4 * number; /* PCIe Base Spec 6.0, 7.5.1.2 */
	__u32 low, high = 0;
	__u32 status = bw_bus_load(function, at, 4, &low);

	if (!status && bar->out_flags & BW_BAR_64)
		status = bw_bus_load(function, at + 4, 4, &high);
	if (status)
		return status;
	bar->out_register = (__u64)high << 32 | low;
	bar->out_flags |= BW_BAR_REGISTER;
	return BW_OK;
}

static __u32 bw_bars_find(struct bw_visit *visit, struct bw_bars *bars)
{
	struct bw_function *function = visit->route[0];
	__u32 status = visit->blocked ? visit->blocked : bw_visit_rests(visit);
	__u32 number;

	for (number = 0; number < BW_BARS_PER_FUNCTION; number++) {
		struct bw_bar *bar = &bars->bars[number];

		bw_bar_describe(&function->bars[number], bar);
		if (!status && bar->out_flags)
			status = bw_bar_register(function, number, bar);
	}
	return status;
}

/* BARS: see struct bw_bars. */
NTSTATUS bw_bars_tell(struct bw_call *call)
{
	struct bw_bars *bars = call->request;
	struct bw_visit visit;

	if (bars->flags)
		return bw_status_of(BW_REFUSED_FLAG);
	bars->out_status = bw_judge_bars(bars);
	RtlZeroMemory(bars->bars, sizeof(bars->bars));
	bw_visit_begin(&visit, call->irp);
	if (!bars->out_status)
		bars->out_status = bw_visit_function(&visit, &bars->address);
	if (!bars->out_status)
		bars->out_status = bw_bars_find(&visit, bars);
	bw_visit_count(&visit, bars->out_status);
	bw_visit_end(&visit);
	return STATUS_SUCCESS;
}
