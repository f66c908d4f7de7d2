// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * MAP: one page of a BAR in a user process, to read and nothing else.
 *
 * A mapping is judged once, when it is made. Whatever could change that judgement kills it
 * (bw_maps_kill): its page is unmapped in the process that has it, and the next load there is an
 * access violation. A process that ends does so with its mappings taken back first
 * (map_process.c), whoever has its handle: Windows stops a machine that has a process end with
 * a driver's pages still mapped and unmapped later.
 */

#include "barwatch.h"

/* Belongs to a handle, which frees it; is on its function's list for as long as it lives. */
struct bw_mapping {
	LIST_ENTRY of_handle;		/* handle->lock */
	struct bw_function *function;	/* constant; a reference */
	PEPROCESS process;		/* constant; the handle's */
	__u8 *kernel;			/* constant; the page as we have it mapped */
	PMDL mdl;			/* constant; describes it */
	PVOID user;			/* constant; the page as the process has it mapped */
	LIST_ENTRY of_function;		/* function->lock */
	bool is_alive;			/* function->lock */
};

/*
 * Takes the page out of the process, from any process. Source: MmUnmapLockedPages, which must run
 * in the process that has the page.
 */
static void bw_map_unmap(const struct bw_mapping *map)
{
	KAPC_STATE state;

	if (map->process == PsGetCurrentProcess()) {
		MmUnmapLockedPages(map->user, map->mdl);
		return;
	}
	KeStackAttachProcess((PVOID)map->process, &state);
	MmUnmapLockedPages(map->user, map->mdl);
	KeUnstackDetachProcess(&state);
}

/* The function's lock is held. */
static void bw_map_end(struct bw_mapping *map)
{
	map->is_alive = false;
	RemoveEntryList(&map->of_function);
	bw_map_unmap(map);
	IoFreeMdl(map->mdl);
	MmUnmapIoSpace(map->kernel, PAGE_SIZE);
	bw_count(BW_COUNT_MAPS, -1);
}

/*
 * Ends every mapping of the function, or those of one process. Its lock is held. When this returns,
 * the processes cannot load from its pages any more.
 */
void bw_maps_kill(struct bw_function *function, PEPROCESS process)
{
	PLIST_ENTRY node, next;

	for (node = function->maps.Flink; node != &function->maps; node = next) {
		struct bw_mapping *map = CONTAINING_RECORD(node, struct bw_mapping, of_function);

		next = node->Flink;
		if (process && map->process != process)
			continue;
		bw_map_end(map);
		bw_count(BW_COUNT_MAPS_KILLED, 1);
	}
}

/* Takes a mapping from its handle, whose lock is held. `only_dead`: leaves a living one. */
static void bw_map_free(struct bw_handle *handle, struct bw_mapping *map, bool only_dead)
{
	struct bw_function *function = map->function;
	bool stays;

	bw_lock(&function->lock);
	stays = map->is_alive && only_dead;
	if (map->is_alive && !only_dead)
		bw_map_end(map);
	bw_unlock(&function->lock);
	if (stays)
		return;
	RemoveEntryList(&map->of_handle);
	handle->map_count--;
	ExFreePoolWithTag(map, BW_POOL_TAG);
	bw_function_put(function);
}

/* handle->lock is held. */
static void bw_maps_free(struct bw_handle *handle, bool only_dead)
{
	PLIST_ENTRY node, next;

	for (node = handle->maps.Flink; node != &handle->maps; node = next) {
		next = node->Flink;
		bw_map_free(handle, CONTAINING_RECORD(node, struct bw_mapping, of_handle),
			    only_dead);
	}
}

/* No handle to the file is left in any process. */
void bw_maps_release(struct bw_handle *handle)
{
	bw_lock(&handle->lock);
	bw_maps_free(handle, false);
	bw_unlock(&handle->lock);
}

static bool bw_map_page(struct bw_mapping *map, __u64 at)
{
	PHYSICAL_ADDRESS address;

	address.QuadPart = at;
	map->kernel = MmMapIoSpaceEx(address, PAGE_SIZE, PAGE_READONLY | PAGE_NOCACHE);
	if (!map->kernel)
		return false;
	map->mdl = IoAllocateMdl(map->kernel, PAGE_SIZE, FALSE, FALSE, NULL);
	if (map->mdl)
		return true;
	MmUnmapIoSpace(map->kernel, PAGE_SIZE);
	return false;
}

