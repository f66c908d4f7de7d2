// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * A visit to the functions that a request names, one at a time: what may be touched, and where it
 * is.
 */

#include "barwatch.h"

#define BW_NS_PER_SECOND 1000000000ull
#define BW_SLOW_NS 10000000ull	/* far above a load's time, below a completion timeout's */
#define BW_SLOW_READS 2

/* Nanoseconds since some moment in the past. Never backwards. */
__u64 bw_now_ns(void)
{
	LARGE_INTEGER frequency;
	const __u64 ticks = KeQueryPerformanceCounter(&frequency).QuadPart;
	const __u64 per_second = frequency.QuadPart;

	/* Whole seconds and the rest apart: their product would not fit in 64 bits for long. */
	return ticks / per_second * BW_NS_PER_SECOND +
	       ticks % per_second * BW_NS_PER_SECOND / per_second;
}

/* From here to bw_visit_end() the policy stays as it is. */
void bw_visit_begin(struct bw_visit *visit, PIRP irp)
{
	RtlZeroMemory(visit, sizeof(*visit));
	visit->irp = irp;
	visit->rules = bw_policy_begin();
}

/* Counts an item, or a command that is one. */
void bw_visit_count(struct bw_visit *visit, __u32 status)
{
	visit->tally[BW_OUTCOME(status)]++;
	if (status == BW_DENIED_LIMIT)
		bw_count(BW_COUNT_LIMITED, 1);
}

/*
 * Whether the caller gave up, or is being killed: then the rest of a batch is left. Windows cancels
 * the requests of a thread that is killed only once it has left the kernel, where it is now.
 * Without a policy there is nothing to leave. Another driver's request may have no thread.
 */
bool bw_visit_is_over(const struct bw_visit *visit)
{
	const PETHREAD thread = visit->irp->Tail.Overlay.Thread;

	return visit->irp->Cancel || (visit->rules && thread && PsIsThreadTerminating(thread));
}

static void bw_visit_leave(struct bw_visit *visit)
{
	visit->is_known = false;
	if (!visit->route_length)
		return;
	bw_windows_unmap(visit->route[0], true);
	bw_unlock(&visit->route[0]->lock);
	while (visit->route_length)
		bw_function_put(visit->route[--visit->route_length]);
}

void bw_visit_end(struct bw_visit *visit)
{
	ULONG outcome;

	bw_visit_leave(visit);
	bw_policy_end();
	for (outcome = 0; outcome < ARRAYSIZE(visit->tally); outcome++)
		bw_count(BW_COUNT_OUTCOMES + outcome, visit->tally[outcome]);
}

/* Finds out once for each policy which rules match. */
static void bw_visit_match(struct bw_visit *visit)
{
	struct bw_function *function = visit->route[0];

	if (function->serial == visit->rules->serial)
		return;
	function->serial = visit->rules->serial;
	function->last_rule = 0;
	function->matching_count = bw_rules_matching(visit->rules->rules, visit->rules->count,
						     &function->ids, function->matching);
}

/* Everything about a function that was found and locked: is it there, does a rule match. */
static __u32 bw_visit_judge(struct bw_visit *visit)
{
	if (visit->route[0]->is_gone)
		return BW_UNREACHABLE_GONE;
	/* It moved, or lost its place in the table, while we waited for its lock. */
	if (!visit->route[0]->is_listed || !bw_is_at(&visit->route[0]->address, &visit->address))
		return BW_UNREACHABLE_GONE;
	bw_visit_match(visit);
	return visit->route[0]->matching_count ? BW_OK : BW_DENIED_POLICY;
}

static __u32 bw_visit_enter(struct bw_visit *visit)
{
	__u32 status;

	if (!visit->rules)
		return BW_DENIED_POLICY;
	visit->route[0] = bw_table_find(&visit->address);
	if (!visit->route[0])
		return BW_UNREACHABLE_UNFILTERED;
	visit->route_length = 1;
	bw_route_walk(visit);
	bw_lock(&visit->route[0]->lock);
	status = bw_visit_judge(visit);
	if (status)
		bw_visit_leave(visit);
	else
		bw_route_judge(visit);
	return status;
}

