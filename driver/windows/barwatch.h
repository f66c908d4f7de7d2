/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The parts of the Windows driver, and which lock protects what.
 *
 * Locks, outermost first:
 *	bw_handle.lock		the mappings of one handle
 *	bw_policy_lock		the policy; shared while it is asked, exclusive while one is loaded
 *	bw_functions_lock	the table of functions
 *	bw_function.lock	one function, then the bridges above it: bus numbers go down
 *	bw_function.power_lock	its power state: held around every access, at DISPATCH_LEVEL
 *
 * All but the last leave the thread at PASSIVE_LEVEL (see bw_lock). Everything of the driver's runs
 * at PASSIVE_LEVEL, except power.c and what it calls. No code or data is pageable: a bridge may be
 * on the way to the page file.
 */
#ifndef BARWATCH_H
#define BARWATCH_H

#include "kernel.h"
#include "bw_place.h"

#define BW_POOL_TAG 'hctB'	/* "Btch" in a dump */
#define BW_WIDTHS (1 | 2 | 4 | 8)
#define BW_WINDOWS_MAX 64	/* mapped pages of one function */

#ifdef BARWATCH_WRITE
#define BW_RIGHTS \
	(BW_RIGHT_READ | BW_RIGHT_MAP | BW_RIGHT_CONFIG | BW_RIGHT_SHARED | BW_RIGHT_WRITE)
#define BW_PROTECTION (PAGE_READWRITE | PAGE_NOCACHE)
#else
#define BW_RIGHTS (BW_RIGHT_READ | BW_RIGHT_MAP | BW_RIGHT_CONFIG | BW_RIGHT_SHARED)
#define BW_PROTECTION (PAGE_READONLY | PAGE_NOCACHE)
#endif

/* One open of the control device. */
struct bw_handle {
	PEPROCESS process;	/* constant; who opened it; a reference */
	FAST_MUTEX lock;	/* protects maps and map_count */
	LIST_ENTRY maps;	/* struct bw_mapping.of_handle */
	ULONG map_count;
};

/* The rules in force. Constant once published; protected by bw_policy_lock. */
struct bw_rules {
	__u64 digest;
	__u64 serial;		/* another number for each policy loaded */
	__u32 count;
	struct bw_rule rules[BW_RULES_MAX];
};

/* A page of a BAR that the kernel has mapped. */
struct bw_window {
	__u8 *where;		/* NULL: none */
	__u64 page;		/* its number: CPU address / PAGE_SIZE */
	bool is_passing;	/* for this visit only */
};

/* A BAR as Windows assigned it last. */
struct bw_seen_bar {
	struct bw_place place;
	__u64 generation;
};

/* One function whose stack the driver is on. Outlives its device: mappings refer to it. */
struct bw_function {
	LIST_ENTRY node;		/* in the table, or empty; bw_functions_lock */
	LONG users;			/* interlocked */
	/* written with bw_functions_lock and lock held */
	struct bw_address address;
	__u8 secondary_bus;		/* of a bridge: the bus below it; else zero */
	bool is_listed;			/* in the table */

	FAST_MUTEX lock;		/* protects all that follows, but for power */
	struct bw_ids ids;
	bool is_gone;			/* removed; not another field means anything then */
	bool is_surprised;		/* and Windows says: unplugged */
	bool is_started;		/* Windows assigned addresses, and did not take them back */
	PDEVICE_OBJECT filter;		/* ours, in its stack; NULL: is_gone */
	BUS_INTERFACE_STANDARD bus;	/* GetBusData is NULL: not to be had */
	struct bw_seen_bar bars[BW_BARS_PER_FUNCTION];
	struct bw_window windows[BW_WINDOWS_MAX];
	LIST_ENTRY maps;		/* struct bw_mapping.of_function, living */
	__u64 serial;			/* of the policy that matching is about */
	__u16 matching[BW_RULES_MAX];	/* numbers of the rules that match */
	__u32 matching_count;
	__u32 last_rule;		/* where the next search begins */
	__u32 slow;			/* slow accesses running */
	__u64 rests_until_ns;		/* no access before; zero: not resting */

	KSPIN_LOCK power_lock;		/* protects power and is_waking */
	DEVICE_POWER_STATE power;
	bool is_waking;			/* on the way to D0 */
};

