// SPDX-License-Identifier: Apache-2.0
/*
 * The request checker against a second opinion: each rule of the contract is said again here, in 128-bit arithmetic and
 * without sharing a line with bw_check.h or bw_policy.h, and both are asked about every combination of values at the boundaries.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bw_policy.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EXPECT(condition)                                                                                              \
	do {                                                                                                           \
		expectations++;                                                                                        \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                        \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

typedef unsigned __int128 wide;

static unsigned long expectations;
static const __u64 lengths[] = { 0,	1,	2,	3,	4,	   5,		7,	    8,		9,
				 16,	4095,	4096,	4097,	0x100000,  1ull << 32,	1ull << 52, 1ull << 63,
				 ~7ull, ~3ull,	~1ull,	~0ull,	~0ull - 1, ~0ull - 4095, ~0ull - 4096 };

static void sizes_are_bounded_on_both_sides(void)
{
	for (__u32 size = 0; size <= 8192; size++) {
		enum bw_refusal expected = size < 168 ? BW_REFUSED_INVALID : size > 4096 ? BW_REFUSED_LONG : BW_UNDERSTOOD;

		EXPECT(bw_judge_size(size, 168) == expected);
	}
	EXPECT(bw_judge_size(~0u, 168) == BW_REFUSED_LONG);
}

static void a_batch_has_as_many_items_as_it_may(void)
{
	static const __u32 counts[] = { 0, 1, 255, 256, 257, 0x10000, ~0u };
	static const __u32 item_sizes[] = { 0, 1, 47, 48, 49, 4095, 4096, 4097, ~0u };

	for (unsigned c = 0; c < COUNT(counts); c++) {
		for (unsigned s = 0; s < COUNT(item_sizes); s++) {
			int fine = counts[c] <= 256 && item_sizes[s] >= 48 && item_sizes[s] <= 4096;

			EXPECT((bw_judge_items(counts[c], 256, item_sizes[s], 48) == BW_UNDERSTOOD) == fine);
			for (unsigned l = 0; l < COUNT(lengths); l++) {
				wide end = 16 + (wide)counts[c] * item_sizes[s];

				EXPECT(bw_batch_fits(lengths[l], 16, counts[c], item_sizes[s]) == (end <= lengths[l]));
			}
		}
	}
}

static void zero_is_zero_to_the_last_byte(void)
{
	__u8 bytes[16] = { 0 };

	EXPECT(bw_is_zero(bytes, 0) && bw_is_zero(bytes, sizeof(bytes)));
	for (unsigned at = 0; at < sizeof(bytes); at++) {
		bytes[at] = 0x80;
		for (unsigned count = 0; count <= sizeof(bytes); count++)
			EXPECT(bw_is_zero(bytes, count) == (count <= at));
		bytes[at] = 0;
	}
}

static void a_range_never_wraps(void)
{
	for (unsigned o = 0; o < COUNT(lengths); o++)
		for (unsigned w = 0; w < COUNT(lengths); w++)
			for (unsigned l = 0; l < COUNT(lengths); l++)
				EXPECT(bw_is_inside(lengths[o], lengths[w], lengths[l]) ==
				       ((wide)lengths[o] + lengths[w] <= lengths[l]));
}

static __u32 expected_width(unsigned width, __u64 offset, unsigned widths)
{
	if (width != 1 && width != 2 && width != 4 && width != 8)
		return BW_WRONG_WIDTH;
	if (width > widths)
		return BW_WRONG_WIDTH;
	return offset % width ? BW_WRONG_ALIGNMENT : BW_OK;
}

static void a_read_is_one_aligned_register_of_a_bar(void)
{
	struct bw_read item = { 0 };

	for (unsigned width = 0; width < 256; width++) {
		for (unsigned offset = 0; offset < 32; offset++) {
			item.width = (__u8)width;
			item.offset = offset;
			EXPECT(bw_judge_read(&item, 15) == expected_width(width, offset, 15));
			EXPECT(bw_judge_read(&item, 7) == expected_width(width, offset, 7));
			item.offset = ~0ull - offset;
			EXPECT(bw_judge_read(&item, 15) == expected_width(width, ~0ull - offset, 15));
		}
	}
	item = (struct bw_read){ .width = 4 };
	for (unsigned bar = 0; bar < 256; bar++) {
		item.bar = (__u8)bar;
		EXPECT(bw_judge_read(&item, 15) == (bar > 5 ? BW_WRONG_BAR : BW_OK));
	}
	item = (struct bw_read){ .width = 4, .reserved = 1 };
	EXPECT(bw_judge_read(&item, 15) == BW_WRONG_RESERVED);
}

static void an_address_is_one_that_pci_has(void)
{
	for (unsigned device = 0; device < 256; device++) {
		for (unsigned function = 0; function < 256; function++) {
			struct bw_address address = { ~0u, 255, (__u8)device, (__u8)function, 0 };
			struct bw_read item = { .address = address, .width = 4 };

			EXPECT(bw_judge_address(&address) == (device > 31 || function > 7 ? BW_WRONG_ADDRESS : BW_OK));
			EXPECT(bw_judge_read(&item, 15) == bw_judge_address(&address));
		}
	}
	for (unsigned reserved = 1; reserved < 256; reserved++) {
		struct bw_address address = { .reserved = (__u8)reserved };

		EXPECT(bw_judge_address(&address) == BW_WRONG_RESERVED);
	}
}

static void a_map_is_judged_as_a_read(void)
{
	struct bw_map request = { .width = 4, .bar = 5, .offset = 0x1f380 };

	EXPECT(bw_judge_map(&request, 15) == BW_OK);
	request.width = 3;
	EXPECT(bw_judge_map(&request, 15) == BW_WRONG_WIDTH);
	request.reserved = 0x8000;
	EXPECT(bw_judge_map(&request, 15) == BW_WRONG_RESERVED);
}

static void configuration_space_has_no_eight_bytes(void)
{
	struct bw_config item = { 0 };

	for (unsigned width = 0; width < 256; width++) {
		for (unsigned offset = 0; offset < 65536; offset += offset < 16 ? 1 : 4093) {
			item.width = (__u8)width;
			item.offset = (__u16)offset;
			EXPECT(bw_judge_config(&item) == expected_width(width, offset, 7));
		}
	}
	item = (struct bw_config){ .width = 4, .reserved = { 0, 0, 1 } };
	EXPECT(bw_judge_config(&item) == BW_WRONG_RESERVED);
	item.address.device = 32;
	EXPECT(bw_judge_config(&item) == BW_WRONG_ADDRESS);
}

static void no_reserved_field_of_bars_is_forgotten(void)
{
	struct bw_bars request = { 0 };

	EXPECT(bw_judge_bars(&request) == BW_OK);
	for (unsigned bar = 0; bar < 6; bar++) {
		request.bars[bar].reserved = 1;
		EXPECT(bw_judge_bars(&request) == BW_WRONG_RESERVED);
		request.bars[bar].reserved = 0;
	}
	request.reserved = 1;
	EXPECT(bw_judge_bars(&request) == BW_WRONG_RESERVED);
	request = (struct bw_bars){ .address = { .function = 8 } };
	EXPECT(bw_judge_bars(&request) == BW_WRONG_ADDRESS);
}

static int match_is_right(const struct bw_rule *rule)
{
	int vendor = rule->match & 1, device = rule->match & 2, subsystem = rule->match & 4, class = rule->match & 8;

	return rule->match < 16 && (vendor || class) && (!device || vendor) && (vendor || !rule->vendor) &&
	       (device || !rule->device) && (subsystem || !(rule->subsystem_vendor | rule->subsystem_device)) &&
	       (class ? rule->class_mask && !(rule->class_mask >> 24) && !(rule->class_code & ~rule->class_mask) :
			!(rule->class_code | rule->class_mask));
}

static void a_rule_says_what_it_matches_and_no_more(void)
{
	static const __u32 masks[] = { 0, 0xff, 0xffff00, 0xffffff, 0x1000000, 0x1ffffff, ~0u };

	for (unsigned match = 0; match < 64; match++) {
		for (unsigned ids = 0; ids < 32; ids++) {
			for (unsigned mask = 0; mask < COUNT(masks); mask++) {
				struct bw_rule rule = {
					.match = match,
					.vendor = ids & 1 ? 0x10de : 0,
					.device = ids & 2 ? 0x2684 : 0,
					.subsystem_vendor = ids & 4 ? 0x1043 : 0,
					.subsystem_device = ids & 8 ? 0x88e2 : 0,
					.class_code = ids & 16 ? 0x030000 : 0,
					.class_mask = masks[mask],
					.rights = BW_RIGHT_CONFIG,
				};

				EXPECT(bw_judge_rule(&rule, 31) == (match_is_right(&rule) ? BW_OK : BW_WRONG_MATCH));
			}
		}
	}
}

static const struct bw_rule plain = { .match = 1, .vendor = 1, .rights = 1, .offset = 4096, .length = 4096, .widths = 4 };

static void only_rights_of_the_build_can_be_given(void)
{
	for (unsigned rights = 0; rights < 256; rights++) {
		struct bw_rule rule = plain;
		int places = rights & (BW_RIGHT_READ | BW_RIGHT_MAP);

		rule.rights = rights;
		/* plain names bytes, so it is wrong without a right that is about bytes */
		EXPECT(bw_judge_rule(&rule, 15) == (rights > 15 || !places ? BW_WRONG_RIGHTS : BW_OK));
	}
}

