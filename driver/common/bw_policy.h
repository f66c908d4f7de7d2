/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Everything about a policy that can be judged without touching hardware: whether a rule is right,
 * which functions it matches, and what it grants. Freestanding, like bw_check.h.
 */
#ifndef BW_POLICY_H
#define BW_POLICY_H

#include "bw_check.h"

#define BW_RULE_PAGE 4096 /* what BW_RIGHT_MAP is granted in, whatever the page size of the CPU */

/* What a function is, in the words that rules match. */
struct bw_ids {
	__u16 vendor;
	__u16 device;
	__u16 subsystem_vendor;
	__u16 subsystem_device;
	__u32 class_code;
};

/* What somebody wants to do with one register. */
struct bw_access {
	__u32 right;		/* BW_RIGHT_READ, BW_RIGHT_MAP or BW_RIGHT_WRITE */
	__u32 bar;
	__u64 offset;
	__u64 length;		/* bytes: the width of the register, or a page */
	__u64 write_mask;	/* bits that are to change; zero but with BW_RIGHT_WRITE */
};

static inline __u32 bw_judge_rule_match(const struct bw_rule *rule)
{
	const __u32 known = BW_MATCH_VENDOR | BW_MATCH_DEVICE | BW_MATCH_SUBSYSTEM | BW_MATCH_CLASS;

	if (rule->match & ~known || !(rule->match & (BW_MATCH_VENDOR | BW_MATCH_CLASS)))
		return BW_WRONG_MATCH;
	if (rule->match & BW_MATCH_DEVICE && !(rule->match & BW_MATCH_VENDOR))
		return BW_WRONG_MATCH;
	/*
	 * An id that is not compared is a mistake: somebody believes that the rule is narrower than
	 * it is.
	 */
	if (!(rule->match & BW_MATCH_VENDOR) && rule->vendor)
		return BW_WRONG_MATCH;
	if (!(rule->match & BW_MATCH_DEVICE) && rule->device)
		return BW_WRONG_MATCH;
	if (!(rule->match & BW_MATCH_SUBSYSTEM) &&
	    (rule->subsystem_vendor || rule->subsystem_device))
		return BW_WRONG_MATCH;
	if (!(rule->match & BW_MATCH_CLASS))
		return rule->class_code || rule->class_mask ? BW_WRONG_MATCH : BW_OK;
	/* Class bits outside the mask can never match; a mask of nothing matches every function. */
	if (!rule->class_mask || rule->class_mask > 0xffffff ||
	    rule->class_code & ~rule->class_mask)
		return BW_WRONG_MATCH;
	return BW_OK;
}

static inline __u32 bw_judge_rule_write(const struct bw_rule *rule)
{
	if (!(rule->rights & BW_RIGHT_WRITE))
		return rule->write_mask ? BW_WRONG_MASK : BW_OK;
	if (rule->widths & (rule->widths - 1) || rule->length != rule->widths)
		return BW_WRONG_RANGE;
	return !rule->write_mask || rule->write_mask & ~bw_all_ones(rule->widths) ? BW_WRONG_MASK :
										    BW_OK;
}

/*
 * Which bytes of which BAR: all of it, or nothing of it where a rule is about configuration space
 * alone.
 */
static inline __u32 bw_judge_rule_range(const struct bw_rule *rule)
{
	if (!(rule->rights & (BW_RIGHT_READ | BW_RIGHT_MAP | BW_RIGHT_WRITE))) {
		if (rule->rights & BW_RIGHT_SHARED || rule->bar || rule->widths || rule->offset ||
		    rule->length)
			return BW_WRONG_RIGHTS;
		return rule->write_mask ? BW_WRONG_MASK : BW_OK;
	}
	if (rule->bar >= BW_BARS_PER_FUNCTION)
		return BW_WRONG_BAR;
	if (!rule->widths || rule->widths > (1 | 2 | 4 | 8))
		return BW_WRONG_WIDTH;
	if (!rule->length || rule->offset > ~0ull - rule->length)
		return BW_WRONG_RANGE;
	if (rule->rights & BW_RIGHT_MAP &&
	    (rule->offset % BW_RULE_PAGE || rule->length % BW_RULE_PAGE))
		return BW_WRONG_RANGE;
	return bw_judge_rule_write(rule);
}

