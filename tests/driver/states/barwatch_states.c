// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * For tests of the driver only: what the PCI core believes of a function, set without touching it.
 *
 *   echo "0000:05:00.0 channel 3" >/sys/module/barwatch_states/parameters/believe
 *
 *	channel N	pci_channel_state_t: 1 normal, 2 frozen, 3 gone for good
 *	power N		pci_power_t: 0 D0, 3 D3hot, 4 D3cold
 *	runtime N	enum rpm_status: 0 active, 1 resuming, 2 suspended, 3 suspending
 *	blocked N	1: configuration accesses of user space wait; 0: they may go on
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

static void set_runtime(struct device *device, unsigned int number)
{
	/* As the core would have it in the middle of a change, which takes too short a time to meet. */
	spin_lock_irq(&device->power.lock);
	device->power.runtime_status = number;
	spin_unlock_irq(&device->power.lock);
}

static int believe(struct pci_dev *pdev, const char *field, unsigned int number)
{
	if (!strcmp(field, "channel")) {
		pdev->error_state = (__force pci_channel_state_t)number;
	} else if (!strcmp(field, "power")) {
		pdev->current_state = (__force pci_power_t)number;
	} else if (!strcmp(field, "runtime")) {
		set_runtime(&pdev->dev, number);
	} else if (!strcmp(field, "blocked")) {
		if (number)
			pci_cfg_access_lock(pdev);
		else
			pci_cfg_access_unlock(pdev);
	} else {
		return -EINVAL;
	}
	return 0;
}

static int set_believe(const char *text, const struct kernel_param *param)
{
	unsigned int domain, bus, slot, function, number;
	struct pci_dev *pdev;
	char field[8];
	int err;

	if (sscanf(text, "%x:%x:%x.%x %7s %u", &domain, &bus, &slot, &function, field, &number) != 6)
		return -EINVAL;
	pdev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, function));
	if (!pdev)
		return -ENODEV;
	err = believe(pdev, field, number);
	pci_dev_put(pdev);
	return err;
}

static const struct kernel_param_ops believe_ops = { .set = set_believe };

module_param_cb(believe, &believe_ops, NULL, 0200);
MODULE_PARM_DESC(believe, "ADDRESS FIELD NUMBER: what the core is to believe");

MODULE_DESCRIPTION("States on demand, for tests of barwatch's driver");
MODULE_LICENSE("GPL");