static void a_rule_about_configuration_names_no_bytes(void)
{
	static const struct bw_rule wrong[] = {
		{ .bar = 1 }, { .widths = 4 }, { .offset = 4 }, { .length = 4 }, { .rights = BW_RIGHT_SHARED },
	};
	struct bw_rule rule = { .match = 1, .vendor = 1, .rights = BW_RIGHT_CONFIG };

	EXPECT(bw_judge_rule(&rule, 15) == BW_OK);
	rule.write_mask = 1;
	EXPECT(bw_judge_rule(&rule, 15) == BW_WRONG_MASK);
	for (unsigned number = 0; number < COUNT(wrong); number++) {
		rule = wrong[number];
		rule.match = 1;
		rule.vendor = 1;
		rule.rights |= BW_RIGHT_CONFIG;
		EXPECT(bw_judge_rule(&rule, 15) == BW_WRONG_RIGHTS);
	}
}

static void a_rule_has_bytes_of_one_bar(void)
{
	for (unsigned o = 0; o < COUNT(lengths); o++) {
		for (unsigned l = 0; l < COUNT(lengths); l++) {
			struct bw_rule rule = plain;
			int fine = lengths[l] && (wide)lengths[o] + lengths[l] <= ~0ull;
			int pages = fine && lengths[o] % 4096 == 0 && lengths[l] % 4096 == 0;

			rule.offset = lengths[o];
			rule.length = lengths[l];
			EXPECT(bw_judge_rule(&rule, 15) == (fine ? BW_OK : BW_WRONG_RANGE));
			rule.rights = BW_RIGHT_MAP;
			EXPECT(bw_judge_rule(&rule, 15) == (pages ? BW_OK : BW_WRONG_RANGE));
		}
	}
	for (unsigned number = 0; number < 256; number++) {
		struct bw_rule rule = plain;

		rule.bar = (__u8)number;
		EXPECT(bw_judge_rule(&rule, 15) == (number > 5 ? BW_WRONG_BAR : BW_OK));
		rule.bar = 0;
		rule.widths = (__u8)number;
		EXPECT(bw_judge_rule(&rule, 15) == (number == 0 || number > 15 ? BW_WRONG_WIDTH : BW_OK));
	}
	for (unsigned at = 0; at < sizeof(plain.reserved); at++) {
		struct bw_rule rule = plain;

		rule.reserved[at] = 1;
		EXPECT(bw_judge_rule(&rule, 15) == BW_WRONG_RESERVED);
	}
}

