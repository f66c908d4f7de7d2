// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions that the policy is about: found by address, watched until they are removed.
 *
 * A function is in the table from the first request that names it until the PCI core removes it.
 * The core tells us before it frees the function's addresses (BUS_NOTIFY_DEL_DEVICE,
 * BUS_NOTIFY_REMOVED_DEVICE), and waits: once we have answered, nothing of ours refers to them any
 * more.
 */

#include <linux/slab.h>

#include "barwatch.h"

static LIST_HEAD(bw_functions);		/* bw_functions_lock */
static DEFINE_MUTEX(bw_functions_lock);
static unsigned int bw_function_count;	/* bw_functions_lock */

static void bw_function_free(struct kref *users)
{
	struct bw_function *function = container_of(users, struct bw_function, users);

	pci_dev_put(function->pdev);
	xa_destroy(&function->windows);
	mutex_destroy(&function->lock);
	kfree(function);
}

void bw_function_put(struct bw_function *function)
{
	kref_put(&function->users, bw_function_free);
}

static struct pci_dev *bw_pdev_get(const struct bw_address *address)
{
	/* The PCI core takes the domain as an int; none of its own is negative. */
	if (address->domain > INT_MAX)
		return NULL;
	return pci_get_domain_bus_and_slot(address->domain, address->bus,
					   PCI_DEVFN(address->device, address->function));
}

static struct bw_ids bw_ids_of(const struct pci_dev *pdev)
{
	return (struct bw_ids){
		.vendor = pdev->vendor,
		.device = pdev->device,
		.subsystem_vendor = pdev->subsystem_vendor,
		.subsystem_device = pdev->subsystem_device,
		.class_code = pdev->class,
	};
}

/* Watches the function that `pdev` is from now on; takes over its reference. */
static struct bw_function *bw_function_new(struct pci_dev *pdev, const struct bw_address *address)
{
	struct bw_function *function = kzalloc(sizeof(*function), GFP_KERNEL);

	if (!function) {
		pci_dev_put(pdev);
		return NULL;
	}
	kref_init(&function->users);
	mutex_init(&function->lock);
	xa_init(&function->windows);
	INIT_LIST_HEAD(&function->maps);
	function->pdev = pdev;
	function->address = *address;
	function->ids = bw_ids_of(pdev);
	return function;
}

/* In the table, with a reference more; NULL: not there. */
static struct bw_function *bw_function_find(const struct bw_address *address)
{
	struct bw_function *function;

	lockdep_assert_held(&bw_functions_lock);
	list_for_each_entry(function, &bw_functions, node) {
		if (!memcmp(&function->address, address, sizeof(*address))) {
			kref_get(&function->users);
			return function;
		}
	}
	return NULL;
}

/* In the table; NULL: not there. */
static struct bw_function *bw_function_of(const struct pci_dev *pdev)
{
	struct bw_function *function;

	lockdep_assert_held(&bw_functions_lock);
	list_for_each_entry(function, &bw_functions, node) {
		if (function->pdev == pdev)
			return function;
	}
	return NULL;
}

/* Takes the function of `pdev` from the table, with the table's reference; NULL: not there. */
static struct bw_function *bw_function_take_out(const struct pci_dev *pdev)
{
	struct bw_function *function;

	mutex_lock(&bw_functions_lock);
	function = bw_function_of(pdev);
	if (function) {
		list_del(&function->node);
		bw_function_count--;
		atomic64_dec(&bw_counters[BW_COUNT_FUNCTIONS]);
	}
	mutex_unlock(&bw_functions_lock);
	return function;
}

/* When this returns, nothing refers to the function's addresses, and nothing will. */
static void bw_function_forget(const struct pci_dev *pdev)
{
	struct bw_function *function = bw_function_take_out(pdev);

	if (!function)
		return;
	mutex_lock(&function->lock);
	function->is_gone = true;
	bw_maps_kill(function);
	bw_windows_unmap(function);
	mutex_unlock(&function->lock);
	bw_function_put(function);
}

/*
 * A driver is about to probe the function: make way. What a rule shares can be had again, in the
 * driver's memory type.
 */
