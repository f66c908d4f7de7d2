// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of a route may be touched now, without waking and without hanging anything.
 *
 * A read below a port whose link is down, or of a function without power, can cost a completion
 * timeout for each load, or wake what was put to sleep on purpose. So the route is asked from the
 * root port down, and nothing below the first entry that does not forward requests is touched. What
 * answers is held awake until the visit ends; what sleeps is left asleep.
 */

#include <linux/pci.h>

#include "barwatch.h"
#include "barwatch_compat.h"

static bool bw_is_function(const struct bw_function *function, unsigned int index)
{
	return index + 1 == function->route_length;
}

/*
 * Finds the bridges above a function. It is on its bus, and removal waits for the lock that is
 * held: so are they.
 */
u32 bw_route_walk(struct bw_function *function)
{
	unsigned int length = 1;
	struct pci_dev *pdev;

	if (function->route_length)
		return BW_OK;
	for (pdev = pci_upstream_bridge(function->pdev); pdev; pdev = pci_upstream_bridge(pdev))
		length++;
	if (length > BW_ROUTE_MAX)
		return BW_DENIED_LIMIT;
	function->route_length = length;
	for (pdev = function->pdev; pdev; pdev = pci_upstream_bridge(pdev))
		function->route[--length] = pdev;
	return BW_OK;
}

/* What the OS knows of an entry of the route, whatever its power state. */
static u32 bw_route_presence(struct pci_dev *pdev)
{
	pci_channel_state_t state = READ_ONCE(pdev->error_state);

	if (state == pci_channel_io_perm_failure)
		return BW_UNREACHABLE_DISCONNECTED;
	if (state != pci_channel_io_normal)
		return BW_UNREACHABLE_RECOVERING;
	return bw_is_blocked(pdev) ? BW_UNREACHABLE_BLOCKED : BW_OK;
}

/*
 * Whether an entry of the route may be asked for its configuration. In D3hot it answers; in D3cold
 * it would have to wake.
 */
static u32 bw_route_touch(struct bw_visit *visit, unsigned int index)
{
	struct pci_dev *pdev = visit->function->route[index];
	bool is_function = bw_is_function(visit->function, index);
	u32 status = bw_route_presence(pdev);
	int held;

	if (status)
		return status;
	held = bw_pm_hold(&pdev->dev);
	if (held > 0)
		visit->awake |= BIT(index);
	else if (held == 0 && !pm_runtime_suspended(&pdev->dev))
		return is_function ? BW_UNREACHABLE_POWER_CHANGING : BW_UNREACHABLE_BRIDGE_ASLEEP;
	if (READ_ONCE(pdev->current_state) == PCI_D3cold)
		return is_function ? BW_UNREACHABLE_D3COLD : BW_UNREACHABLE_BRIDGE_ASLEEP;
	return BW_OK;
}

/*
 * Whether a bridge that may be touched passes requests on. Asleep it does not: only in D0 (PCIe
 * 6.0, 5.3.1.4.1).
 */
static u32 bw_route_forward(struct pci_dev *bridge)
{
	pci_power_t state = READ_ONCE(bridge->current_state);

	if (pm_runtime_suspended(&bridge->dev) || (state != PCI_D0 && state != PCI_UNKNOWN))
		return BW_UNREACHABLE_BRIDGE_ASLEEP;
	return BW_OK;
}

static bool bw_route_reports_link(struct pci_dev *port)
{
	switch (pci_pcie_type(port)) {
	case PCI_EXP_TYPE_ROOT_PORT:
	case PCI_EXP_TYPE_DOWNSTREAM:
	case PCI_EXP_TYPE_PCIE_BRIDGE:
		return port->link_active_reporting;
	default:
		return false;
	}
}

/*
 * Whether the link below a port is up, where the port can say (PCIe 6.0, 7.5.3.6: Data Link Layer
 * Link Active Reporting). Ports of virtual machines say no and are wrong, so the function below has
 * the last word: a port whose link is down answers for it at once, with all ones.
 */
static u32 bw_route_link(struct pci_dev *port, struct pci_dev *below)
{
	u16 status, vendor;

	if (!bw_route_reports_link(port))
		return BW_OK;
	if (pcie_capability_read_word(port, PCI_EXP_LNKSTA, &status) || status == (u16)~0)
		return BW_UNREACHABLE_LINK_DOWN;
	if (status & PCI_EXP_LNKSTA_DLLLA)
		return BW_OK;
	/* A virtual function has no vendor of its own (PCIe 6.0, 9.3.4.1.1). */
	below = pci_physfn(below);
	if (pci_read_config_word(below, PCI_VENDOR_ID, &vendor) || vendor != below->vendor)
		return BW_UNREACHABLE_LINK_DOWN;
	return BW_OK;
}

/* Whether an entry may be touched, those above it having passed. */
static u32 bw_route_step(struct bw_visit *visit, unsigned int index)
{
	struct pci_dev **route = visit->function->route;
	u32 status = BW_OK;

	if (index > 0)
		status = bw_route_forward(route[index - 1]);
	if (!status)
		status = bw_route_touch(visit, index);
	if (!status && index > 0)
		status = bw_route_link(route[index - 1], route[index]);
	return status;
}

/* Finds out how far down things may be touched, and keeps what is awake from falling asleep. */
void bw_route_enter(struct bw_visit *visit)
{
	visit->touchable = 0;
	visit->blocked = BW_OK;
	while (visit->touchable < visit->function->route_length && !visit->blocked) {
		visit->blocked = bw_route_step(visit, visit->touchable);
		if (!visit->blocked)
			visit->touchable++;
	}
}

/* Lets everything sleep again that wants to. `awake`: entries of the route, as bits. */
void bw_route_leave(const struct bw_function *function, u32 *awake)
{
	unsigned int index;

	for (index = 0; *awake; index++) {
		if (*awake & BIT(index))
			pm_runtime_put(&function->route[index]->dev);
		*awake &= ~BIT(index);
	}
}
