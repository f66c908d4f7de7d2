// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer on the request checker: whatever bytes user space sends as a policy and as requests, what is granted lies inside
 * a rule that was judged right, and what is judged right can be carried out.
 */
#include <stddef.h>
#include <string.h>

#include "bw_policy.h"

#define MUST(condition) ((condition) ? (void)0 : __builtin_trap())

typedef unsigned __int128 wide;

struct bytes {
	const __u8 *at;
	size_t left;
};

static void take(struct bytes *from, void *to, size_t count)
{
	size_t there = count < from->left ? count : from->left;

	memset(to, 0, count);
	memcpy(to, from->at, there);
	from->at += there;
	from->left -= there;
}

static void a_rule_judged_right_is_right(const struct bw_rule *rule)
{
	MUST(rule->match & (BW_MATCH_VENDOR | BW_MATCH_CLASS));
	MUST(rule->rights && !(rule->rights & ~31u));
	MUST((wide)rule->offset + rule->length <= ~0ull);
	MUST(rule->bar <= 5 && rule->widths <= 15);
	if (rule->rights & BW_RIGHT_MAP)
		MUST(rule->offset % 4096 == 0 && rule->length % 4096 == 0 && rule->length);
	if (rule->rights & BW_RIGHT_WRITE)
		MUST(rule->length == rule->widths && rule->write_mask);
}

static void a_read_judged_right_is_one_register(const struct bw_read *item)
{
	MUST(item->width == 1 || item->width == 2 || item->width == 4 || item->width == 8);
	MUST(item->offset % item->width == 0 && item->bar <= 5);
	MUST(item->address.device <= 31 && item->address.function <= 7);
}

static void what_is_granted_lies_in_a_rule(const struct bw_rule *rules, const __u16 *matching, __u32 count,
					   const struct bw_access *access, int is_owned, __u32 begin)
{
	__u32 last = begin;
	const struct bw_rule *rule;

	if (bw_judge_access(rules, matching, count, access, is_owned, &last))
		return;
	MUST(last < count);
	rule = &rules[matching[last]];
	MUST(rule->rights & access->right && rule->bar == access->bar);
	MUST(access->offset >= rule->offset);
	MUST((wide)access->offset + access->length <= (wide)rule->offset + rule->length);
	MUST(!is_owned || rule->rights & BW_RIGHT_SHARED);
	MUST(!(access->write_mask & ~rule->write_mask));
}

int LLVMFuzzerTestOneInput(const __u8 *input, size_t size)
{
	struct bytes bytes = { input, size };
	struct bw_policy policy;
	struct bw_config config;
	struct bw_rule rules[8];
	struct bw_write write;
	struct bw_bars bars;
	struct bw_read read;
	struct bw_map map;
	struct bw_ids ids;
	__u16 matching[8];
	__u32 count, found;

	take(&bytes, &policy, sizeof(policy));
	(void)bw_judge_size(policy.size, sizeof(policy));
	if (bw_judge_items(policy.count, BW_RULES_MAX, policy.item_size, sizeof(rules[0])) == BW_UNDERSTOOD)
		MUST((wide)policy.count * policy.item_size <= 256 * 4096);
	take(&bytes, &ids, sizeof(ids));
	take(&bytes, &read, sizeof(read));
	take(&bytes, &config, sizeof(config));
	take(&bytes, &map, sizeof(map));
	take(&bytes, &bars, sizeof(bars));
	take(&bytes, &write, sizeof(write));
	for (count = 0; count < 8 && bytes.left; count++) {
		take(&bytes, &rules[count], sizeof(rules[0]));
		if (bw_judge_rule(&rules[count], 31))
			break;
		a_rule_judged_right_is_right(&rules[count]);
	}
	(void)bw_digest(rules, count);
	(void)bw_judge_bars(&bars);
	(void)bw_judge_map(&map, 15);
	if (!bw_judge_config(&config))
		MUST(config.width <= 4 && config.offset % config.width == 0);
	found = bw_rules_matching(rules, count, &ids, matching);
	MUST(found <= count);
	if (!bw_judge_write(&write, 15)) {
		const struct bw_access change = { BW_RIGHT_WRITE, write.bar, write.offset, write.width, write.mask };

		MUST(write.mask && (write.width == 8 || !(write.mask >> (8 * write.width))));
		what_is_granted_lies_in_a_rule(rules, matching, found, &change, policy.flags & 4, policy.count % 9);
	}
	if (!bw_judge_read(&read, 15)) {
		const struct bw_access access = { BW_RIGHT_READ, read.bar, read.offset, read.width, 0 };
		const struct bw_access page = { BW_RIGHT_MAP, read.bar, read.offset & ~4095ull, 4096, 0 };

		a_read_judged_right_is_one_register(&read);
		what_is_granted_lies_in_a_rule(rules, matching, found, &access, policy.flags & 1, policy.count % 9);
		what_is_granted_lies_in_a_rule(rules, matching, found, &page, policy.flags & 2, policy.count % 9);
	}
	return 0;
}