/*
 * Enters the function at an address that was judged; the one entered before is left. BW_OK does not
 * mean that it may be touched, but that a rule is about it.
 */
__u32 bw_visit_function(struct bw_visit *visit, const struct bw_address *address)
{
	if (visit->is_known && bw_is_at(&visit->address, address))
		return visit->refused;
	bw_visit_leave(visit);
	visit->address = *address;
	visit->refused = bw_visit_enter(visit);
	visit->is_known = true;
	return visit->refused;
}

/* Whether a driver is bound to the function: one that is above us on its stack. */
static bool bw_visit_is_owned(const struct bw_function *function)
{
	PDEVICE_OBJECT top = IoGetAttachedDeviceReference(function->filter);
	bool is_owned = top != function->filter;

	ObDereferenceObject(top);
	return is_owned;
}

/* Whether a rule grants the access, and whether a driver that is bound leaves it to us. */
__u32 bw_visit_granted(struct bw_visit *visit, const struct bw_access *access)
{
	struct bw_function *function = visit->route[0];

	return bw_judge_access(visit->rules->rules, function->matching, function->matching_count,
			       access, bw_visit_is_owned(function), &function->last_rule);
}

/* Whether a function that keeps the CPU waiting is to be left alone for a while. */
__u32 bw_visit_rests(struct bw_visit *visit)
{
	struct bw_function *function = visit->route[0];

	if (!function->rests_until_ns)
		return BW_OK;
	if (bw_now_ns() < function->rests_until_ns)
		return BW_UNREACHABLE_SLOW;
	function->rests_until_ns = 0;
	return BW_OK;
}

/*
 * How long an access took, and whether it got all ones: a completion timeout stops the CPU, and
 * nothing can be done meanwhile.
 */
void bw_visit_took(struct bw_visit *visit, __u64 duration_ns, bool is_ones)
{
	struct bw_function *function = visit->route[0];

	if (!is_ones || duration_ns < BW_SLOW_NS) {
		function->slow = 0;
		return;
	}
	bw_count(BW_COUNT_SLOW, 1);
	if (++function->slow < BW_SLOW_READS)
		return;
	function->slow = 0;
	function->rests_until_ns = bw_now_ns() + BW_NS_PER_SECOND;
}

/*
 * Where the BAR is whose bytes are to be accessed, once all that can be judged of the access was
 * judged.
 */
__u32 bw_visit_bar(struct bw_visit *visit, const struct bw_access *access,
		   struct bw_seen_bar *found)
{
	__u32 status = bw_visit_granted(visit, access);

	if (status)
		return status;
	if (visit->blocked)
		return visit->blocked;
	*found = visit->route[0]->bars[access->bar];
	if (!found->place.flags)
		return BW_UNREACHABLE_NO_BAR;
	return found->place.flags & BW_BAR_ASSIGNED ? BW_OK : BW_UNREACHABLE_UNASSIGNED;
}

/* One register of the function entered, ready for an access. `access` was judged as a request. */
__u32 bw_visit_register(struct bw_visit *visit, const struct bw_access *access,
			struct bw_register *found)
{
	struct bw_seen_bar bar;
	__u32 status = bw_visit_bar(visit, access, &bar);

	if (status)
		return status;
	if (!bw_is_inside(access->offset, access->length, bar.place.length))
		return BW_UNREACHABLE_OUTSIDE_BAR;
	status = bw_visit_rests(visit);
	if (status)
		return status;
	found->function = visit->route[0];
	found->where = bw_window(found->function, bar.place.start + access->offset,
				 bar.place.flags & BW_BAR_PREFETCHABLE);
	found->width = (__u32)access->length;
	found->generation = bar.generation;
	return found->where ? BW_OK : BW_FAULT_MAPPING;
}
