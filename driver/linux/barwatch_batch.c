// SPDX-License-Identifier: GPL-2.0-only
/*
 * The items of a batch: into the kernel before anything is judged, and out after everything is
 * done.
 */

#include <linux/slab.h>
#include <linux/uaccess.h>

#include "barwatch.h"

int bw_errno(enum bw_refusal refusal)
{
	switch (refusal) {
	case BW_UNDERSTOOD:
		return 0;
	case BW_REFUSED_LONG:
		return -E2BIG;
	case BW_REFUSED_FLAG:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

/* What a batch of reads says of itself. `first`: bytes of an item in ABI version 1. */
int bw_batch_judge(const struct bw_batch *batch, u32 first)
{
	if (batch->flags)
		return bw_errno(BW_REFUSED_FLAG);
	if (!batch->count)
		return -EINVAL;
	return bw_errno(bw_judge_items(batch->count, BW_ITEMS_MAX, batch->item_size, first));
}

/*
 * All items, as this version knows them, or an error pointer. -E2BIG: an item is longer, and asks
 * for something that this version does not know. The caller frees with kvfree().
 */
void *bw_items_take(const void __user *from, u32 count, u32 item_size, size_t known)
{
	void *items = kvmalloc_array(count, known, GFP_KERNEL_ACCOUNT);
	u32 number;
	int err = 0;

	if (!items)
		return ERR_PTR(-ENOMEM);
	if (item_size == known)
		err = copy_from_user(items, from, count * known) ? -EFAULT : 0;
	else
		for (number = 0; number < count && !err; number++)
			err = copy_struct_from_user(items + number * known, known,
						    from + (u64)number * item_size, item_size);
	if (!err)
		return items;
	kvfree(items);
	return ERR_PTR(err);
}

/* All items back to where they came from, as much of each as the caller knows. */
int bw_items_give(void __user *to, const void *items, u32 count, u32 item_size, size_t known)
{
	size_t told = min_t(size_t, item_size, known);
	u32 number;

	if (item_size == known)
		return copy_to_user(to, items, count * known) ? -EFAULT : 0;
	for (number = 0; number < count; number++) {
		if (copy_to_user(to + (u64)number * item_size, items + number * known, told))
			return -EFAULT;
	}
	return 0;
}
