// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policy: which registers of which functions may be read. Loaded by an administrator, and
 * locked.
 */

#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "barwatch.h"

static DECLARE_RWSEM(bw_policy_lock);
static struct bw_rules *bw_policy;	/* bw_policy_lock; NULL: none was loaded */
static bool bw_policy_is_locked;	/* bw_policy_lock; never false again */

/* The policy, which stays in force until bw_policy_end(). NULL: nothing may be read. */
const struct bw_rules *bw_policy_begin(void)
{
	down_read(&bw_policy_lock);
	return bw_policy;
}

void bw_policy_end(void)
{
	up_read(&bw_policy_lock);
}

void bw_policy_describe(struct bw_info *info)
{
	const struct bw_rules *rules = bw_policy_begin();

	info->out_policy_state = bw_policy_is_locked ? BW_POLICY_LOCKED :
				 rules		     ? BW_POLICY_LOADED :
						       BW_POLICY_NONE;
	info->out_policy_rules = rules ? rules->count : 0;
	info->out_policy_digest = rules ? rules->digest : 0;
	bw_policy_end();
}

void bw_policy_exit(void)
{
	kvfree(bw_policy);
}

/* What is wrong with the first rule that is not right. */
static u32 bw_rules_judge(const struct bw_rule *rules, u32 count, u32 *wrong)
{
	u32 status = BW_OK;
	u32 number;

	for (number = 0; number < count; number++) {
		status = bw_judge_rule(&rules[number], BW_RIGHTS);
		if (status) {
			*wrong = number;
			break;
		}
	}
	return status;
}

static struct bw_rules *bw_rules_new(const struct bw_rule *rules, u32 count)
{
	static atomic64_t serial = ATOMIC64_INIT(0);
	struct bw_rules *made = kvzalloc(struct_size(made, rules, count), GFP_KERNEL_ACCOUNT);

	if (!made)
		return NULL;
	made->count = count;
	made->digest = bw_digest(rules, count);
	made->serial = atomic64_inc_return(&serial);
	memcpy(made->rules, rules, count * sizeof(*rules));
	return made;
}

/* Puts the rules in force, which makes them the policy's. -EPERM: the policy is locked. */
static int bw_policy_replace(struct bw_rules *rules, bool is_last)
{
	struct bw_rules *old = rules;
	int err = -EPERM;

	down_write(&bw_policy_lock);
	if (!bw_policy_is_locked) {
		old = bw_policy;
		bw_policy = rules;
		bw_policy_is_locked = is_last;
		bw_table_unmap();
		err = 0;
	}
	up_write(&bw_policy_lock);
	kvfree(old);
	return err;
}

/* Why the caller may not load a policy, or why this one cannot be understood. */
static int bw_policy_judge(struct bw_handle *handle, const struct bw_policy *policy)
{
	enum bw_refusal refusal = BW_REFUSED_FLAG;

	if (!(handle->file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!bw_is_administrator(handle))
		return -EPERM;
	if (!(policy->flags & ~BW_POLICY_LOCK))
		refusal = bw_judge_items(policy->count, BW_RULES_MAX, policy->item_size,
					 BW_FIRST_RULE);
	return bw_errno(refusal);
}

/* Puts rules in force that are right. */
static int bw_policy_enforce(struct bw_policy *policy, const struct bw_rule *taken)
{
	struct bw_rules *rules = bw_rules_new(taken, policy->count);

	if (!rules)
		return -ENOMEM;
	policy->out_digest = rules->digest;
	return bw_policy_replace(rules, policy->flags & BW_POLICY_LOCK);
}

/* POLICY: see struct bw_policy. */
int bw_policy_load(struct bw_handle *handle, void *request, void __user *items)
{
	struct bw_policy *policy = request;
	struct bw_rule *taken;
	int err = bw_policy_judge(handle, policy);

	if (err)
		return err;
	taken = bw_items_take(items, policy->count, policy->item_size, sizeof(*taken));
	if (IS_ERR(taken))
		return PTR_ERR(taken);
	policy->out_digest = 0;
	policy->out_rule = 0;
	policy->out_status = bw_rules_judge(taken, policy->count, &policy->out_rule);
	if (!policy->out_status)
		err = bw_policy_enforce(policy, taken);
	kvfree(taken);
	return err;
}
