// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions that the policy is about: found by address, watched until they are removed.
 *
 * A function is in the table from the first request that names it until the PCI core removes it.
 * The core tells us before it frees the function's addresses (BUS_NOTIFY_DEL_DEVICE,
 * BUS_NOTIFY_REMOVED_DEVICE), and waits: once we have answered, nothing of ours refers to them any
 * more.
 *
 * The core calls us with the rescan lock held (removal) or the function's device_lock (a driver
 * binds), and we take bw_function.lock. So nobody who holds that may wait for either of them, or
 * for anybody who may: no pci_user_read_config_*(), no synchronous runtime PM, no rescan lock.
 */

#include <linux/slab.h>

#include "barwatch.h"

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

/* Nothing of the function stays mapped, neither for processes nor for us. */
void bw_function_unmap(struct bw_function *function)
{
	lockdep_assert_held(&function->lock);
	bw_maps_kill(function);
	bw_windows_unmap(function);
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

/* Ready for the table. Takes over the reference to `pdev`. */
static struct bw_function *bw_function_new(struct pci_dev *pdev, const struct bw_address *address)
{
	struct bw_function *function = kzalloc(sizeof(*function), GFP_KERNEL);

	if (!function) {
		pci_dev_put(pdev);
		return NULL;
	}
	INIT_LIST_HEAD(&function->node);
	kref_init(&function->users);
	mutex_init(&function->lock);
	xa_init(&function->windows);
	INIT_LIST_HEAD(&function->maps);
	function->pdev = pdev;
	function->address = *address;
	function->ids = bw_ids_of(pdev);
	return function;
}

/* When this returns, nothing refers to the function's addresses, and nothing will. */
static void bw_function_forget(struct bw_function *function)
{
	bw_table_remove(function);
	mutex_lock(&function->lock);
	function->is_gone = true;
	bw_function_unmap(function);
	mutex_unlock(&function->lock);
}

/*
 * A driver is about to probe the function: make way. What a rule shares can be had again, in the
 * driver's memory type.
 */
static void bw_function_yield(struct bw_function *function)
{
	mutex_lock(&function->lock);
	bw_function_unmap(function);
	mutex_unlock(&function->lock);
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
		function = bw_table_add(function);
	if (!function || bw_function_is_there(function))
		return function;
	bw_function_forget(function);
	bw_function_put(function);
	*status = BW_UNREACHABLE_GONE;
	return NULL;
}

/*
 * The function at the address, with a reference, if a rule matches it or once did; else NULL, and
 * why.
 */
struct bw_function *bw_function_get(const struct bw_rules *rules, const struct bw_address *address,
				    u32 *status)
{
	struct bw_function *function = bw_table_find(address);
	struct pci_dev *pdev;

	if (function)
		return function;
	*status = BW_UNREACHABLE_GONE;
	pdev = bw_pdev_get(address);
	if (!pdev)
		return NULL;
	if (bw_is_matched(rules, pdev))
		return bw_function_watch(pdev, address, status);
	pci_dev_put(pdev);
	*status = BW_DENIED_POLICY;
	return NULL;
}

static int bw_bus_event(struct notifier_block *block, unsigned long event, void *device)
{
	void (*answer)(struct bw_function *function);
	struct bw_function *function;

	switch (event) {
	case BUS_NOTIFY_DEL_DEVICE:
	case BUS_NOTIFY_REMOVED_DEVICE:
		answer = bw_function_forget;
		break;
	case BUS_NOTIFY_BIND_DRIVER:
		answer = bw_function_yield;
		break;
	default:
		return NOTIFY_DONE;
	}
	function = bw_table_find_pdev(to_pci_dev(device));
	if (!function)
		return NOTIFY_DONE;
	answer(function);
	bw_function_put(function);
	return NOTIFY_OK;
}

static struct notifier_block bw_bus_notifier = { .notifier_call = bw_bus_event };

int bw_functions_init(void)
{
	return bus_register_notifier(&pci_bus_type, &bw_bus_notifier);
}

/* No handle is open any more, so no request runs and no mapping lives. */
void bw_functions_exit(void)
{
	struct bw_function *function;

	bus_unregister_notifier(&pci_bus_type, &bw_bus_notifier);
	while ((function = bw_table_first())) {
		bw_function_forget(function);
		bw_function_put(function);
	}
}
