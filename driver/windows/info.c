// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* INFO: what this driver is, and what it did. */

#include "barwatch.h"

volatile LONG64 bw_counters[BW_COUNTERS];

/* The counter after it went up, or down. */
LONG64 bw_count(enum bw_counter counter, LONG64 by)
{
	return InterlockedExchangeAdd64(&bw_counters[counter], by) + by;
}

static __u64 bw_counted(enum bw_counter counter)
{
	return bw_count(counter, 0);
}

NTSTATUS bw_info_tell(struct bw_call *call)
{
	struct bw_info *info = call->request;

	if (info->flags)
		return bw_status_of(BW_REFUSED_FLAG);
	RtlZeroMemory(info, sizeof(*info));
	info->out_features = BW_FEATURE_READ8;
	if (bw_maps_are_safe())
		info->out_features |= BW_FEATURE_MAP;
#ifdef BARWATCH_WRITE
	info->out_features |= BW_FEATURE_WRITE;
#endif
	info->out_page_size = PAGE_SIZE;
	bw_info_fill(info, bw_counted);
	bw_policy_describe(info);
	return STATUS_SUCCESS;
}
