/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernel headers differ between Debian 12 (6.1) and now. Kbuild looks at the headers, not at
 * their version.
 */
#ifndef BARWATCH_COMPAT_H
#define BARWATCH_COMPAT_H

#include <linux/mm.h>
#include <linux/pm_runtime.h>

/*
 * Keeps an active device active: above zero. Zero: it is not active. Below: it has no runtime power
 * management.
 */
static inline int bw_pm_hold(struct device *device)
{
#ifdef BW_HAS_PM_USAGE_ARGUMENT
	return pm_runtime_get_if_active(device, true);
#else
	return pm_runtime_get_if_active(device);
#endif
}

static inline void bw_vm_flags(struct vm_area_struct *vma, unsigned long set, unsigned long clear)
{
#ifdef BW_HAS_VM_FLAGS_MOD
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

#endif
