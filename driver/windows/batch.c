// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The items of a batch: judged as a whole first, then taken and given one by one. */

#include "barwatch.h"

NTSTATUS bw_status_of(enum bw_refusal refusal)
{
	switch (refusal) {
	case BW_UNDERSTOOD:
		return STATUS_SUCCESS;
	case BW_REFUSED_LONG:
		return STATUS_INFO_LENGTH_MISMATCH;
	case BW_REFUSED_FLAG:
		return STATUS_NOT_SUPPORTED;
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

/* Whether all items are in the buffer, and ask for nothing that this version does not know. */
NTSTATUS bw_items_judge(struct bw_call *call, __u32 count, __u32 item_size, __u32 known)
{
	__u32 number;

	if (!bw_batch_fits(call->items_room, 0, count, item_size))
		return STATUS_ACCESS_VIOLATION;
	for (number = 0; number < count && item_size > known; number++) {
		if (!bw_is_zero(call->items + (__u64)number * item_size + known, item_size - known))
			return bw_status_of(BW_REFUSED_LONG);
	}
	call->items_used = (__u64)count * item_size;
	return STATUS_SUCCESS;
}

/* What a batch of reads says of itself. `first`: bytes of an item in ABI version 1. */
NTSTATUS bw_batch_judge(struct bw_call *call, __u32 first, __u32 known)
{
	const struct bw_batch *batch = call->request;
	NTSTATUS status;

	if (batch->flags)
		return bw_status_of(BW_REFUSED_FLAG);
	if (!batch->count)
		return STATUS_INVALID_PARAMETER;
	status = bw_status_of(bw_judge_items(batch->count, BW_ITEMS_MAX, batch->item_size, first));
	if (!NT_SUCCESS(status))
		return status;
	return bw_items_judge(call, batch->count, batch->item_size, known);
}

/* One item, as this version knows it. The caller's may lie at any address. */
void bw_item_take(const struct bw_call *call, __u32 item_size, __u32 number, void *item,
		  __u32 known)
{
	RtlZeroMemory(item, known);
	RtlCopyMemory(item, call->items + (__u64)number * item_size, min(item_size, known));
}

/* One item back to where it came from, as much of it as the caller knows. */
void bw_item_give(struct bw_call *call, __u32 item_size, __u32 number, const void *item,
		  __u32 known)
{
	RtlCopyMemory(call->items + (__u64)number * item_size, item, min(item_size, known));
}
