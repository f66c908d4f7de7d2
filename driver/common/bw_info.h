/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What INFO says on both systems: the version, the limits, and what a driver counts while it is
 * loaded. Freestanding, like bw_check.h; the counters themselves are each system's.
 */
#ifndef BW_INFO_H
#define BW_INFO_H

#include "bw_check.h"

#define BW_VERSION_NUMBER (0 << 16 | 1 << 8 | 0)

enum bw_counter {
	BW_COUNT_OUTCOMES,	/* five of them, in the order of enum bw_outcome */
	BW_COUNT_HANDLES = BW_COUNT_OUTCOMES + BW_OUTCOME_WRONG + 1,
	BW_COUNT_HANDLES_REFUSED,
	BW_COUNT_REQUESTS_REFUSED,
	BW_COUNT_LIMITED,
	BW_COUNT_SLOW,
	BW_COUNT_FUNCTIONS,
	BW_COUNT_BARS_MOVED,
	BW_COUNT_MAPS,
	BW_COUNT_MAPS_KILLED,
	BW_COUNTERS,
};

/* All that does not depend on the system, into a struct that is zero; `counted` reads a counter. */
static inline void bw_info_fill(struct bw_info *info, __u64 (*counted)(enum bw_counter counter))
{
	info->out_abi = BW_ABI;
	info->out_version = BW_VERSION_NUMBER;
	info->out_items_max = BW_ITEMS_MAX;
	info->out_rules_max = BW_RULES_MAX;
	info->out_maps_max = BW_MAPS_MAX;
	info->out_handles_max = BW_HANDLES_MAX;
	info->out_handles = counted(BW_COUNT_HANDLES);
	info->out_handles_refused = counted(BW_COUNT_HANDLES_REFUSED);
	info->out_requests_refused = counted(BW_COUNT_REQUESTS_REFUSED);
	info->out_ok = counted(BW_COUNT_OUTCOMES + BW_OUTCOME_OK);
	info->out_denied = counted(BW_COUNT_OUTCOMES + BW_OUTCOME_DENIED);
	info->out_unreachable = counted(BW_COUNT_OUTCOMES + BW_OUTCOME_UNREACHABLE);
	info->out_fault = counted(BW_COUNT_OUTCOMES + BW_OUTCOME_FAULT);
	info->out_wrong = counted(BW_COUNT_OUTCOMES + BW_OUTCOME_WRONG);
	info->out_limited = counted(BW_COUNT_LIMITED);
	info->out_slow = counted(BW_COUNT_SLOW);
	info->out_functions = counted(BW_COUNT_FUNCTIONS);
	info->out_bars_moved = counted(BW_COUNT_BARS_MOVED);
	info->out_maps = counted(BW_COUNT_MAPS);
	info->out_maps_killed = counted(BW_COUNT_MAPS_KILLED);
}

#endif
