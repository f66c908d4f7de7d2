/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Everything about a request that can be judged without touching hardware. bw_policy.h judges
 * policies, and what they grant.
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
#elif !defined(static_assert) /* a Windows kernel has no assert.h, and says what it means before */
#include <assert.h>
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

/*
 * Bytes of each struct, and of each item, in ABI version 1. Callers must have that much, whatever
 * is added later: these never change, while the sizes above may grow.
 */
enum bw_first {
	BW_FIRST_INFO = 168,
	BW_FIRST_POLICY = 32,
	BW_FIRST_RULE = 56,
	BW_FIRST_BARS = 264,
	BW_FIRST_BATCH = 16,
	BW_FIRST_READ = 48,
	BW_FIRST_CONFIG = 40,
	BW_FIRST_MAP = 56,
	BW_FIRST_WRITE = 64,
};

/* Why a call fails as a call. Each system has its own word for each of these. */
enum bw_refusal {
	BW_UNDERSTOOD = 0,
	BW_REFUSED_INVALID,	/* EINVAL, STATUS_INVALID_PARAMETER */
	BW_REFUSED_LONG,	/* E2BIG, STATUS_INFO_LENGTH_MISMATCH */
	BW_REFUSED_FLAG,	/* EOPNOTSUPP, STATUS_NOT_SUPPORTED */
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
