// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* bw_place.h on Linux, with sanitisers: boundaries, and registers and ranges at random. */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../driver/windows/bw_place.h"

static void check_lengths(void)
{
	assert(bw_large_length(0x200, 0x4000000) == 16ull << 30);
	assert(bw_large_length(0x400, 1) == 1 << 16);
	assert(bw_large_length(0x800, 1) == 1ull << 32);
	assert(bw_large_length(0x200, ~0u) == 0xffffffffull << 8);
	assert(bw_large_length(0x800, ~0u) == 0xffffffffull << 32);
	assert(bw_large_length(0, 5) == 0);
	assert(bw_large_length(0x600, 5) == 0);
	assert(bw_large_length(0xe00, 5) == 0);
}

static void check_kinds(void)
{
	assert(bw_bar_kind(0) == 0);
	assert(bw_bar_kind(~0u) == 0);
	assert(bw_bar_kind(0xe001) == 0);
	assert(bw_bar_kind(0xf6000000) == BW_BAR_MEMORY);
	assert(bw_bar_kind(0xf6000008) == (BW_BAR_MEMORY | BW_BAR_PREFETCHABLE));
	assert(bw_bar_kind(0x4) == (BW_BAR_MEMORY | BW_BAR_64));
	assert(bw_bar_kind(0xc) == (BW_BAR_MEMORY | BW_BAR_64 | BW_BAR_PREFETCHABLE));
	assert(bw_bar_count(0) == 6 && bw_bar_count(0x80) == 6);
	assert(bw_bar_count(1) == 2 && bw_bar_count(0x81) == 2);
	assert(bw_bar_count(2) == 0 && bw_bar_count(0x7f) == 0);
}

static void check_places(void)
{
	const __u32 registers[6] = { 0xf6000000, 0xc, 0x60, 0xc, 0x64, 0xe001 };
	const struct bw_range ranges[] = {
		{ 0x6400000000, 0x7400000000, 32 << 20 },
		{ 0xf6000000, 0xf6000000, 16 << 20 },
		{ 0x6000000000, 0x7000000000, 16ull << 30 },
	};
	struct bw_place places[6];

	bw_place_all(registers, 0, ranges, 3, places);
	assert(places[0].start == 0xf6000000 && places[0].length == 16 << 20);
	assert(places[1].start == 0x7000000000 && places[1].length == 16ull << 30);
	assert(places[1].bus == 0x6000000000);
	assert(places[3].start == 0x7400000000 && places[3].flags & BW_BAR_ASSIGNED);
	assert(!places[2].flags && !places[4].flags && !places[5].flags);
	bw_place_all(registers, 0, ranges, 0, places);
	assert(places[1].flags && !places[1].length && !(places[1].flags & BW_BAR_ASSIGNED));
	bw_place_all(registers, 1, ranges, 3, places);
	assert(places[0].length && places[1].flags && !places[3].flags);
}

/* Whatever registers and ranges hold, a place is a range that was given, at its own address. */
static void check_rubbish(void)
{
	struct bw_range ranges[BW_RANGES_MAX];
	struct bw_place places[6];
	__u32 registers[6];
	__u32 count, number, bar;

	for (number = 0; number < sizeof(registers) / 4; number++)
		registers[number] = (__u32)rand() << 8 ^ (__u32)rand();
	count = (__u32)rand() % (BW_RANGES_MAX + 1);
	for (number = 0; number < count; number++) {
		ranges[number].bus = rand() % 2 ? registers[rand() % 6] & ~0xfull :
						  (__u64)rand() << 32;
		ranges[number].start = (__u64)rand() << 12;
		ranges[number].length = (__u64)rand() << (rand() % 20);
	}
	bw_place_all(registers, (__u32)rand() % 256, ranges, count, places);
	for (bar = 0; bar < 6; bar++) {
		int is_given = 0;

		for (number = 0; number < count; number++)
			is_given |= ranges[number].bus == places[bar].bus &&
				    ranges[number].start == places[bar].start &&
				    ranges[number].length == places[bar].length;
		assert(places[bar].length ? is_given : !(places[bar].flags & BW_BAR_ASSIGNED));
	}
}

int main(void)
{
	int round;

	check_lengths();
	check_kinds();
	check_places();
	srand(1);
	for (round = 0; round < 200000; round++)
		check_rubbish();
	printf("%d rounds\n", round);
	return 0;
}
