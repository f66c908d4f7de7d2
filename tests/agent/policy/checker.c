// SPDX-License-Identifier: Apache-2.0
/*
 * The driver's own judgement, asked over a pipe: a question in, a number of 64 bits out.
 *
 *	count 1 to 256, rules			FNV-1a of the rules, then one status of each rule
 *	0, count, rules, ids, access, owned	the status of an access
 */
#include <stdio.h>

#include "bw_policy.h"

static struct bw_rule rules[BW_RULES_MAX];
static __u16 matching[BW_RULES_MAX];

static int get(void *into, size_t size)
{
	return fread(into, size, 1, stdin) == 1;
}

static void put(__u64 number)
{
	fwrite(&number, sizeof(number), 1, stdout);
}

static int judge_access(void)
{
	struct bw_access access = { 0 };
	struct bw_ids ids;
	__u32 count, owned, found, last = 0;

	if (!get(&count, 4) || count > BW_RULES_MAX || (count && !get(rules, count * sizeof(*rules))))
		return 0;
	if (!get(&ids, sizeof(ids)) || !get(&access.right, 4) || !get(&access.bar, 4) || !get(&access.offset, 8) ||
	    !get(&access.length, 8) || !get(&owned, 4))
		return 0;
	found = bw_rules_matching(rules, count, &ids, matching);
	put(bw_judge_access(rules, matching, found, &access, owned != 0, &last));
	return 1;
}

static int judge_rules(__u32 count)
{
	if (count > BW_RULES_MAX || !get(rules, count * sizeof(*rules)))
		return 0;
	put(bw_digest(rules, count));
	for (__u32 number = 0; number < count; number++)
		put(bw_judge_rule(&rules[number], BW_RIGHT_READ | BW_RIGHT_MAP | BW_RIGHT_CONFIG | BW_RIGHT_SHARED));
	return 1;
}

int main(void)
{
	__u32 count;

	while (get(&count, 4) && (count ? judge_rules(count) : judge_access()))
		fflush(stdout);
	return 0;
}