static void a_rule_to_write_is_one_register_and_says_which_bits(void)
{
	for (unsigned widths = 1; widths < 16; widths++) {
		for (unsigned length = 1; length < 16; length++) {
			struct bw_rule rule = plain;
			int one = widths == length && (widths == 1 || widths == 2 || widths == 4 || widths == 8);

			rule.widths = (__u8)widths;
			rule.length = length;
			rule.rights = BW_RIGHT_WRITE;
			rule.write_mask = 1;
			EXPECT(bw_judge_rule(&rule, 31) == (one ? BW_OK : BW_WRONG_RANGE));
			EXPECT(bw_judge_rule(&rule, 15) == BW_WRONG_RIGHTS);
			rule.write_mask = one && length < 8 ? 1ull << (8 * length) : 0;
			EXPECT(bw_judge_rule(&rule, 31) == (one ? BW_WRONG_MASK : BW_WRONG_RANGE));
			rule.rights = BW_RIGHT_READ;
			rule.write_mask = 1;
			EXPECT(bw_judge_rule(&rule, 31) == BW_WRONG_MASK);
		}
	}
	EXPECT(bw_all_ones(1) == 0xff && bw_all_ones(2) == 0xffff && bw_all_ones(4) == 0xffffffff && bw_all_ones(8) == ~0ull);
}

