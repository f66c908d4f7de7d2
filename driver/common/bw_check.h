/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Everything about a request and a policy that can be judged without touching hardware.
 *
 * Freestanding: arithmetic on what it is given, no allocation, no libc, no kernel. Compiled into
 * both drivers and into the sanitised and fuzzed tests in user space, so that what was tested is
 * what runs. Whatever comes from user space was copied before it is judged; nothing here looks
 * twice at memory that somebody else can change.
 */
#ifndef BW_CHECK_H
#define BW_CHECK_H

#ifdef __KERNEL__
#include <linux/build_bug.h>
#else
#include <assert.h> /* static_assert */
#endif

#include "barwatch_ioctl.h"

/* An offset must mean the same to every compiler, on 32 bits and 64, on Linux and Windows. */
static_assert(sizeof(struct bw_address) == 8, "bw_address");
static_assert(sizeof(struct bw_info) == 168, "bw_info");
static_assert(sizeof(struct bw_rule) == 56, "bw_rule");
static_assert(sizeof(struct bw_policy) == 32, "bw_policy");
static_assert(sizeof(struct bw_bar) == 40, "bw_bar");
static_assert(sizeof(struct bw_bars) == 264, "bw_bars");
static_assert(sizeof(struct bw_batch) == 16, "bw_batch");
static_assert(sizeof(struct bw_read) == 48, "bw_read");
static_assert(sizeof(struct bw_config) == 40, "bw_config");
static_assert(sizeof(struct bw_map) == 56, "bw_map");

#define BW_RULE_PAGE 4096 /* what BW_RIGHT_MAP is granted in, whatever the page size of the CPU */

/* Why a call fails as a call. Each system has its own word for each of these. */
enum bw_refusal {
	BW_UNDERSTOOD = 0,
	BW_REFUSED_INVALID,	/* EINVAL, STATUS_INVALID_PARAMETER */
	BW_REFUSED_LONG,	/* E2BIG, STATUS_INFO_LENGTH_MISMATCH */
	BW_REFUSED_FLAG,	/* EOPNOTSUPP, STATUS_NOT_SUPPORTED */
};

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
	__u32 right;	/* BW_RIGHT_READ, BW_RIGHT_MAP or BW_RIGHT_WRITE */
	__u32 bar;
	__u64 offset;
	__u64 length;	/* bytes: the width of the register, or a page */
};

/* Whether `count` bytes are all zero: the part of a struct that this version does not know. */
static inline int bw_is_zero(const void *bytes, __u64 count)
{
	const __u8 *byte = bytes;

	while (count > 0 && *byte == 0) {
		byte++;
		count--;
	}
	return count == 0;
}

/* The size that a caller says its struct or its items have. `first`: the size in ABI version 1. */
static inline enum bw_refusal bw_judge_size(__u32 size, __u32 first)
{
	if (size < first)
		return BW_REFUSED_INVALID;
	return size > BW_SIZE_MAX ? BW_REFUSED_LONG : BW_UNDERSTOOD;
}

/* Count and size of the items of a batch. `first`: the size of an item in ABI version 1. */
static inline enum bw_refusal bw_judge_items(__u32 count, __u32 most, __u32 item_size, __u32 first)
{
	if (count > most || item_size < first || item_size > BW_SIZE_MAX)
		return BW_REFUSED_INVALID;
	return BW_UNDERSTOOD;
}

/*
 * Whether a struct of `size` bytes and its items lie in one buffer of `length` bytes, as Windows
 * hands them over.
 */
static inline int bw_batch_fits(__u64 length, __u32 size, __u32 count, __u32 item_size)
{
	return size <= length && (__u64)count * item_size <= length - size;
}

static inline __u32 bw_judge_address(const struct bw_address *address)
{
	if (address->reserved)
		return BW_WRONG_RESERVED;
	return address->device > 31 || address->function > 7 ? BW_WRONG_ADDRESS : BW_OK;
}

/*
 * `widths`: those that this CPU reads in one access, or-ed. A width is one bit, so it is its own
 * mask.
 */
static inline __u32 bw_judge_width(__u32 width, __u64 offset, __u32 widths)
{
	if (!(width & widths) || width & (width - 1))
		return BW_WRONG_WIDTH;
	return offset & (width - 1) ? BW_WRONG_ALIGNMENT : BW_OK;
}

static inline __u32 bw_judge_register(const struct bw_address *address, __u32 bar, __u64 offset,
				      __u32 width, __u32 widths)
{
	__u32 status = bw_judge_address(address);

	if (status)
		return status;
	return bar >= BW_BARS_PER_FUNCTION ? BW_WRONG_BAR : bw_judge_width(width, offset, widths);
}

static inline __u32 bw_judge_read(const struct bw_read *item, __u32 widths)
{
	if (item->reserved)
		return BW_WRONG_RESERVED;
	return bw_judge_register(&item->address, item->bar, item->offset, item->width, widths);
}

static inline __u32 bw_judge_map(const struct bw_map *request, __u32 widths)
{
	if (request->reserved)
		return BW_WRONG_RESERVED;
	return bw_judge_register(&request->address, request->bar, request->offset, request->width,
				 widths);
}

static inline __u32 bw_judge_config(const struct bw_config *item)
{
	__u32 status = bw_judge_address(&item->address);

	if (status)
		return status;
	if (!bw_is_zero(item->reserved, sizeof(item->reserved)))
		return BW_WRONG_RESERVED;
	return bw_judge_width(item->width, item->offset, 1 | 2 | 4);
}

static inline __u32 bw_judge_bars(const struct bw_bars *request)
{
	__u32 bar;

	if (request->reserved)
		return BW_WRONG_RESERVED;
	for (bar = 0; bar < BW_BARS_PER_FUNCTION; bar++) {
		if (request->bars[bar].reserved)
			return BW_WRONG_RESERVED;
	}
	return bw_judge_address(&request->address);
}

/* Whether `width` bytes at `offset` end within `length`. No sum that could wrap. */
static inline int bw_is_inside(__u64 offset, __u64 width, __u64 length)
{
	return width <= length && offset <= length - width;
}

static inline __u64 bw_all_ones(__u32 width)
{
	return ~0ull >> (64 - 8 * width);
}

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

#ifdef BARWATCH_WRITE
static_assert(sizeof(struct bw_write) == 64, "bw_write");

static inline __u32 bw_judge_write(const struct bw_write *request, __u32 widths)
{
	__u32 status;

	if (request->reserved)
		return BW_WRONG_RESERVED;
	status = bw_judge_register(&request->address, request->bar, request->offset, request->width,
				   widths);
	if (status)
		return status;
	return !request->mask || request->mask & ~bw_all_ones(request->width) ? BW_WRONG_MASK :
										BW_OK;
}
#endif

#ifdef BARWATCH_BENCH
static_assert(sizeof(struct bw_bench) == 32, "bw_bench");
#endif

#endif
