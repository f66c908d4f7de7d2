// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAP: one page of a BAR in a user process, to read and nothing else.
 *
 * A mapping is judged once, when it is made. Whatever could change that judgement kills it
 * (bw_maps_kill): its page is taken out of all page tables, and the next load faults and finds it
 * dead.
 */

#include <linux/slab.h>

#include "barwatch.h"
#include "barwatch_compat.h"

/* Belongs to a handle, which frees it; is on its function's list for as long as it lives. */
struct bw_mapping {
	struct bw_function *function;	/* constant; a reference */
	struct address_space *pages;	/* constant; of the handle's file */
	/* constant; the handle's name for it, and its offset in pages */
	unsigned long number;
	unsigned long pfn;		/* constant */
	struct list_head node;		/* function->lock */
	bool is_alive;			/* function->lock */
};

static void bw_map_end(struct bw_mapping *map)
{
	lockdep_assert_held(&map->function->lock);
	map->is_alive = false;
	list_del(&map->node);
	atomic64_dec(&bw_counters[BW_COUNT_MAPS]);
}

/*
 * Ends every mapping of the function. When this returns, no process can load from its pages any
 * more.
 */
void bw_maps_kill(struct bw_function *function)
{
	struct bw_mapping *map, *next;

	lockdep_assert_held(&function->lock);
	list_for_each_entry_safe(map, next, &function->maps, node) {
		bw_map_end(map);
		unmap_mapping_range(map->pages, (loff_t)map->number << PAGE_SHIFT, PAGE_SIZE, 1);
		atomic64_inc(&bw_counters[BW_COUNT_MAPS_KILLED]);
	}
}

/* Takes a mapping from its handle, which no process has mapped or which is dead. */
static void bw_map_free(struct bw_handle *handle, struct bw_mapping *map)
{
	xa_erase(&handle->maps, map->number);
	handle->map_count--;
	mutex_lock(&map->function->lock);
	if (map->is_alive)
		bw_map_end(map);
	mutex_unlock(&map->function->lock);
	bw_function_put(map->function);
	kfree(map);
}

static bool bw_map_is_alive(struct bw_mapping *map)
{
	bool is_alive;

	mutex_lock(&map->function->lock);
	is_alive = map->is_alive;
	mutex_unlock(&map->function->lock);
	return is_alive;
}

/* The last handle to the file is closed: nothing has it mapped. */
void bw_maps_release(struct bw_handle *handle)
{
	struct bw_mapping *map;
	unsigned long number;

	xa_for_each(&handle->maps, number, map)
		bw_map_free(handle, map);
	xa_destroy(&handle->maps);
}

static void bw_maps_bury(struct bw_handle *handle)
{
	struct bw_mapping *map;
	unsigned long number;

	xa_for_each(&handle->maps, number, map) {
		if (!bw_map_is_alive(map))
			bw_map_free(handle, map);
	}
}

/* Gives the handle a mapping of the page, and says where mmap() finds it. */
static u32 bw_map_new(struct bw_handle *handle, struct bw_function *function, u64 at, u64 *where)
{
	struct bw_mapping *map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);
	u32 number;

	if (!map)
		return BW_FAULT_MAPPING;
	/*
	 * Going round takes two thousand million calls; what comes round is another page that this
	 * handle may read.
	 */
	if (xa_alloc_cyclic(&handle->maps, &number, map, XA_LIMIT(1, INT_MAX), &handle->last_number,
			    GFP_KERNEL) < 0) {
		kfree(map);
		return BW_FAULT_MAPPING;
	}
	kref_get(&function->users);
	handle->map_count++;
	map->function = function;
	map->pages = handle->file->f_mapping;
	map->number = number;
	map->pfn = at >> PAGE_SHIFT;
	map->is_alive = true;
	list_add(&map->node, &function->maps);
	atomic64_inc(&bw_counters[BW_COUNT_MAPS]);
	*where = (u64)number << PAGE_SHIFT;
	return BW_OK;
}

/*
 * Judges the page that the register lies in: all of it must be the BAR's, and all of it must be
 * granted, since all of it will be seen.
 */
