// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The table of the functions that the driver keeps an eye on. */

#include "barwatch.h"

static LIST_ENTRY bw_functions;		/* bw_functions_lock; new ones at the end */
static FAST_MUTEX bw_functions_lock;
static ULONG bw_function_count;		/* bw_functions_lock */

void bw_table_init(void)
{
	InitializeListHead(&bw_functions);
	ExInitializeFastMutex(&bw_functions_lock);
}

bool bw_is_at(const struct bw_address *one, const struct bw_address *other)
{
	return RtlEqualMemory(one, other, sizeof(*one));
}

static struct bw_function *bw_table_at(PLIST_ENTRY node)
{
	return CONTAINING_RECORD(node, struct bw_function, node);
}

/* bw_functions_lock is held. */
static struct bw_function *bw_table_search(const struct bw_address *address)
{
	PLIST_ENTRY node;

	for (node = bw_functions.Flink; node != &bw_functions; node = node->Flink) {
		if (bw_is_at(&bw_table_at(node)->address, address))
			return bw_table_at(node);
	}
	return NULL;
}

/*
 * Takes a function out of the table, with whatever is mapped of it: bw_table_unmap() would not find
 * it any more. bw_functions_lock is held.
 */
static void bw_table_drop(struct bw_function *function)
{
	if (IsListEmpty(&function->node))
		return;
	bw_lock(&function->lock);
	function->is_listed = false;
	bw_function_unmap(function);
	bw_unlock(&function->lock);
	RemoveEntryList(&function->node);
	InitializeListHead(&function->node);
	bw_function_count--;
	bw_count(BW_COUNT_FUNCTIONS, -1);
	bw_function_put(function);
}

/* The function at an address, with a reference; NULL: not in the table. */
struct bw_function *bw_table_find(const struct bw_address *address)
{
	struct bw_function *function;

	bw_lock(&bw_functions_lock);
	function = bw_table_search(address);
	if (function)
		bw_function_get(function);
	bw_unlock(&bw_functions_lock);
	return function;
}

/*
 * Whether a function is the bridge above a bus. A bus below a bridge has a higher number than the
 * bridge's own (PCI-to-PCI Bridge Architecture 1.2, 3.2.5), so the way up ends.
 */
static bool bw_is_above(const struct bw_function *function, const struct bw_address *below)
{
	return function->secondary_bus && function->secondary_bus == below->bus &&
	       function->address.domain == below->domain &&
	       function->address.bus < function->secondary_bus;
}

/*
 * The bridge above whoever is at the address, with a reference, and its own address. NULL: there is
 * none, or the driver is not on its stack. One that is gone is better than none: it says why
 * nothing answers.
 */
struct bw_function *bw_table_find_bridge(struct bw_address *address)
{
	struct bw_function *found = NULL;
	PLIST_ENTRY node;

	bw_lock(&bw_functions_lock);
	for (node = bw_functions.Flink; node != &bw_functions; node = node->Flink) {
		struct bw_function *function = bw_table_at(node);

		if (bw_is_above(function, address) && (!found || !function->is_gone))
			found = function;
	}
	if (found) {
		bw_function_get(found);
		*address = found->address;
	}
	bw_unlock(&bw_functions_lock);
	return found;
}

/* The longest gone makes room; NULL: nobody is gone. bw_functions_lock is held. */
static struct bw_function *bw_table_gone(void)
{
	PLIST_ENTRY node;

	for (node = bw_functions.Flink; node != &bw_functions; node = node->Flink) {
		if (bw_table_at(node)->is_gone)
			return bw_table_at(node);
	}
	return NULL;
}

static bool bw_is_up(struct bw_function *function)
{
	bool is_up;

	bw_lock(&function->lock);
	is_up = bw_function_is_up(function);
	bw_unlock(&function->lock);
	return is_up;
}

/*
 * Whether nobody is at the address, now that whoever has left it is out of the table. A function
 * that is started is at its address: that of the other is out of date, since Windows keeps the bus
 * number of when it found a function, and a bridge may have got other numbers since.
 * bw_functions_lock is held.
 */
static bool bw_table_is_free(const struct bw_address *address)
{
	struct bw_function *function = bw_table_search(address);

	if (!function)
		return true;
	if (bw_is_up(function)) {
		DbgPrint("barwatch: two functions at %04x:%02x:%02x.%x; the second is left alone\n",
			 address->domain, address->bus, address->device, address->function);
		return false;
	}
	bw_table_drop(function);
	return true;
}

/* Makes room, if there is none. bw_functions_lock is held. */
static bool bw_table_has_room(void)
{
	struct bw_function *gone = NULL;

	if (bw_function_count == BW_FUNCTIONS_MAX)
		gone = bw_table_gone();
	if (gone)
		bw_table_drop(gone);
	if (bw_function_count < BW_FUNCTIONS_MAX)
		return true;
	bw_count(BW_COUNT_LIMITED, 1);
	return false;
}

/*
 * Puts a function into the table, at the address that it has now. One that was removed stays there
 * as gone until its address, or its place in the table, is needed.
 */
void bw_table_add(struct bw_function *function, const struct bw_address *address,
		  __u8 secondary_bus)
{
	bw_lock(&bw_functions_lock);
	bw_table_drop(function);
	if (bw_table_is_free(address) && bw_table_has_room()) {
		bw_lock(&function->lock);
		function->address = *address;
		function->secondary_bus = secondary_bus;
		function->is_listed = true;
		bw_unlock(&function->lock);
		InsertTailList(&bw_functions, &function->node);
		bw_function_count++;
		bw_count(BW_COUNT_FUNCTIONS, 1);
		bw_function_get(function);
	}
	bw_unlock(&bw_functions_lock);
}

/* A bridge gives the bus below it another number. */
void bw_table_renumber(struct bw_function *bridge, __u8 secondary_bus)
{
	bw_lock(&bw_functions_lock);
	bw_lock(&bridge->lock);
	bridge->secondary_bus = secondary_bus;
	bw_unlock(&bridge->lock);
	bw_unlock(&bw_functions_lock);
}

/*
 * No process has anything mapped any more, and neither have we: the judgements that mappings rest
 * on hold no more. Or only `process` has not, which is ending.
 */
void bw_table_unmap(PEPROCESS process)
{
	PLIST_ENTRY node;

	bw_lock(&bw_functions_lock);
	for (node = bw_functions.Flink; node != &bw_functions; node = node->Flink) {
		struct bw_function *function = bw_table_at(node);

		bw_lock(&function->lock);
		if (process)
			bw_maps_kill(function, process);
		else
			bw_function_unmap(function);
		bw_unlock(&function->lock);
	}
	bw_unlock(&bw_functions_lock);
}

void bw_table_exit(void)
{
	bw_lock(&bw_functions_lock);
	while (!IsListEmpty(&bw_functions))
		bw_table_drop(bw_table_at(bw_functions.Flink));
	bw_unlock(&bw_functions_lock);
}
