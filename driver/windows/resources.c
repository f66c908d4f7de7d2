// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The memory ranges in the lists that START_DEVICE carries. */

#include "barwatch.h"

/*
 * Bytes of a memory descriptor; zero: it is none. RtlCmDecodeMemIoResource() does the same.
 * CM_RESOURCE_MEMORY_LARGE is set of the forms that bw_large_length() knows.
 */
static __u64 bw_descriptor_length(const CM_PARTIAL_RESOURCE_DESCRIPTOR *descriptor)
{
	switch (descriptor->Type) {
	case CmResourceTypeMemory:
		return descriptor->u.Memory.Length;
	case CmResourceTypeMemoryLarge:
		return bw_large_length(descriptor->Flags & CM_RESOURCE_MEMORY_LARGE,
				       descriptor->u.Memory40.Length40);
	default:
		return 0;
	}
}

/*
 * The memory ranges, at most BW_RANGES_MAX, and how many. Both lists have the same descriptors in
 * the same order. Either may be NULL: a function without resources.
 *
 * Source: IRP_MN_START_DEVICE.
 */
__u32 bw_ranges_of(const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated,
		   struct bw_range *ranges)
{
	const CM_PARTIAL_RESOURCE_LIST *on_bus, *for_cpu;
	__u32 found = 0;
	ULONG number;

	if (!raw || !translated || !raw->Count || !translated->Count)
		return 0;
	on_bus = &raw->List[0].PartialResourceList;
	for_cpu = &translated->List[0].PartialResourceList;
	for (number = 0; number < min(on_bus->Count, for_cpu->Count); number++) {
		const CM_PARTIAL_RESOURCE_DESCRIPTOR *cpu = &for_cpu->PartialDescriptors[number];
		__u64 length = bw_descriptor_length(cpu);

		if (!length || found == BW_RANGES_MAX)
			continue;
		/* Both forms begin with the address. */
		ranges[found].bus = on_bus->PartialDescriptors[number].u.Memory.Start.QuadPart;
		ranges[found].start = cpu->u.Memory.Start.QuadPart;
		ranges[found].length = length;
		found++;
	}
	return found;
}