static u32 bw_map_judge(struct bw_visit *visit, struct bw_map *request, u64 *at)
{
	const struct bw_access access = {
		.right = BW_RIGHT_MAP,
		.bar = request->bar,
		.offset = round_down(request->offset, PAGE_SIZE),
		.length = PAGE_SIZE,
	};
	struct bw_seen_bar bar;
	u32 status = bw_visit_bar(visit, &access, &bar);

	if (status)
		return status;
	if (!bw_is_inside(request->offset, request->width, bar.place.length))
		return BW_UNREACHABLE_OUTSIDE_BAR;
	if (!bw_is_inside(access.offset, access.length, bar.place.length) ||
	    !PAGE_ALIGNED(bar.place.start))
		return BW_DENIED_PAGE;
	*at = bar.place.start + access.offset;
	request->out_generation = bar.generation;
	return BW_OK;
}

static u32 bw_map_find(struct bw_handle *handle, struct bw_visit *visit, struct bw_map *request)
{
	u32 status = bw_judge_map(request, BW_WIDTHS);
	u64 at;

	if (!status && visit->is_locked_down)
		status = BW_DENIED_LOCKDOWN;
	if (!status)
		status = bw_visit_function(visit, &request->address);
	if (!status)
		status = bw_map_judge(visit, request, &at);
	if (!status && handle->map_count >= BW_MAPS_MAX)
		status = BW_DENIED_LIMIT;
	if (!status)
		status = bw_map_new(handle, visit->function, at, &request->out_where);
	if (status) {
		request->out_generation = 0;
		return status;
	}
	request->out_page_size = PAGE_SIZE;
	request->out_page_offset = offset_in_page(request->offset);
	return BW_OK;
}

/* MAP: see struct bw_map. */
int bw_map_make(struct bw_handle *handle, void *argument, void __user *user)
{
	struct bw_map *request = argument;
	struct bw_visit visit;

	if (request->flags)
		return bw_errno(BW_REFUSED_FLAG);
	request->out_where = 0;
	request->out_generation = 0;
	request->out_page_size = 0;
	request->out_page_offset = 0;
	mutex_lock(&handle->lock);
	if (handle->map_count >= BW_MAPS_MAX)
		bw_maps_bury(handle);
	bw_visit_begin(&visit);
	request->out_status = bw_map_find(handle, &visit, request);
	bw_visit_count(&visit, request->out_status);
	bw_visit_end(&visit);
	mutex_unlock(&handle->lock);
	return 0;
}

/* A process loads from a page that it does not have in its page table. */
static vm_fault_t bw_map_fault(struct vm_fault *fault)
{
	struct bw_handle *handle = fault->vma->vm_file->private_data;
	vm_fault_t result = VM_FAULT_SIGBUS;
	struct bw_mapping *map;

	mutex_lock(&handle->lock);
	map = xa_load(&handle->maps, fault->pgoff);
	if (map) {
		mutex_lock(&map->function->lock);
		if (map->is_alive)
			result = vmf_insert_pfn(fault->vma, fault->address, map->pfn);
		mutex_unlock(&map->function->lock);
	}
	mutex_unlock(&handle->lock);
	return result;
}

static const struct vm_operations_struct bw_map_operations = { .fault = bw_map_fault };

static bool bw_map_exists(struct bw_handle *handle, unsigned long number)
{
	struct bw_mapping *map;
	bool exists;

	mutex_lock(&handle->lock);
	map = xa_load(&handle->maps, number);
	exists = map && bw_map_is_alive(map);
	mutex_unlock(&handle->lock);
	return exists;
}

/*
 * mmap(): see struct bw_map. Not inherited by children, not in core dumps, never to become
 * writable.
 */
int bw_map_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EACCES;
	if (!(vma->vm_flags & VM_MAYSHARE) || vma_pages(vma) != 1)
		return -EINVAL;
	if (!bw_map_exists(file->private_data, vma->vm_pgoff))
		return -ENXIO;
	bw_vm_flags(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY,
		    VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_ops = &bw_map_operations;
	return 0;
}
