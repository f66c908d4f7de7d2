/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Which of the memory ranges that Windows assigned is which BAR.
 *
 * The PnP manager hands out a list of ranges without numbers. Each was written into a BAR register
 * before the function was started, so the register that holds a range's bus address is its BAR.
 * Arithmetic on what it is given, like driver/common: tested on Linux, too.
 */
#ifndef BW_PLACE_H
#define BW_PLACE_H

#include "barwatch_ioctl.h"

#define BW_RANGES_MAX 16 /* a function has six BARs and a ROM */

/* One memory range that Windows assigned. */
struct bw_range {
	__u64 bus;	/* as the function sees it (CM_RESOURCE_LIST, raw) */
	__u64 start;	/* as the CPU sees it (translated) */
	__u64 length;
};

/* Where a BAR is. */
struct bw_place {
	__u64 bus;
	__u64 start;
	__u64 length;	/* zero: no address was assigned */
	__u32 flags;	/* enum bw_bar_flag; zero: no memory BAR of this number */
	__u32 reserved;
};

/*
 * The length that a large memory descriptor means. `form`: its flags under
 * CM_RESOURCE_MEMORY_LARGE. Zero: a form that is not known.
 *
 * Source: CM_PARTIAL_RESOURCE_DESCRIPTOR, u.Memory40, u.Memory48, u.Memory64 (wdm.h).
 */
static inline __u64 bw_large_length(__u32 form, __u32 length)
{
	switch (form) {
	case 0x200:
		return (__u64)length << 8;
	case 0x400:
		return (__u64)length << 16;
	case 0x800:
		return (__u64)length << 32;
	default:
		return 0;
	}
}

/* How many BAR registers a header has (PCIe Base Spec 6.0, 7.5.1.2 and 7.5.1.3). */
static inline __u32 bw_bar_count(__u32 header_type)
{
	switch (header_type & 0x7f) {
	case 0:
		return BW_BARS_PER_FUNCTION;
	case 1:
		return 2;
	default:
		return 0;
	}
}

/*
 * What a BAR register says of itself (PCIe Base Spec 6.0, 7.5.1.2.1). A register of zeros is no
 * BAR, or one without an address: nobody asked for a length, since that means writing to it.
 */
static inline __u32 bw_bar_kind(__u32 value)
{
	__u32 flags = BW_BAR_MEMORY;

	if (value == 0 || value == 0xffffffff || value & 1)
		return 0;
	if ((value >> 1 & 3) == 2)
		flags |= BW_BAR_64;
	return value & 8 ? flags | BW_BAR_PREFETCHABLE : flags;
}

static inline void bw_place_one(struct bw_place *place, const struct bw_range *ranges, __u32 count)
{
	__u32 number;

	for (number = 0; number < count; number++) {
		if (ranges[number].bus != place->bus || !ranges[number].length)
			continue;
		place->start = ranges[number].start;
		place->length = ranges[number].length;
		place->flags |= BW_BAR_ASSIGNED;
		return;
	}
}

/* Fills all six places. `registers`: the six BAR registers, from offset 0x10 on. */
static inline void bw_place_all(const __u32 *registers, __u32 header_type,
				const struct bw_range *ranges, __u32 range_count,
				struct bw_place *places)
{
	const struct bw_place nowhere = { 0, 0, 0, 0, 0 };
	__u32 count = bw_bar_count(header_type);
	__u32 bar;

	for (bar = 0; bar < BW_BARS_PER_FUNCTION; bar++)
		places[bar] = nowhere;
	for (bar = 0; bar < count; bar++) {
		struct bw_place *place = &places[bar];

		place->flags = bw_bar_kind(registers[bar]);
		if (!place->flags)
			continue;
		place->bus = registers[bar] & ~0xfull;
		/* The next register is the upper half, and no BAR. */
		if (place->flags & BW_BAR_64 && ++bar < count)
			place->bus |= (__u64)registers[bar] << 32;
		bw_place_one(place, ranges, range_count);
	}
}

#endif