/* `rights`: those that this build has, or-ed. */
static inline __u32 bw_judge_rule(const struct bw_rule *rule, __u32 rights)
{
	__u32 status;

	if (!bw_is_zero(rule->reserved, sizeof(rule->reserved)))
		return BW_WRONG_RESERVED;
	if (!rule->rights || rule->rights & ~rights)
		return BW_WRONG_RIGHTS;
	status = bw_judge_rule_match(rule);
	return status ? status : bw_judge_rule_range(rule);
}

static inline int bw_rule_matches(const struct bw_rule *rule, const struct bw_ids *ids)
{
	if (rule->match & BW_MATCH_VENDOR && rule->vendor != ids->vendor)
		return 0;
	if (rule->match & BW_MATCH_DEVICE && rule->device != ids->device)
		return 0;
	if (rule->match & BW_MATCH_SUBSYSTEM && (rule->subsystem_vendor != ids->subsystem_vendor ||
						 rule->subsystem_device != ids->subsystem_device))
		return 0;
	return !(rule->match & BW_MATCH_CLASS) ||
	       (ids->class_code & rule->class_mask) == rule->class_code;
}

/*
 * Which of the rules match a function: their numbers, and how many. `matching` has room for
 * `count`.
 */
static inline __u32 bw_rules_matching(const struct bw_rule *rules, __u32 count,
				      const struct bw_ids *ids, __u16 *matching)
{
	__u32 found = 0;
	__u32 number;

	for (number = 0; number < count; number++) {
		if (bw_rule_matches(&rules[number], ids))
			matching[found++] = (__u16)number;
	}
	return found;
}

static inline int bw_rule_grants(const struct bw_rule *rule, const struct bw_access *access)
{
	if (!(rule->rights & access->right) || rule->bar != access->bar ||
	    access->offset < rule->offset)
		return 0;
	/* A page is no register: it has every width. */
	if (access->right != BW_RIGHT_MAP && !(rule->widths & access->length))
		return 0;
	if (access->write_mask & ~rule->write_mask)
		return 0;
	return bw_is_inside(access->offset - rule->offset, access->length, rule->length);
}

/*
 * Whether one of the rules that match the function grants the access. `is_owned`: a driver is bound
 * to the function. `last` remembers which rule granted the last access, and is where the search
 * begins: neighbours in a batch are neighbours in the policy. It changes how long the answer takes,
 * never the answer.
 */
static inline __u32 bw_judge_access(const struct bw_rule *rules, const __u16 *matching, __u32 count,
				    const struct bw_access *access, int is_owned, __u32 *last)
{
	__u32 status = BW_DENIED_POLICY;
	__u32 index = *last;
	__u32 tried;

	for (tried = 0; tried < count; tried++, index++) {
		if (index >= count)
			index = 0;
		if (!bw_rule_grants(&rules[matching[index]], access))
			continue;
		if (!is_owned || rules[matching[index]].rights & BW_RIGHT_SHARED) {
			*last = index;
			return BW_OK;
		}
		status = BW_DENIED_OWNER;
	}
	return status;
}

/*
 * Whether one of the rules that match the function has a right that needs no range:
 * BW_RIGHT_CONFIG.
 */
static inline __u32 bw_judge_right(const struct bw_rule *rules, const __u16 *matching, __u32 count,
				   __u32 right)
{
	__u32 index;

	for (index = 0; index < count; index++) {
		if (rules[matching[index]].rights & right)
			return BW_OK;
	}
	return BW_DENIED_POLICY;
}

/*
 * FNV-1a, 64 bits, of the rules as they lie in memory. Tells policies apart by accident, not
 * against an attacker.
 */
static inline __u64 bw_digest(const struct bw_rule *rules, __u32 count)
{
	const __u8 *byte = (const __u8 *)rules;
	__u64 digest = 0xcbf29ce484222325ull;
	__u64 left;

	for (left = (__u64)count * sizeof(*rules); left > 0; left--)
		digest = (digest ^ *byte++) * 0x100000001b3ull;
	return digest;
}

#endif
