// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * For the lab only: what the PCI core or a driver does to a function, on demand.
 *
 *   echo "0000:05:00.0 0" > /sys/module/lab_faults/parameters/move    BAR 0 moves within its window, as at a rebalance
 *   echo "0000:05:00.0 3" > /sys/module/lab_faults/parameters/power   into D3hot; 0: back into D0
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>

/* A function and a number, from a text such as "0000:05:00.0 2". The caller puts the function. */
static int parse(const char *text, struct pci_dev **dev, unsigned int *number)
{
	unsigned int domain, bus, slot, function;

	if (sscanf(text, "%x:%x:%x.%x %u", &domain, &bus, &slot, &function, number) != 5)
		return -EINVAL;
	*dev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, function));
	return *dev ? 0 : -ENODEV;
}

/*
 * A placeholder keeps the old range while a new one is chosen. It must not be IORESOURCE_BUSY: claiming a range as a
 * driver does revokes user mappings of it (kernel/resource.c, revoke_iomem), and the old mapping would fault instead of
 * reading what nobody claims.
 */
static int move_bar(struct pci_dev *dev, unsigned int bar)
{
	struct resource *moving = &dev->resource[bar];
	struct resource *parent = moving->parent;
	struct resource placeholder = { .name = "lab_faults" };
	u16 command;
	bool is_held;
	int err;

	if (!parent)
		return -ENOSPC;
	placeholder.start = moving->start;
	placeholder.end = moving->end;
	placeholder.flags = IORESOURCE_MEM;
	pci_read_config_word(dev, PCI_COMMAND, &command);
	pci_write_config_word(dev, PCI_COMMAND, command & ~PCI_COMMAND_MEMORY);
	pci_release_resource(dev, bar);
	is_held = !request_resource(parent, &placeholder);
	err = pci_assign_resource(dev, bar);
	if (is_held)
		release_resource(&placeholder);
	pci_write_config_word(dev, PCI_COMMAND, command);
	return err;
}

static int set_move(const char *text, const struct kernel_param *param)
{
	struct pci_dev *dev;
	unsigned int bar;
	int err = parse(text, &dev, &bar);

	if (err)
		return err;
	err = bar < PCI_STD_NUM_BARS ? move_bar(dev, bar) : -EINVAL;
	pci_dev_put(dev);
	return err;
}

static int set_power(const char *text, const struct kernel_param *param)
{
	struct pci_dev *dev;
	unsigned int state;
	int err = parse(text, &dev, &state);

	if (err)
		return err;
	err = state <= 3 ? pci_set_power_state(dev, (__force pci_power_t)state) : -EINVAL;
	pci_dev_put(dev);
	return err;
}

static const struct kernel_param_ops move_ops = { .set = set_move };
static const struct kernel_param_ops power_ops = { .set = set_power };

module_param_cb(move, &move_ops, NULL, 0200);
MODULE_PARM_DESC(move, "ADDRESS BAR: move the BAR within its window");
module_param_cb(power, &power_ops, NULL, 0200);
MODULE_PARM_DESC(power, "ADDRESS STATE: set the power state, 0 to 3");

MODULE_DESCRIPTION("Failures on demand, for barwatch's lab");
MODULE_LICENSE("GPL");
