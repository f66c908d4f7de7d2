// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* INFO: what this driver is, and what it did. */

#include "barwatch.h"

#define BW_VERSION_NUMBER (0 << 16 | 1 << 8 | 0)

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

static void bw_info_count(struct bw_info *info)
{
	info->out_handles = bw_counted(BW_COUNT_HANDLES);
	info->out_handles_refused = bw_counted(BW_COUNT_HANDLES_REFUSED);
	info->out_requests_refused = bw_counted(BW_COUNT_REQUESTS_REFUSED);
	info->out_ok = bw_counted(BW_COUNT_OUTCOMES + BW_OUTCOME_OK);
	info->out_denied = bw_counted(BW_COUNT_OUTCOMES + BW_OUTCOME_DENIED);
	info->out_unreachable = bw_counted(BW_COUNT_OUTCOMES + BW_OUTCOME_UNREACHABLE);
	info->out_fault = bw_counted(BW_COUNT_OUTCOMES + BW_OUTCOME_FAULT);
	info->out_wrong = bw_counted(BW_COUNT_OUTCOMES + BW_OUTCOME_WRONG);
	info->out_limited = bw_counted(BW_COUNT_LIMITED);
	info->out_slow = bw_counted(BW_COUNT_SLOW);
	info->out_functions = bw_counted(BW_COUNT_FUNCTIONS);
	info->out_bars_moved = bw_counted(BW_COUNT_BARS_MOVED);
	info->out_maps = bw_counted(BW_COUNT_MAPS);
	info->out_maps_killed = bw_counted(BW_COUNT_MAPS_KILLED);
}

NTSTATUS bw_info_tell(struct bw_call *call)
{
	struct bw_info *info = call->request;

	if (info->flags)
		return bw_status_of(BW_REFUSED_FLAG);
	RtlZeroMemory(info, sizeof(*info));
	info->out_abi = BW_ABI;
	info->out_version = BW_VERSION_NUMBER;
	info->out_features = BW_FEATURE_READ8;
	if (bw_maps_are_safe())
		info->out_features |= BW_FEATURE_MAP;
#ifdef BARWATCH_WRITE
	info->out_features |= BW_FEATURE_WRITE;
#endif
	info->out_page_size = PAGE_SIZE;
	info->out_items_max = BW_ITEMS_MAX;
	info->out_rules_max = BW_RULES_MAX;
	info->out_maps_max = BW_MAPS_MAX;
	info->out_handles_max = BW_HANDLES_MAX;
	bw_info_count(info);
	bw_policy_describe(info);
	return STATUS_SUCCESS;
}