static void a_rule_matches_by_what_it_names(void)
{
	static const struct bw_ids ids = { 0x10de, 0x2684, 0x1043, 0x88e2, 0x030000 };

	for (unsigned match = 0; match < 16; match++) {
		for (unsigned wrong = 0; wrong < 32; wrong++) {
			struct bw_rule rule = {
				.match = match,
				.vendor = 0x10de ^ (wrong & 1),
				.device = 0x2684 ^ (wrong >> 1 & 1),
				.subsystem_vendor = 0x1043 ^ (wrong >> 2 & 1),
				.subsystem_device = 0x88e2 ^ (wrong >> 3 & 1),
				.class_code = wrong & 16 ? 0x010000 : 0x030000,
				.class_mask = 0xff0000,
			};
			int differs = (match & 1 && wrong & 1) || (match & 2 && wrong & 2) || (match & 4 && wrong & 12) ||
				      (match & 8 && wrong & 16);

			EXPECT(bw_rule_matches(&rule, &ids) == !differs);
		}
	}
}

static void rules_that_match_are_found_in_their_order(void)
{
	static const struct bw_ids ids = { .vendor = 1 };
	struct bw_rule rules[5] = { plain, plain, plain, plain, plain };
	__u16 matching[5];

	rules[0].vendor = 2;
	rules[3].vendor = 2;
	EXPECT(bw_rules_matching(rules, 5, &ids, matching) == 3);
	EXPECT(matching[0] == 1 && matching[1] == 2 && matching[2] == 4);
	EXPECT(bw_rules_matching(rules, 0, &ids, matching) == 0);
}

static int is_granted(const struct bw_rule *rule, const struct bw_access *access)
{
	wide from = access->offset, to = from + access->length;

	return rule->rights & access->right && rule->bar == access->bar && from >= rule->offset &&
	       to <= (wide)rule->offset + rule->length &&
	       (access->right == BW_RIGHT_MAP || rule->widths & access->length);
}

static void no_byte_outside_a_rule_is_granted(void)
{
	static const __u32 rights[] = { BW_RIGHT_READ, BW_RIGHT_MAP, BW_RIGHT_CONFIG, BW_RIGHT_WRITE };
	static const __u64 accessed[] = { 1, 2, 4, 8, 4096 };

	for (unsigned o = 0; o < COUNT(lengths); o++) {
		for (unsigned l = 0; l < COUNT(lengths); l++) {
			for (unsigned a = 0; a < COUNT(lengths) * 8; a++) {
				struct bw_rule rule = plain;
				struct bw_access access = { .bar = a / 4 % 2, .offset = lengths[a / 8] };

				rule.offset = lengths[o];
				rule.length = lengths[l];
				rule.rights = 1u << (o + a) % 5;
				rule.widths = (__u8)((l + a / 8) % 16);
				access.right = rights[a % 4];
				for (unsigned w = 0; w < COUNT(accessed); w++) {
					access.length = accessed[w];
					EXPECT(!bw_rule_grants(&rule, &access) == !is_granted(&rule, &access));
				}
			}
		}
	}
}

static void where_the_search_begins_does_not_change_the_answer(void)
{
	static const __u16 matching[] = { 2, 0, 1 };
	struct bw_rule rules[3] = { plain, plain, plain };
	struct bw_access access = { BW_RIGHT_READ, 0, 8192, 4, 0 };

	rules[1].offset = 8192;
	for (__u32 begin = 0; begin < 5; begin++) {
		__u32 last = begin;

		rules[1].rights = BW_RIGHT_READ;
		EXPECT(bw_judge_access(rules, matching, 3, &access, 0, &last) == BW_OK && last == 2);
		last = begin;
		EXPECT(bw_judge_access(rules, matching, 3, &access, 1, &last) == BW_DENIED_OWNER && last == begin);
		rules[1].rights |= BW_RIGHT_SHARED;
		EXPECT(bw_judge_access(rules, matching, 3, &access, 1, &last) == BW_OK && last == 2);
		last = begin;
		EXPECT(bw_judge_access(rules, matching, 2, &access, 0, &last) == BW_DENIED_POLICY && last == begin);
		EXPECT(bw_judge_access(rules, matching, 0, &access, 0, &last) == BW_DENIED_POLICY);
	}
}