/* What the driver adds to each function's stack. */
struct bw_filter {
	PDEVICE_OBJECT self;		/* constant, as are the others */
	PDEVICE_OBJECT lower;
	PDEVICE_OBJECT pdo;
	struct bw_function *function;	/* a reference */
	IO_REMOVE_LOCK remove_lock;
};

/*
 * One function entered: locked, and what may be touched found out. Going to another function leaves
 * the first, so a batch sorted by function looks at each route once.
 */
struct bw_visit {
	const struct bw_rules *rules;	/* NULL: no policy */
	PIRP irp;			/* of the caller, who may give up */
	/* the function, locked, and the bridges above it; references */
	struct bw_function *route[BW_ROUTE_MAX];
	__u32 route_length;		/* zero: no function is entered */
	/* route[touchable] and what is above it may be touched; below, `blocked` says why not */
	__u32 touchable;
	__u32 blocked;
	/* address and refused are about the last function asked for */
	struct bw_address address;
	bool is_known;
	__u32 refused;			/* why the function was not entered */
	__u64 tally[BW_OUTCOME_WRONG + 1]; /* items by outcome */
};

/* One register, ready for an access: valid until the next one is looked up. */
struct bw_register {
	struct bw_function *function;
	__u8 *where;
	__u64 generation;
	__u32 width;
};

/* One call of DeviceIoControl, as the dispatcher understood it. */
struct bw_call {
	struct bw_handle *handle;
	PIRP irp;
	void *request;		/* a copy of the struct, as this version knows it; goes back */
	__u8 *items;		/* what follows the struct, in the caller's buffer */
	__u64 items_room;	/* bytes there, for the way in and the way out */
	__u64 items_used;	/* bytes of them that go back */
};

/* lock.c */
void bw_lock(PFAST_MUTEX mutex);
void bw_unlock(PFAST_MUTEX mutex);

/* pool.c */
PVOID bw_allocate(SIZE_T size);

/* info.c */
extern volatile LONG64 bw_counters[BW_COUNTERS];
LONG64 bw_count(enum bw_counter counter, LONG64 by);
NTSTATUS bw_info_tell(struct bw_call *call);

/* irp.c */
NTSTATUS bw_complete(PIRP irp, NTSTATUS status, ULONG_PTR information);

/* driver.c */
DRIVER_INITIALIZE DriverEntry;

/* security.c */
NTSTATUS bw_secure(PDEVICE_OBJECT device);
bool bw_is_administrator(void);

/* control.c */
void bw_control_init(PDRIVER_OBJECT driver);
void bw_control_exit(void);
bool bw_control_is_there(void);
bool bw_is_control(const DEVICE_OBJECT *device);
struct bw_handle *bw_handle_of(PIRP irp);
DRIVER_DISPATCH bw_control_create;
DRIVER_DISPATCH bw_control_cleanup;
DRIVER_DISPATCH bw_control_close;

/* command.c */
DRIVER_DISPATCH bw_control_command;

/* batch.c */
NTSTATUS bw_status_of(enum bw_refusal refusal);
NTSTATUS bw_items_judge(struct bw_call *call, __u32 count, __u32 item_size, __u32 known);
NTSTATUS bw_batch_judge(struct bw_call *call, __u32 first, __u32 known);
void bw_item_take(const struct bw_call *call, __u32 item_size, __u32 number, void *item,
		  __u32 known);
void bw_item_give(struct bw_call *call, __u32 item_size, __u32 number, const void *item,
		  __u32 known);

/* policy.c */
bool bw_policy_init(PUNICODE_STRING registry_path);
void bw_policy_exit(void);
const struct bw_rules *bw_policy_begin(void);
void bw_policy_end(void);
void bw_policy_describe(struct bw_info *info);
NTSTATUS bw_policy_load(struct bw_call *call);
NTSTATUS bw_policy_take(struct bw_policy *policy, const __u8 *items, __u64 room);

/* registry.c */
void bw_registry_policy(PUNICODE_STRING registry_path);

/* filter.c */
DRIVER_ADD_DEVICE bw_filter_add;
void bw_filter_delete(struct bw_filter *filter);
NTSTATUS bw_filter_wait(struct bw_filter *filter, PIRP irp);
DRIVER_DISPATCH bw_filter_pass;

