/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the Linux driver, and which lock protects what.
 *
 * Locks, outermost first:
 *	mmap_lock		(the kernel's; held when a mapping faults)
 *	bw_handle.lock		the mappings of one handle
 *	bw_policy_lock		the policy; shared while it is asked, exclusive while one is loaded
 *	bw_functions_lock	the table of functions
 *	bw_function.lock	one function: held around every look at it and every load from it
 *	i_mmap_rwsem		(the kernel's; taken to kill mappings)
 * No memory of a user is touched under any of ours: it could fault, and a fault takes mmap_lock.
 */
#ifndef BARWATCH_H
#define BARWATCH_H

#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/kref.h>
#include <linux/pci.h>
#include <linux/xarray.h>

#include "bw_info.h"
#include "bw_policy.h"

#ifdef CONFIG_64BIT
#define BW_WIDTHS (1 | 2 | 4 | 8)
#else
#define BW_WIDTHS (1 | 2 | 4)
#endif

#ifdef BARWATCH_WRITE
#define BW_RIGHTS \
	(BW_RIGHT_READ | BW_RIGHT_MAP | BW_RIGHT_CONFIG | BW_RIGHT_SHARED | BW_RIGHT_WRITE)
#else
#define BW_RIGHTS (BW_RIGHT_READ | BW_RIGHT_MAP | BW_RIGHT_CONFIG | BW_RIGHT_SHARED)
#endif

/* One open of the device. */
struct bw_handle {
	struct file *file;	/* constant */
	struct mutex lock;	/* protects maps and map_count; see above */
	struct xarray maps;	/* number -> struct bw_mapping */
	/* numbers go up, so that a killed mapping's is not soon another's */
	u32 last_number;
	unsigned int map_count;
};

/* The rules in force. Constant once published; protected by bw_policy_lock. */
struct bw_rules {
	u64 digest;
	u64 serial;		/* another number for each policy loaded */
	u32 count;
	struct bw_rule rules[];
};

/* Where a BAR is, as one consistent picture of its struct resource. */
struct bw_place {
	u64 start;		/* CPU address */
	u64 length;
	unsigned long flags;	/* IORESOURCE_...; zero: no such BAR */
	bool is_assigned;
};

/* A BAR as it was last found. */
struct bw_seen_bar {
	struct bw_place place;
	u64 generation;
};

/* One function that a rule matches. */
struct bw_function {
	struct list_head node;		/* in the table, or empty; bw_functions_lock */
	struct kref users;
	struct pci_dev *pdev;		/* constant; a reference */
	struct bw_address address;	/* constant */
	struct bw_ids ids;		/* constant */

	struct mutex lock;		/* protects all that follows */
	bool is_gone;			/* removed: nothing but this field means anything */
	/* root first, the function last; they live as long as !is_gone */
	struct pci_dev *route[BW_ROUTE_MAX];
	unsigned int route_length;	/* zero: not walked yet */
	struct bw_seen_bar bars[BW_BARS_PER_FUNCTION];
	/* page number -> ioremap()ed page; marked: for this visit only */
	struct xarray windows;
	unsigned int window_count;
	void __iomem *recent;		/* the window asked for last; NULL: none */
	unsigned long recent_page;
	struct list_head maps;		/* struct bw_mapping, living */
	u64 serial;			/* of the policy that matching is about */
	u16 matching[BW_RULES_MAX];	/* numbers of the rules that match */
	u32 matching_count;
	u32 last_rule;			/* where the next search begins */
	unsigned int slow;		/* slow reads running */
	u64 rests_until_ns;		/* no loads before; zero: not resting */
};

/*
 * One function entered: locked, and what may be touched found out. Going to another function leaves
 * the first, so a batch sorted by function looks at each route once.
 */
struct bw_visit {
	const struct bw_rules *rules;	/* NULL: no policy */
	struct bw_function *function;	/* locked and referenced; NULL: none */
	struct bw_address address;	/* of the function, entered or refused */
	/* address and refused are about the last function asked for */
	bool is_known;
	u32 refused;			/* why the function was not entered */
	u32 blocked;			/* why nothing from route[touchable] on may be touched */
	unsigned int touchable;		/* entries of the route, root first, that may be touched */
	bool is_locked_down;		/* the kernel is: no register is read, mapped or written */
	u64 tally[BW_OUTCOME_WRONG + 1]; /* items by outcome */
	/* entries of the route, as bits, that we keep from being suspended */
	u32 awake;
};

/* One register, ready for a load: valid until the next one is looked up. */
struct bw_window {
	void __iomem *where;
	u64 generation;
	u32 width;
};

/* barwatch_main.c */
extern atomic64_t bw_counters[BW_COUNTERS];
bool bw_is_locked_down(void);
bool bw_is_administrator(const struct bw_handle *handle);

/* Whether a reset or a self-test keeps everybody out. */
static inline bool bw_is_blocked(const struct pci_dev *pdev)
{
	/* Changed under the PCI core's own lock: the answer is old whenever it is had. */
	return data_race(!!pdev->block_cfg_access);
}

/* barwatch_batch.c */
int bw_errno(enum bw_refusal refusal);
int bw_batch_judge(const struct bw_batch *batch, u32 first);
void *bw_items_take(const void __user *from, u32 count, u32 item_size, size_t known);
int bw_items_give(void __user *to, const void *items, u32 count, u32 item_size, size_t known);

/* barwatch_policy.c */
const struct bw_rules *bw_policy_begin(void);
void bw_policy_end(void);
void bw_policy_describe(struct bw_info *info);
void bw_policy_exit(void);
int bw_policy_load(struct bw_handle *handle, void *request, void __user *items);

/* barwatch_table.c */
struct bw_function *bw_table_find(const struct bw_address *address);
struct bw_function *bw_table_find_pdev(const struct pci_dev *pdev);
struct bw_function *bw_table_add(struct bw_function *function);
struct bw_function *bw_table_first(void);
void bw_table_remove(struct bw_function *function);
void bw_table_unmap(void);

/* barwatch_function.c */
int bw_functions_init(void);
void bw_functions_exit(void);
struct bw_function *bw_function_get(const struct bw_rules *rules, const struct bw_address *address,
				    u32 *status);
void bw_function_put(struct bw_function *function);
void bw_function_unmap(struct bw_function *function);

/* barwatch_bar.c */
void bw_bar_look(struct bw_function *function, u32 bar);
void __iomem *bw_window(struct bw_function *function, u64 at, bool is_passing);
void bw_windows_unmap(struct bw_function *function);
void bw_windows_unmap_passing(struct bw_function *function);

/* barwatch_route.c */
u32 bw_route_walk(struct bw_function *function);
void bw_route_enter(struct bw_visit *visit);
void bw_route_leave(const struct bw_function *function, u32 *awake);

/* barwatch_visit.c */
void bw_visit_begin(struct bw_visit *visit);
void bw_visit_count(struct bw_visit *visit, u32 status);
u32 bw_visit_function(struct bw_visit *visit, const struct bw_address *address);
u32 bw_visit_granted(struct bw_visit *visit, const struct bw_access *access);
u32 bw_visit_bar(struct bw_visit *visit, const struct bw_access *access, struct bw_seen_bar *found);
u32 bw_visit_register(struct bw_visit *visit, const struct bw_access *access,
		      struct bw_window *window);
u32 bw_visit_rests(struct bw_visit *visit);
void bw_visit_took(struct bw_visit *visit, u64 duration_ns, bool is_ones);
void bw_visit_end(struct bw_visit *visit);

/* barwatch_read.c */
u64 bw_load(const struct bw_window *window);
int bw_read_batch(struct bw_handle *handle, void *request, void __user *items);

/* barwatch_config.c */
int bw_config_batch(struct bw_handle *handle, void *request, void __user *items);
int bw_bars_tell(struct bw_handle *handle, void *request, void __user *items);

/* barwatch_map.c */
int bw_map_make(struct bw_handle *handle, void *request, void __user *items);
int bw_map_mmap(struct file *file, struct vm_area_struct *vma);
void bw_maps_kill(struct bw_function *function);
void bw_maps_release(struct bw_handle *handle);

#ifdef BARWATCH_WRITE
int bw_write_register(struct bw_handle *handle, void *request, void __user *items);
#endif
#ifdef BARWATCH_BENCH
int bw_bench_loop(struct bw_handle *handle, void *request, void __user *items);
#endif

#endif