/* Shows the page to the calling process. Source: MmMapLockedPagesSpecifyCache: it raises. */
static bool bw_map_show(struct bw_mapping *map)
{
	NTSTATUS raised = STATUS_SUCCESS;

	MmBuildMdlForNonPagedPool(map->mdl);
	map->user = bw_guarded_map(map->mdl,
				   NormalPagePriority | MdlMappingNoWrite | MdlMappingNoExecute,
				   &raised);
	if (map->user && NT_SUCCESS(raised))
		return true;
	IoFreeMdl(map->mdl);
	MmUnmapIoSpace(map->kernel, PAGE_SIZE);
	return false;
}

/* Gives the handle a mapping of the page, and says where it is. Both locks are held. */
static __u32 bw_map_new(struct bw_handle *handle, struct bw_function *function, __u64 at,
			__u64 *where)
{
	struct bw_mapping *map = bw_allocate(sizeof(*map));

	if (!map)
		return BW_FAULT_MAPPING;
	if (!bw_map_page(map, at) || !bw_map_show(map)) {
		ExFreePoolWithTag(map, BW_POOL_TAG);
		return BW_FAULT_MAPPING;
	}
	map->process = handle->process;
	map->function = function;
	bw_function_get(function);
	map->is_alive = true;
	InsertTailList(&function->maps, &map->of_function);
	InsertTailList(&handle->maps, &map->of_handle);
	handle->map_count++;
	bw_count(BW_COUNT_MAPS, 1);
	*where = (ULONG_PTR)map->user;
	return BW_OK;
}

/*
 * Judges the page that the register lies in: all of it must be the BAR's, and all of it must be
 * granted, since all of it will be seen.
 */
static __u32 bw_map_judge(struct bw_visit *visit, struct bw_map *request, __u64 *at)
{
	const struct bw_access access = {
		.right = BW_RIGHT_MAP,
		.bar = request->bar,
		.offset = request->offset & ~(__u64)(PAGE_SIZE - 1),
		.length = PAGE_SIZE,
	};
	struct bw_seen_bar bar;
	__u32 status = bw_visit_bar(visit, &access, &bar);

	if (status)
		return status;
	if (!bw_is_inside(request->offset, request->width, bar.place.length))
		return BW_UNREACHABLE_OUTSIDE_BAR;
	if (!bw_is_inside(access.offset, access.length, bar.place.length) ||
	    bar.place.start % PAGE_SIZE)
		return BW_DENIED_PAGE;
	*at = bar.place.start + access.offset;
	request->out_generation = bar.generation;
	return BW_OK;
}

static __u32 bw_map_find(struct bw_handle *handle, struct bw_visit *visit, struct bw_map *request)
{
	__u32 status = bw_judge_map(request, BW_WIDTHS);
	__u64 at = 0;

	if (!status)
		status = bw_visit_function(visit, &request->address);
	if (!status)
		status = bw_map_judge(visit, request, &at);
	if (!status && handle->map_count >= BW_MAPS_MAX)
		status = BW_DENIED_LIMIT;
	if (!status)
		status = bw_map_new(handle, visit->route[0], at, &request->out_where);
	if (status) {
		request->out_generation = 0;
		return status;
	}
	request->out_page_size = PAGE_SIZE;
	request->out_page_offset = (__u32)(request->offset % PAGE_SIZE);
	return BW_OK;
}

/* MAP: see struct bw_map. */
NTSTATUS bw_map_make(struct bw_call *call)
{
	struct bw_handle *handle = call->handle;
	struct bw_map *request = call->request;
	struct bw_visit visit;

	/* As by a driver that has no such command. */
	if (!bw_maps_are_safe())
		return STATUS_INVALID_DEVICE_REQUEST;
	/* A handle given to another process would map into that one, and be closed in either. */
	if (handle->process != PsGetCurrentProcess())
		return STATUS_ACCESS_DENIED;
	if (request->flags)
		return bw_status_of(BW_REFUSED_FLAG);
	request->out_where = 0;
	request->out_generation = 0;
	request->out_page_size = 0;
	request->out_page_offset = 0;
	bw_lock(&handle->lock);
	if (handle->map_count >= BW_MAPS_MAX)
		bw_maps_free(handle, true);
	bw_visit_begin(&visit, call->irp);
	request->out_status = bw_map_find(handle, &visit, request);
	bw_visit_count(&visit, request->out_status);
	bw_visit_end(&visit);
	bw_unlock(&handle->lock);
	return STATUS_SUCCESS;
}