/* pnp.c */
DRIVER_DISPATCH bw_filter_pnp;

/* power.c */
DRIVER_DISPATCH bw_filter_power;
void bw_power_started(struct bw_function *function);
__u32 bw_power_judge(const struct bw_function *function);
__u32 bw_power_enter(struct bw_function *function, PKIRQL irql);
void bw_power_leave(struct bw_function *function, KIRQL irql);

/* resources.c */
__u32 bw_ranges_of(const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated,
		   struct bw_range *ranges);

/* function.c */
struct bw_function *bw_function_new(PDEVICE_OBJECT filter);
void bw_function_get(struct bw_function *function);
void bw_function_put(struct bw_function *function);
bool bw_function_is_up(const struct bw_function *function);
void bw_function_unmap(struct bw_function *function);
void bw_function_start(struct bw_filter *filter, const CM_RESOURCE_LIST *raw,
		       const CM_RESOURCE_LIST *translated);
void bw_function_renumber(struct bw_function *function);
void bw_function_stop(struct bw_function *function);
void bw_function_surprise(struct bw_function *function);
void bw_function_forget(struct bw_function *function);

/* table.c */
void bw_table_init(void);
void bw_table_exit(void);
bool bw_is_at(const struct bw_address *one, const struct bw_address *other);
struct bw_function *bw_table_find(const struct bw_address *address);
struct bw_function *bw_table_find_bridge(struct bw_address *address);
void bw_table_add(struct bw_function *function, const struct bw_address *address,
		  __u8 secondary_bus);
void bw_table_renumber(struct bw_function *bridge, __u8 secondary_bus);
void bw_table_unmap(PEPROCESS process);

/* bus.c */
NTSTATUS bw_bus_ask(PDEVICE_OBJECT lower, BUS_INTERFACE_STANDARD *bus);
__u32 bw_bus_load(struct bw_function *function, __u32 offset, __u32 width, __u32 *value);

/* bar.c */
__u8 *bw_window(struct bw_function *function, __u64 at, bool is_passing);
void bw_windows_unmap(struct bw_function *function, bool only_passing);
void bw_bars_place(struct bw_function *function, const struct bw_place *places);

/* route.c */
void bw_route_walk(struct bw_visit *visit);
void bw_route_judge(struct bw_visit *visit);

/* visit.c */
__u64 bw_now_ns(void);
void bw_visit_begin(struct bw_visit *visit, PIRP irp);
void bw_visit_end(struct bw_visit *visit);
bool bw_visit_is_over(const struct bw_visit *visit);
void bw_visit_count(struct bw_visit *visit, __u32 status);
__u32 bw_visit_function(struct bw_visit *visit, const struct bw_address *address);
__u32 bw_visit_granted(struct bw_visit *visit, const struct bw_access *access);
__u32 bw_visit_bar(struct bw_visit *visit, const struct bw_access *access,
		   struct bw_seen_bar *found);
__u32 bw_visit_register(struct bw_visit *visit, const struct bw_access *access,
			struct bw_register *found);
__u32 bw_visit_rests(struct bw_visit *visit);
void bw_visit_took(struct bw_visit *visit, __u64 duration_ns, bool is_ones);

/* read.c */
__u32 bw_load(const struct bw_register *from, __u64 *value, __u64 *duration_ns);
NTSTATUS bw_read_batch(struct bw_call *call);

/* config.c */
NTSTATUS bw_config_batch(struct bw_call *call);

/* bars.c */
NTSTATUS bw_bars_tell(struct bw_call *call);

/* map.c, map_process.c */
bool bw_maps_are_safe(void);
void bw_maps_init(void);
void bw_maps_exit(void);
NTSTATUS bw_map_make(struct bw_call *call);
void bw_maps_kill(struct bw_function *function, PEPROCESS process);
void bw_maps_release(struct bw_handle *handle);

/* guard_gcc.S, guard_msvc.c */
PVOID bw_guarded_map(PMDL mdl, ULONG priority, NTSTATUS *raised);

#ifdef BARWATCH_WRITE
NTSTATUS bw_write_register(struct bw_call *call);
#endif

#endif
