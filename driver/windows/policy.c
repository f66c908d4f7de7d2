// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The policy: which registers of which functions may be read. From the registry when the driver is
 * loaded, or by an administrator's POLICY; locked, it stays until the driver is loaded anew.
 */

#include "barwatch.h"

static ERESOURCE bw_policy_lock;
static struct bw_rules *bw_policy;	/* bw_policy_lock; NULL: none was loaded */
static bool bw_policy_is_locked;	/* bw_policy_lock; never false again */
static bool bw_policy_is_ready;		/* constant once DriverEntry has returned */

/* The policy, which stays in force until bw_policy_end(). NULL: nothing may be read. */
const struct bw_rules *bw_policy_begin(void)
{
	KeEnterCriticalRegion();
	ExAcquireResourceSharedLite(&bw_policy_lock, TRUE);
	return bw_policy;
}

void bw_policy_end(void)
{
	ExReleaseResourceLite(&bw_policy_lock);
	KeLeaveCriticalRegion();
}

static __u32 bw_policy_state(const struct bw_rules *rules)
{
	if (bw_policy_is_locked)
		return BW_POLICY_LOCKED;
	return rules ? BW_POLICY_LOADED : BW_POLICY_NONE;
}

void bw_policy_describe(struct bw_info *info)
{
	const struct bw_rules *rules = bw_policy_begin();

	info->out_policy_state = bw_policy_state(rules);
	info->out_policy_rules = rules ? rules->count : 0;
	info->out_policy_digest = rules ? rules->digest : 0;
	bw_policy_end();
}

/* False: there is no lock, so nothing of this file may be called. */
bool bw_policy_init(PUNICODE_STRING registry_path)
{
	bw_policy_is_ready = NT_SUCCESS(ExInitializeResourceLite(&bw_policy_lock));
	if (bw_policy_is_ready)
		bw_registry_policy(registry_path);
	return bw_policy_is_ready;
}

static void bw_rules_free(struct bw_rules *rules)
{
	if (rules)
		ExFreePoolWithTag(rules, BW_POOL_TAG);
}

void bw_policy_exit(void)
{
	if (!bw_policy_is_ready)
		return;
	bw_rules_free(bw_policy);
	bw_policy = NULL;
	ExDeleteResourceLite(&bw_policy_lock);
}

/* Room for the rules that a policy names, with the rules in it. NULL: no memory. */
static struct bw_rules *bw_rules_new(const struct bw_call *items, const struct bw_policy *policy)
{
	static volatile LONG64 serial;
	struct bw_rules *rules = bw_allocate(sizeof(*rules));
	__u32 number;

	if (!rules)
		return NULL;
	rules->count = policy->count;
	for (number = 0; number < rules->count; number++)
		bw_item_take(items, policy->item_size, number, &rules->rules[number],
			     sizeof(struct bw_rule));
	rules->digest = bw_digest(rules->rules, rules->count);
	rules->serial = InterlockedIncrement64(&serial);
	return rules;
}

/* What is wrong with the first rule that is not right. */
static __u32 bw_rules_judge(const struct bw_rules *rules, __u32 *wrong)
{
	__u32 status = BW_OK;
	__u32 number;

	for (number = 0; number < rules->count; number++) {
		status = bw_judge_rule(&rules->rules[number], BW_RIGHTS);
		if (status) {
			*wrong = number;
			break;
		}
	}
	return status;
}

/* Puts the rules in force, which makes them the policy's, or says that it is locked. */
static NTSTATUS bw_policy_replace(struct bw_rules *rules, bool is_last)
{
	NTSTATUS status = STATUS_ACCESS_DENIED;
	struct bw_rules *old = rules;

	KeEnterCriticalRegion();
	ExAcquireResourceExclusiveLite(&bw_policy_lock, TRUE);
	if (!bw_policy_is_locked) {
		old = bw_policy;
		bw_policy = rules;
		bw_policy_is_locked = is_last;
		bw_table_unmap(NULL);
		status = STATUS_SUCCESS;
	}
	bw_policy_end();
	bw_rules_free(old);
	return status;
}

static NTSTATUS bw_policy_understand(struct bw_call *call, const struct bw_policy *policy)
{
	NTSTATUS status;

	if (policy->flags & ~BW_POLICY_LOCK)
		return bw_status_of(BW_REFUSED_FLAG);
	status = bw_status_of(bw_judge_items(policy->count, BW_RULES_MAX, policy->item_size,
					     BW_FIRST_RULE));
	if (!NT_SUCCESS(status))
		return status;
	return bw_items_judge(call, policy->count, policy->item_size, sizeof(struct bw_rule));
}

/* Puts a policy in force, if its rules are right; they follow at `items`. */
NTSTATUS bw_policy_take(struct bw_policy *policy, const __u8 *items, __u64 room)
{
	struct bw_call call = { .request = policy, .items = (__u8 *)items, .items_room = room };
	NTSTATUS status = bw_policy_understand(&call, policy);
	struct bw_rules *rules;

	if (!NT_SUCCESS(status))
		return status;
	rules = bw_rules_new(&call, policy);
	if (!rules)
		return STATUS_INSUFFICIENT_RESOURCES;
	policy->out_digest = 0;
	policy->out_rule = 0;
	policy->out_status = bw_rules_judge(rules, &policy->out_rule);
	if (policy->out_status) {
		bw_rules_free(rules);
		return STATUS_SUCCESS;
	}
	policy->out_digest = rules->digest;
	return bw_policy_replace(rules, policy->flags & BW_POLICY_LOCK);
}

/* POLICY: see struct bw_policy. The I/O manager has seen that the handle is open for writing. */
NTSTATUS bw_policy_load(struct bw_call *call)
{
	struct bw_policy *policy = call->request;
	NTSTATUS status;

	if (!bw_is_administrator())
		return STATUS_ACCESS_DENIED;
	status = bw_policy_take(policy, call->items, call->items_room);
	if (NT_SUCCESS(status))
		call->items_used = (__u64)policy->count * policy->item_size;
	return status;
}
