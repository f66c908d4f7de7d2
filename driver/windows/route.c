// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * What of a route may be touched now. Windows tells a driver about its own stack only, so a bridge
 * is known where the driver is on the bridge's stack, too; the others are not asked.
 */

#include "barwatch.h"

#define BW_CAPABILITIES 0x34		/* PCIe Base Spec 6.0, 7.5.1.1.11 */
#define BW_CAPABILITY_EXPRESS 0x10
#define BW_LINK_CAPABILITIES 0x0c	/* 7.5.3.6 */
#define BW_LINK_REPORTS_ACTIVE 0x100000
#define BW_LINK_STATUS 0x12		/* 7.5.3.8 */
#define BW_LINK_IS_ACTIVE 0x2000

/* Finds the bridges above route[0], as far up as the driver is on their stacks. No lock is held. */
void bw_route_walk(struct bw_visit *visit)
{
	struct bw_address address = visit->address;
	struct bw_function *bridge;

	while (visit->route_length < BW_ROUTE_MAX && (bridge = bw_table_find_bridge(&address)))
		visit->route[visit->route_length++] = bridge;
}

/* What Windows told of an entry of the route. */
static __u32 bw_route_presence(const struct bw_function *function)
{
	if (function->is_gone)
		return BW_UNREACHABLE_GONE;
	if (function->is_surprised)
		return BW_UNREACHABLE_DISCONNECTED;
	return function->is_started ? BW_OK : BW_UNREACHABLE_BLOCKED;
}

/* Where the PCI Express Capability is; zero: nowhere (PCIe Base Spec 6.0, 7.5.1.1.11). */
static __u32 bw_route_express(struct bw_function *bridge)
{
	__u32 at, head, left;

	if (bw_bus_load(bridge, BW_CAPABILITIES, 1, &at))
		return 0;
	for (left = 48; left > 0 && at >= 0x40; left--) {
		if (bw_bus_load(bridge, at & 0xfc, 2, &head))
			return 0;
		if ((head & 0xff) == BW_CAPABILITY_EXPRESS)
			return at & 0xfc;
		at = head >> 8;
	}
	return 0;
}

/* Whether a bridge says that its link is down, or says nothing any more. */
static bool bw_route_is_cut(struct bw_function *bridge)
{
	__u32 express = bw_route_express(bridge);
	__u32 capabilities, status;

	if (!express || bw_bus_load(bridge, express + BW_LINK_CAPABILITIES, 4, &capabilities) ||
	    !(capabilities & BW_LINK_REPORTS_ACTIVE))
		return false;
	return bw_bus_load(bridge, express + BW_LINK_STATUS, 2, &status) || status == 0xffff ||
	       !(status & BW_LINK_IS_ACTIVE);
}

/* Why a bridge may not be asked for its own configuration. */
static __u32 bw_route_touch(struct bw_function *bridge)
{
	__u32 status;

	bw_lock(&bridge->lock);
	status = bw_route_presence(bridge);
	if (status == BW_UNREACHABLE_GONE)
		status = BW_UNREACHABLE_DISCONNECTED;
	if (!status && bw_power_judge(bridge))
		status = BW_UNREACHABLE_BRIDGE_ASLEEP;
	bw_unlock(&bridge->lock);
	return status;
}

/* Why a bridge that may be asked passes nothing on: it does so in D0 only (5.3.1.4.1). */
static __u32 bw_route_forward(struct bw_function *bridge)
{
	__u32 status = BW_OK;

	bw_lock(&bridge->lock);
	if (bridge->power != PowerDeviceD0)
		status = BW_UNREACHABLE_BRIDGE_ASLEEP;
	else if (bw_route_is_cut(bridge))
		status = BW_UNREACHABLE_LINK_DOWN;
	bw_unlock(&bridge->lock);
	return status;
}

/*
 * Whether the function below still answers with its vendor: where no bridge can say that the link
 * is down, it is the only witness. Ports that report their link wrongly are overruled by it, too.
 */
static bool bw_route_answers(struct bw_function *function)
{
	__u32 vendor;

	return !bw_bus_load(function, 0, 2, &vendor) && vendor == function->ids.vendor;
}

static bool bw_route_overrules(struct bw_function *bridge)
{
	bool answers;

	bw_lock(&bridge->lock);
	answers = bw_route_answers(bridge);
	bw_unlock(&bridge->lock);
	return answers;
}

/* Whether route[index], a bridge, passes requests on to what is below it. */
static __u32 bw_route_step(struct bw_visit *visit, __u32 index)
{
	struct bw_function *below = visit->route[index - 1];
	__u32 status = bw_route_forward(visit->route[index]);

	if (status != BW_UNREACHABLE_LINK_DOWN)
		return status;
	/* The function is locked already. */
	if (index == 1 ? bw_route_answers(below) : bw_route_overrules(below))
		return BW_OK;
	return status;
}

static __u32 bw_route_function(struct bw_function *function)
{
	__u32 status = bw_route_presence(function);

	if (!status)
		status = bw_power_judge(function);
	if (!status && !bw_route_answers(function))
		status = BW_UNREACHABLE_LINK_DOWN;
	return status;
}

/* Finds out how far down things may be touched. The function, route[0], is locked. */
void bw_route_judge(struct bw_visit *visit)
{
	visit->blocked = BW_OK;
	visit->touchable = visit->route_length;
	while (visit->touchable > 1) {
		visit->blocked = bw_route_touch(visit->route[visit->touchable - 1]);
		if (visit->blocked)
			return;
		visit->touchable--;
		visit->blocked = bw_route_step(visit, visit->touchable);
		if (visit->blocked)
			return;
	}
	visit->blocked = bw_route_function(visit->route[0]);
	if (!visit->blocked)
		visit->touchable = 0;
}