static void an_owner_is_respected_only_where_no_rule_shares(void)
{
	static const __u16 matching[] = { 0, 1 };
	struct bw_rule rules[2] = { plain, plain };
	struct bw_access access = { BW_RIGHT_READ, 0, 4096, 4, 0 };
	__u32 last = 0;

	EXPECT(bw_judge_access(rules, matching, 2, &access, 1, &last) == BW_DENIED_OWNER);
	rules[1].rights |= BW_RIGHT_SHARED;
	EXPECT(bw_judge_access(rules, matching, 2, &access, 1, &last) == BW_OK && last == 1);
	EXPECT(bw_judge_right(rules, matching, 2, BW_RIGHT_SHARED) == BW_OK);
	EXPECT(bw_judge_right(rules, matching, 1, BW_RIGHT_SHARED) == BW_DENIED_POLICY);
	EXPECT(bw_judge_right(rules, matching, 0, BW_RIGHT_READ) == BW_DENIED_POLICY);
}

static void bits_are_written_that_one_rule_grants_wherever_the_search_begins(void)
{
	static const __u16 matching[] = { 0, 1, 2 };
	struct bw_rule rules[3] = { plain, plain, plain };

	for (unsigned number = 0; number < 3; number++) {
		rules[number].rights = BW_RIGHT_WRITE;
		rules[number].write_mask = 1u << number;
	}
	for (__u64 mask = 0; mask < 16; mask++) {
		for (__u32 begin = 0; begin < 4; begin++) {
			struct bw_access access = { BW_RIGHT_WRITE, 0, 4096, 4, mask };
			int is_one_rule_s = mask == 0 || mask == 1 || mask == 2 || mask == 4;
			__u32 last = begin;

			EXPECT((bw_judge_access(rules, matching, 3, &access, 0, &last) == BW_OK) == is_one_rule_s);
			EXPECT(!mask || !is_one_rule_s || last == mask / 2);
		}
	}
}

static void the_digest_is_fnv_1a(void)
{
	struct bw_rule rules[2] = { plain, plain };

	EXPECT(bw_digest(rules, 0) == 0xcbf29ce484222325ull);
	memset(rules, 'a', sizeof(rules));
	EXPECT(bw_digest(rules, 1) == 0x956c5576914f6c3dull); /* 56 times "a" */
	EXPECT(bw_digest(rules, 2) != bw_digest(rules, 1));
}

#ifdef BARWATCH_WRITE
static void a_write_names_bits_of_the_register(void)
{
	static const __u8 widths[] = { 1, 2, 4, 8 };
	struct bw_write request = { .bar = 5 };

	for (unsigned w = 0; w < COUNT(widths); w++) {
		for (unsigned bit = 0; bit < 64; bit++) {
			request.width = widths[w];
			request.mask = 1ull << bit;
			EXPECT(bw_judge_write(&request, 15) == (bit < 8u * widths[w] ? BW_OK : BW_WRONG_MASK));
		}
	}
	request.mask = 0;
	EXPECT(bw_judge_write(&request, 15) == BW_WRONG_MASK);
	request.bar = 6;
	EXPECT(bw_judge_write(&request, 15) == BW_WRONG_BAR);
	request.reserved = 1;
	EXPECT(bw_judge_write(&request, 15) == BW_WRONG_RESERVED);
}
#endif

int main(void)
{
	sizes_are_bounded_on_both_sides();
	a_batch_has_as_many_items_as_it_may();
	zero_is_zero_to_the_last_byte();
	a_range_never_wraps();
	a_read_is_one_aligned_register_of_a_bar();
	an_address_is_one_that_pci_has();
	a_map_is_judged_as_a_read();
	configuration_space_has_no_eight_bytes();
	no_reserved_field_of_bars_is_forgotten();
	a_rule_says_what_it_matches_and_no_more();
	only_rights_of_the_build_can_be_given();
	a_rule_about_configuration_names_no_bytes();
	a_rule_has_bytes_of_one_bar();
	a_rule_to_write_is_one_register_and_says_which_bits();
	a_rule_matches_by_what_it_names();
	rules_that_match_are_found_in_their_order();
	no_byte_outside_a_rule_is_granted();
	where_the_search_begins_does_not_change_the_answer();
	an_owner_is_respected_only_where_no_rule_shares();
	bits_are_written_that_one_rule_grants_wherever_the_search_begins();
	the_digest_is_fnv_1a();
#ifdef BARWATCH_WRITE
	a_write_names_bits_of_the_register();
#endif
	printf("%lu expectations\n", expectations);
	return 0;
}
