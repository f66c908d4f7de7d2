// SPDX-License-Identifier: GPL-2.0-only
/*
 * A visit to the functions that a request names, one at a time: what may be touched, and where it
 * is.
 */

#include <linux/ktime.h>
#include <linux/nospec.h>

#include "barwatch.h"

#define BW_SLOW_NS (10 * NSEC_PER_MSEC)	/* far above a load's time, below a completion timeout's */
#define BW_SLOW_READS 2
#define BW_REST_NS NSEC_PER_SEC

/* From here to bw_visit_end() the policy stays as it is. */
void bw_visit_begin(struct bw_visit *visit)
{
	*visit = (struct bw_visit){
		.rules = bw_policy_begin(),
		.is_locked_down = bw_is_locked_down(),
	};
}

/* Counts an item, or a command that is one. */
void bw_visit_count(struct bw_visit *visit, u32 status)
{
	visit->tally[BW_OUTCOME(status)]++;
	if (unlikely(status == BW_DENIED_LIMIT))
		atomic64_inc(&bw_counters[BW_COUNT_LIMITED]);
}

static void bw_visit_leave(struct bw_visit *visit)
{
	struct bw_function *function = visit->function;

	visit->is_known = false;
	visit->function = NULL;
	if (!function)
		return;
	bw_route_leave(function, &visit->awake);
	bw_windows_unmap_passing(function);
	mutex_unlock(&function->lock);
	bw_function_put(function);
}

void bw_visit_end(struct bw_visit *visit)
{
	unsigned int outcome;

	bw_visit_leave(visit);
	bw_policy_end();
	for (outcome = 0; outcome < ARRAY_SIZE(visit->tally); outcome++)
		atomic64_add(visit->tally[outcome],
			     &bw_counters[BW_COUNT_OUTCOMES + outcome]);
}

/* Finds out once for each policy which rules match. */
static void bw_visit_match(struct bw_visit *visit)
{
	struct bw_function *function = visit->function;

	if (function->serial == visit->rules->serial)
		return;
	function->serial = visit->rules->serial;
	function->last_rule = 0;
	function->matching_count = bw_rules_matching(visit->rules->rules, visit->rules->count,
						     &function->ids, function->matching);
}

/*
 * Everything about a function that was found and locked: is it there, does a rule match, can its
 * route be told.
 */
static u32 bw_visit_judge(struct bw_visit *visit)
{
	if (visit->function->is_gone)
		return BW_UNREACHABLE_GONE;
	bw_visit_match(visit);
	if (!visit->function->matching_count)
		return BW_DENIED_POLICY;
	return bw_route_walk(visit->function);
}

static u32 bw_visit_enter(struct bw_visit *visit)
{
	u32 status = BW_DENIED_POLICY;

	if (!visit->rules)
		return BW_DENIED_POLICY;
	visit->function = bw_function_get(visit->rules, &visit->address, &status);
	if (!visit->function)
		return status;
	mutex_lock(&visit->function->lock);
	status = bw_visit_judge(visit);
	if (status)
		bw_visit_leave(visit);
	else
		bw_route_enter(visit);
	return status;
}

/*
 * Enters the function at an address that was judged; the one entered before is left. BW_OK does not
 * mean that it may be touched, but that a rule is about it.
 */
u32 bw_visit_function(struct bw_visit *visit, const struct bw_address *address)
{
	if (visit->is_known && !memcmp(&visit->address, address, sizeof(*address)))
		return visit->refused;
	bw_visit_leave(visit);
	visit->address = *address;
	visit->refused = bw_visit_enter(visit);
	visit->is_known = true;
	return visit->refused;
}

/*
 * Whether a rule grants the access, and whether a driver that is bound to the function leaves it to
 * us.
 */
u32 bw_visit_granted(struct bw_visit *visit, const struct bw_access *access)
{
	struct bw_function *function = visit->function;

	return bw_judge_access(visit->rules->rules, function->matching, function->matching_count,
			       access, !!READ_ONCE(function->pdev->dev.driver),
			       &function->last_rule);
}

/* Whether a function that keeps the CPU waiting is to be left alone for a while. */
u32 bw_visit_rests(struct bw_visit *visit)
{
	struct bw_function *function = visit->function;

	if (!function->rests_until_ns)
		return BW_OK;
	if (ktime_get_ns() < function->rests_until_ns)
		return BW_UNREACHABLE_SLOW;
	function->rests_until_ns = 0;
	return BW_OK;
}

/*
 * How long an access took, and whether it got all ones: a completion timeout stops the CPU, and
 * nothing can be done meanwhile.
 */
void bw_visit_took(struct bw_visit *visit, u64 duration_ns, bool is_ones)
{
	struct bw_function *function = visit->function;

	if (likely(!is_ones || duration_ns < BW_SLOW_NS)) {
		function->slow = 0;
		return;
	}
	atomic64_inc(&bw_counters[BW_COUNT_SLOW]);
	if (++function->slow < BW_SLOW_READS)
		return;
	function->slow = 0;
	function->rests_until_ns = ktime_get_ns() + BW_REST_NS;
}

/*
 * Where the BAR is whose bytes are to be accessed, once all that can be judged of the access was
 * judged.
 */
u32 bw_visit_bar(struct bw_visit *visit, const struct bw_access *access, struct bw_seen_bar *found)
{
	u32 bar = array_index_nospec(access->bar, BW_BARS_PER_FUNCTION);
	u32 status = bw_visit_granted(visit, access);

	if (status)
		return status;
	if (visit->blocked)
		return visit->blocked;
	bw_bar_look(visit->function, bar);
	*found = visit->function->bars[bar];
	if (!(found->place.flags & IORESOURCE_MEM) || !found->place.length)
		return BW_UNREACHABLE_NO_BAR;
	return found->place.is_assigned ? BW_OK : BW_UNREACHABLE_UNASSIGNED;
}

/* One register of the function entered, ready for a load. `access` was judged as a request. */
u32 bw_visit_register(struct bw_visit *visit, const struct bw_access *access,
		      struct bw_window *window)
{
	struct bw_seen_bar bar;
	u32 status = bw_visit_bar(visit, access, &bar);

	if (status)
		return status;
	if (!bw_is_inside(access->offset, access->length, bar.place.length))
		return BW_UNREACHABLE_OUTSIDE_BAR;
	status = bw_visit_rests(visit);
	if (status)
		return status;
	window->where = bw_window(visit->function, bar.place.start + access->offset,
				  bar.place.flags & IORESOURCE_PREFETCH);
	window->width = access->length;
	window->generation = bar.generation;
	return window->where ? BW_OK : BW_FAULT_MAPPING;
}