static void bw_function_yield(const struct pci_dev *pdev)
{
	struct bw_function *function;

	mutex_lock(&bw_functions_lock);
	function = bw_function_of(pdev);
	if (function)
		kref_get(&function->users);
	mutex_unlock(&bw_functions_lock);
	if (!function)
		return;
	mutex_lock(&function->lock);
	bw_maps_kill(function);
	bw_windows_unmap(function);
	mutex_unlock(&function->lock);
	bw_function_put(function);
}

/*
 * Puts a function into the table, or finds the one that somebody else put there meanwhile. Takes
 * over the reference. NULL: the table is full.
 */
static struct bw_function *bw_function_add(struct bw_function *function)
{
	struct bw_function *found;

	mutex_lock(&bw_functions_lock);
	found = bw_function_find(&function->address);
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

/* Whether the bus still has the function that we watch. */
static bool bw_function_is_there(const struct bw_function *function)
{
	struct pci_dev *pdev = bw_pdev_get(&function->address);

	pci_dev_put(pdev);
	return pdev == function->pdev;
}

static bool bw_is_matched(const struct bw_rules *rules, const struct pci_dev *pdev)
{
	const struct bw_ids ids = bw_ids_of(pdev);
	u32 number;

	for (number = 0; number < rules->count; number++) {
		if (bw_rule_matches(&rules->rules[number], &ids))
			return true;
	}
	return false;
}

/*
 * Puts the function that `pdev` is into the table; takes over its reference. The core may have
 * removed it after it was found and before the table had it, when the core's notice found nothing
 * to forget. If the bus still has it afterwards, that notice is yet to come.
 */
static struct bw_function *bw_function_watch(struct pci_dev *pdev, const struct bw_address *address,
					     u32 *status)
{
	struct bw_function *function = bw_function_new(pdev, address);

	*status = BW_DENIED_LIMIT;
	if (function)
		function = bw_function_add(function);
	if (!function || bw_function_is_there(function))
		return function;
	bw_function_forget(function->pdev);
	bw_function_put(function);
	*status = BW_UNREACHABLE_GONE;
	return NULL;
}

static struct bw_function *bw_function_look_up(const struct bw_rules *rules,
					       const struct bw_address *address, u32 *status)
{
	struct pci_dev *pdev = bw_pdev_get(address);

	*status = BW_UNREACHABLE_GONE;
	if (!pdev)
		return NULL;
	if (bw_is_matched(rules, pdev))
		return bw_function_watch(pdev, address, status);
	pci_dev_put(pdev);
	*status = BW_DENIED_POLICY;
	return NULL;
}

/*
 * The function at the address, with a reference, if a rule matches it or once did; else NULL, and
 * why.
 */
struct bw_function *bw_function_get(const struct bw_rules *rules, const struct bw_address *address,
				    u32 *status)
{
	struct bw_function *function;

	mutex_lock(&bw_functions_lock);
	function = bw_function_find(address);
	mutex_unlock(&bw_functions_lock);
	return function ? function : bw_function_look_up(rules, address, status);
}

/* Nothing stays mapped: the rules are about to be others. */
void bw_functions_unmap(void)
{
	struct bw_function *function;

	mutex_lock(&bw_functions_lock);
	list_for_each_entry(function, &bw_functions, node) {
		mutex_lock(&function->lock);
		bw_maps_kill(function);
		bw_windows_unmap(function);
		mutex_unlock(&function->lock);
	}
	mutex_unlock(&bw_functions_lock);
}

static int bw_bus_event(struct notifier_block *block, unsigned long event, void *device)
{
	switch (event) {
	case BUS_NOTIFY_DEL_DEVICE:
	case BUS_NOTIFY_REMOVED_DEVICE:
		bw_function_forget(to_pci_dev(device));
		return NOTIFY_OK;
	case BUS_NOTIFY_BIND_DRIVER:
		bw_function_yield(to_pci_dev(device));
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block bw_bus_notifier = { .notifier_call = bw_bus_event };

int bw_functions_init(void)
{
	return bus_register_notifier(&pci_bus_type, &bw_bus_notifier);
}

/* No handle is open any more, so no request runs and no mapping lives. */
void bw_functions_exit(void)
{
	struct bw_function *function, *next;

	bus_unregister_notifier(&pci_bus_type, &bw_bus_notifier);
	list_for_each_entry_safe(function, next, &bw_functions, node)
		bw_function_forget(function->pdev);
}
