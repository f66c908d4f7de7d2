// SPDX-License-Identifier: GPL-2.0-only
/* The table of the functions that are watched: by address, and by what the PCI core calls them. */

#include "barwatch.h"

static LIST_HEAD(bw_functions);		/* bw_functions_lock */
static DEFINE_MUTEX(bw_functions_lock);
static unsigned int bw_function_count;	/* bw_functions_lock */

static bool bw_is_at(const struct bw_function *function, const struct bw_address *address)
{
	return !memcmp(&function->address, address, sizeof(*address));
}

static struct bw_function *bw_table_search(const struct bw_address *address)
{
	struct bw_function *function;

	lockdep_assert_held(&bw_functions_lock);
	list_for_each_entry(function, &bw_functions, node) {
		if (bw_is_at(function, address)) {
			kref_get(&function->users);
			return function;
		}
	}
	return NULL;
}

/* The function at an address, with a reference; NULL: not in the table. */
struct bw_function *bw_table_find(const struct bw_address *address)
{
	struct bw_function *function;

	mutex_lock(&bw_functions_lock);
	function = bw_table_search(address);
	mutex_unlock(&bw_functions_lock);
	return function;
}

/* The function that `pdev` is, with a reference; NULL: not in the table. */
struct bw_function *bw_table_find_pdev(const struct pci_dev *pdev)
{
	struct bw_function *function, *found = NULL;

	mutex_lock(&bw_functions_lock);
	list_for_each_entry(function, &bw_functions, node) {
		if (function->pdev == pdev) {
			kref_get(&function->users);
			found = function;
			break;
		}
	}
	mutex_unlock(&bw_functions_lock);
	return found;
}

/*
 * Puts a function into the table, or finds the one that somebody else put there meanwhile. Takes
 * over the reference. NULL: the table is full.
 */
struct bw_function *bw_table_add(struct bw_function *function)
{
	struct bw_function *found;

	mutex_lock(&bw_functions_lock);
	found = bw_table_search(&function->address);
	if (!found && bw_function_count < BW_FUNCTIONS_MAX) {
		list_add_tail(&function->node, &bw_functions);
		bw_function_count++;
		atomic64_inc(&bw_counters[BW_COUNT_FUNCTIONS]);
		kref_get(&function->users);
		found = function;
	}
	mutex_unlock(&bw_functions_lock);
	if (found != function)
		bw_function_put(function);
	return found;
}

/* Takes a function out, of which the caller has a reference of its own. Again, it does nothing. */
void bw_table_remove(struct bw_function *function)
{
	bool is_listed;

	mutex_lock(&bw_functions_lock);
	is_listed = !list_empty(&function->node);
	if (is_listed) {
		list_del_init(&function->node);
		bw_function_count--;
		atomic64_dec(&bw_counters[BW_COUNT_FUNCTIONS]);
	}
	mutex_unlock(&bw_functions_lock);
	if (is_listed)
		bw_function_put(function);
}

/* Nothing stays mapped, of any function: the judgements that mappings rest on hold no more. */
void bw_table_unmap(void)
{
	struct bw_function *function;

	mutex_lock(&bw_functions_lock);
	list_for_each_entry(function, &bw_functions, node) {
		mutex_lock(&function->lock);
		bw_function_unmap(function);
		mutex_unlock(&function->lock);
	}
	mutex_unlock(&bw_functions_lock);
}

/* Any function, with a reference; NULL: the table is empty. */
struct bw_function *bw_table_first(void)
{
	struct bw_function *function;

	mutex_lock(&bw_functions_lock);
	function = list_first_entry_or_null(&bw_functions, struct bw_function, node);
	if (function)
		kref_get(&function->users);
	mutex_unlock(&bw_functions_lock);
	return function;
}
