/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR Apache-2.0 */
/*
 * The whole contract between the barwatch driver and user space, for Linux and Windows.
 *
 * What a caller can name is a PCI function, a BAR and an offset: never a physical address. What it
 * gets is one read of what an administrator's policy lists. There is no write, except in a build
 * made for it (BARWATCH_WRITE).
 *
 * Growing
 *	Every struct begins with its own size in bytes, as the caller knows it; batches say the size
 *	of one item, too. A later version adds fields at the end only. A longer struct than the
 *	driver knows is welcome when the part it does not know is zero: zero means "as before".
 *	Fields called out_ are written by the driver and ignored on the way in; all others are read.
 *	Fields called reserved must be zero.
 *
 * Batches
 *	`count` items of `item_size` bytes each follow the struct at once, that is `size` bytes
 *	after its beginning. Each item has a status of its own; one that fails never stops the
 *	others.
 *
 * What the call itself says (errno; NTSTATUS): whether the request was understood and may be asked
 *	ENOTTY		STATUS_INVALID_DEVICE_REQUEST
 *		no such command in this build
 *	EFAULT		STATUS_ACCESS_VIOLATION
 *		memory of the caller's that is not there; Windows: the buffer for the way in, or
 *		the one for the way out, ends before the struct or its items do
 *	EINVAL		STATUS_INVALID_PARAMETER
 *		struct or item shorter than its first version; no items; more items than INFO
 *		allows; item_size above BW_SIZE_MAX
 *	E2BIG		STATUS_INFO_LENGTH_MISMATCH
 *		longer than the driver knows, and the rest is not zero; longer than BW_SIZE_MAX
 *	EOPNOTSUPP	STATUS_NOT_SUPPORTED
 *		an unknown flag
 *	EBADF		STATUS_ACCESS_DENIED
 *		POLICY and WRITE: the handle is not open for writing
 *	EPERM		STATUS_ACCESS_DENIED
 *		POLICY and WRITE: the caller is not an administrator (CAP_SYS_RAWIO);
 *		POLICY: the policy is locked; MAP, on Windows: another process opened the handle
 *	ENOMEM		STATUS_INSUFFICIENT_RESOURCES
 *	EMFILE		STATUS_TOO_MANY_OPENED_FILES
 *		open: as many handles as INFO allows are open
 *	Nothing was done then, and no out_ field was written (but memory that is not there may
 *	show only on the way out).
 *
 * What out_status says, once the call succeeded: what came of an understood request. See enum
 * bw_status.
 */
#ifndef BARWATCH_IOCTL_H
#define BARWATCH_IOCTL_H

#if defined(_WIN32)
/* After <ntddk.h>, or <windows.h> and <winioctl.h>: they have CTL_CODE. */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
#define BW_COMMAND(number, access) CTL_CODE(0xba00, 0x800 + (number), METHOD_BUFFERED, access)
#define BW_TO_READ FILE_READ_ACCESS
#define BW_TO_WRITE (FILE_READ_ACCESS | FILE_WRITE_ACCESS)
#else
#include <linux/ioctl.h>
#include <linux/types.h>
/* The size is in the struct, not in the number: a struct that grows keeps its number. */
#define BW_COMMAND(number, access) _IO(0xba, number)
#endif

#define BW_ABI 1		/* changes only when an old client would be misunderstood */
#define BW_DEVICE "barwatch"	/* /dev/barwatch; \\.\barwatch */

#define BW_IOCTL_INFO BW_COMMAND(0, BW_TO_READ)
#define BW_IOCTL_POLICY BW_COMMAND(1, BW_TO_WRITE)
#define BW_IOCTL_BARS BW_COMMAND(2, BW_TO_READ)
#define BW_IOCTL_READ BW_COMMAND(3, BW_TO_READ)
#define BW_IOCTL_CONFIG BW_COMMAND(4, BW_TO_READ)
#define BW_IOCTL_MAP BW_COMMAND(5, BW_TO_READ)
#ifdef BARWATCH_WRITE
#define BW_IOCTL_WRITE BW_COMMAND(6, BW_TO_WRITE)
#endif
#ifdef BARWATCH_BENCH
#define BW_IOCTL_BENCH BW_COMMAND(7, BW_TO_READ)
#endif

enum bw_limit {
	BW_SIZE_MAX = 4096,	/* bytes, of a struct or of an item */
	BW_ITEMS_MAX = 256,	/* in one batch */
	BW_RULES_MAX = 256,	/* in the policy */
	BW_MAPS_MAX = 64,	/* living mappings of one handle */
	BW_HANDLES_MAX = 64,	/* open at one time */
	BW_FUNCTIONS_MAX = 256,	/* that the driver keeps an eye on */
	BW_ROUTE_MAX = 32,	/* bridges of a route, and its function */
	BW_BARS_PER_FUNCTION = 6,
};

/*
 * What came of an item or of a command. The high byte is the outcome, in the words of the agent;
 * BW_OUTCOME() has it. A value is there only with BW_OK, and is zero otherwise: nothing of the
 * driver's can be taken for data of the bus. All ones with BW_OK are data: the register may hold
 * them, or the bus made them up.
 */
#define BW_OUTCOME(status) ((status) >> 8)

enum bw_outcome {
	BW_OUTCOME_OK = 0,
	/* the system said no; nothing was touched */
	BW_OUTCOME_DENIED = 1,
	/* no way there, or touching it is unsafe; nothing was touched */
	BW_OUTCOME_UNREACHABLE = 2,
	/* tried, and failed without a value */
	BW_OUTCOME_FAULT = 3,
	/* a mistake of the caller's; nothing was touched */
	BW_OUTCOME_WRONG = 4,
};

enum bw_status {
	BW_OK = 0,

	/* no rule grants it, or no policy was loaded */
	BW_DENIED_POLICY = 0x101,
	/* a driver is bound to the function, and no rule has BW_RIGHT_SHARED */
	BW_DENIED_OWNER = 0x102,
	/* Linux: the kernel is locked down */
	BW_DENIED_LOCKDOWN = 0x103,
	/* MAP: the page holds more than this BAR, or more than the rule grants */
	BW_DENIED_PAGE = 0x104,
	/* BW_MAPS_MAX, BW_FUNCTIONS_MAX or BW_ROUTE_MAX is reached */
	BW_DENIED_LIMIT = 0x105,

	/* no function has this address */
	BW_UNREACHABLE_GONE = 0x201,
	/* the OS found it, or a bridge of its route, unplugged */
	BW_UNREACHABLE_DISCONNECTED = 0x202,
	/* the OS is recovering it, or a bridge of its route, from an error */
	BW_UNREACHABLE_RECOVERING = 0x203,
	/*
	 * the OS keeps everybody out: a reset or a self-test is under way; Windows: the function is
	 * not started, or stopped to be given other addresses
	 */
	BW_UNREACHABLE_BLOCKED = 0x204,
	/* the function has no power, and a read would wake it; Windows: or is in D3hot */
	BW_UNREACHABLE_D3COLD = 0x205,
	/* it is being suspended or resumed at this moment */
	BW_UNREACHABLE_POWER_CHANGING = 0x206,
	/* a bridge of its route is not in D0, and a read would wake it */
	BW_UNREACHABLE_BRIDGE_ASLEEP = 0x207,
	/* a port of its route says that its link is not active, or says nothing */
	BW_UNREACHABLE_LINK_DOWN = 0x208,
	/* the function has no memory BAR of this number */
	BW_UNREACHABLE_NO_BAR = 0x209,
	/* it has, but the OS gave it no address */
	BW_UNREACHABLE_UNASSIGNED = 0x20a,
	/* the BAR ends before the register does */
	BW_UNREACHABLE_OUTSIDE_BAR = 0x20b,
	/* CONFIG: the route has fewer bridges */
	BW_UNREACHABLE_NO_BRIDGE = 0x20c,
	/* CONFIG: its configuration space ends before the register does */
	BW_UNREACHABLE_OUTSIDE_CONFIG = 0x20d,
	/* two reads running took over 10 ms and got all ones: a second's rest */
	BW_UNREACHABLE_SLOW = 0x20e,
	/* the caller is being killed; the rest of the batch was left */
	BW_UNREACHABLE_INTERRUPTED = 0x20f,
	/* Windows: the driver is not on the stack of the function, or bridge, if there is one */
	BW_UNREACHABLE_UNFILTERED = 0x210,

	/* the OS could not map the page */
	BW_FAULT_MAPPING = 0x301,
	/* the OS's read of configuration space failed */
	BW_FAULT_CONFIG = 0x302,

	/* a reserved field is not zero */
	BW_WRONG_RESERVED = 0x401,
	/* device above 31 or function above 7 */
	BW_WRONG_ADDRESS = 0x402,
	/* above 5 */
	BW_WRONG_BAR = 0x403,
	/* not one of 1, 2, 4, 8; 8 where INFO lacks BW_FEATURE_READ8 */
	BW_WRONG_WIDTH = 0x404,
	/* offset is not a multiple of width */
	BW_WRONG_ALIGNMENT = 0x405,
	/* POLICY: no bytes, past 2^64, not whole pages to MAP, not one register to WRITE */
	BW_WRONG_RANGE = 0x406,
	/* POLICY: matches neither vendor nor class, or has ids that it does not match */
	BW_WRONG_MATCH = 0x407,
	/* POLICY: none, unknown ones, or ones that this build does not have */
	BW_WRONG_RIGHTS = 0x408,
	/* WRITE: bits that no rule grants; POLICY: bits without BW_RIGHT_WRITE */
	BW_WRONG_MASK = 0x409,
};

/* Where a function is now. It may move; it is not an identity. */
struct bw_address {
	__u32 domain;
	__u8 bus;
	__u8 device;		/* 0 to 31 */
	__u8 function;		/* 0 to 7 */
	__u8 reserved;
};

enum bw_feature {
	BW_FEATURE_READ8 = 1 << 0,	/* 8 bytes in one access */
	BW_FEATURE_MAP = 1 << 1,
	BW_FEATURE_WRITE = 1 << 2,	/* a build that can write: not one to hand out */
	BW_FEATURE_BENCH = 1 << 3,
};

enum bw_policy_state {
	BW_POLICY_NONE = 0,	/* nothing is readable */
	BW_POLICY_LOADED = 1,
	BW_POLICY_LOCKED = 2,	/* until the driver is loaded anew */
};

/* INFO: what this driver is, and what it did since it was loaded. Counters never go backwards. */
struct bw_info {
	__u32 size;
	__u32 flags;			/* zero */
	__u32 out_abi;			/* BW_ABI */
	__u32 out_version;		/* major << 16 | minor << 8 | patch */
	__u32 out_features;		/* enum bw_feature */
	__u32 out_page_size;		/* bytes; of what MAP maps */
	__u32 out_items_max;
	__u32 out_rules_max;
	__u32 out_maps_max;
	__u32 out_handles_max;
	__u32 out_policy_state;		/* enum bw_policy_state */
	__u32 out_policy_rules;
	/* FNV-1a, 64 bits, of the rules: names a policy, proves nothing */
	__u64 out_policy_digest;
	__u64 out_handles;		/* open now */
	__u64 out_handles_refused;	/* opens that found BW_HANDLES_MAX */
	__u64 out_requests_refused;	/* calls that failed as calls: the table of errno above */
	__u64 out_ok;			/* items, BARS, MAP and WRITE by outcome */
	__u64 out_denied;
	__u64 out_unreachable;
	__u64 out_fault;
	__u64 out_wrong;
	__u64 out_limited;		/* times that BW_DENIED_LIMIT was the answer */
	__u64 out_slow;			/* reads over 10 ms that got all ones */
	__u64 out_functions;		/* kept an eye on now */
	__u64 out_bars_moved;		/* times that a BAR was found elsewhere */
	__u64 out_maps;			/* living now */
	__u64 out_maps_killed;		/* mappings taken back before their time: see MAP */
};

enum bw_match {
	BW_MATCH_VENDOR = 1 << 0,
	BW_MATCH_DEVICE = 1 << 1,	/* only with BW_MATCH_VENDOR */
	BW_MATCH_SUBSYSTEM = 1 << 2,	/* subsystem vendor and subsystem device */
	BW_MATCH_CLASS = 1 << 3,	/* under class_mask */
};

enum bw_right {
	BW_RIGHT_READ = 1 << 0,
	/* offset and length are then multiples of 4096: whole pages are shown */
	BW_RIGHT_MAP = 1 << 1,
	/* configuration space of the function and of the bridges of its route */
	BW_RIGHT_CONFIG = 1 << 2,
	/* READ and MAP also while a driver is bound to the function */
	BW_RIGHT_SHARED = 1 << 3,
	BW_RIGHT_WRITE = 1 << 4,	/* only in a BARWATCH_WRITE build */
};

/*
 * What may be done with some bytes of one BAR of the functions that match. A right with no rule is
 * no right; rules add up, but one access must lie in one rule. A rule with BW_RIGHT_CONFIG and
 * nothing else has no bar, range or widths.
 */
struct bw_rule {
	__u32 match;			/* enum bw_match; at least vendor or class */
	__u16 vendor;
	__u16 device;
	__u16 subsystem_vendor;
	__u16 subsystem_device;
	__u32 class_code;		/* 24 bits, base class on top */
	__u32 class_mask;		/* not zero with BW_MATCH_CLASS */
	__u32 rights;			/* enum bw_right */
	__u64 offset;			/* bytes from the start of the BAR */
	__u64 length;			/* bytes */
	/* bits that WRITE may change; the rule is then one register of one width */
	__u64 write_mask;
	__u8 bar;			/* 0 to 5 */
	__u8 widths;			/* 1, 2, 4, 8, or-ed */
	__u8 reserved[6];
};

enum bw_policy_flag {
	/* refuse every later POLICY until the driver is loaded anew */
	BW_POLICY_LOCK = 1 << 0,
};

/*
 * POLICY: replaces all rules by the `count` ones that follow (struct bw_rule), or changes nothing.
 * No rules at all are a policy, too. Living mappings are killed, so that none outlives its rule.
 */
struct bw_policy {
	__u32 size;
	__u32 flags;			/* enum bw_policy_flag */
	__u32 count;			/* 0 to BW_RULES_MAX */
	__u32 item_size;
	/* BW_OK: it is in force. BW_WRONG_...: what is wrong with rule out_rule */
	__u32 out_status;
	__u32 out_rule;
	__u64 out_digest;		/* of the rules, once they are in force; else zero */
};

enum bw_bar_flag {
	BW_BAR_MEMORY = 1 << 0,
	BW_BAR_64 = 1 << 1,
	BW_BAR_PREFETCHABLE = 1 << 2,
	BW_BAR_ASSIGNED = 1 << 3,	/* out_start is the address that the OS gave it */
	BW_BAR_REGISTER = 1 << 4,	/* out_register was read */
};

struct bw_bar {
	__u64 out_start;		/* as the function sees it (bus address) */
	__u64 out_length;		/* bytes; 0: the function has no such BAR */
	/* the BAR register as it is now; with the next one on top when BW_BAR_64 */
	__u64 out_register;
	/* another number whenever the BAR, or the function, was found elsewhere */
	__u64 out_generation;
	__u32 out_flags;		/* enum bw_bar_flag */
	__u32 reserved;
};

/* BARS: what the OS assigned, and what the registers hold, of a function that any rule matches. */
struct bw_bars {
	__u32 size;
	__u32 flags;			/* zero */
	struct bw_address address;
	/* unreachable: the OS's part is there, the registers are not */
	__u32 out_status;
	__u32 reserved;
	struct bw_bar bars[BW_BARS_PER_FUNCTION];
};

/* READ and CONFIG: a batch. The call succeeds whatever its items came to. */
struct bw_batch {
	__u32 size;
	__u32 flags;			/* zero */
	__u32 count;			/* 1 to BW_ITEMS_MAX */
	__u32 item_size;
};

/* One load of `width` bytes at `offset` of a BAR. */
struct bw_read {
	struct bw_address address;
	__u64 offset;			/* bytes from the start of the BAR; a multiple of width */
	__u8 bar;			/* 0 to 5 */
	__u8 width;			/* 1, 2, 4 or 8 bytes */
	__u16 reserved;
	__u32 out_status;
	__u64 out_value;
	__u64 out_duration_ns;		/* of the load itself */
	__u64 out_generation;		/* of the BAR: see struct bw_bar */
};

/*
 * One read of configuration space, of a function with BW_RIGHT_CONFIG or of a bridge of its route.
 */
struct bw_config {
	struct bw_address address;	/* of the function, whichever is read */
	/* 0: the function; 1: the bridge above it; 2: the next one up; ... */
	__u16 bridge;
	__u16 offset;			/* a multiple of width */
	__u8 width;			/* 1, 2 or 4 bytes */
	__u8 reserved[3];
	struct bw_address out_address;	/* of what was read */
	__u32 out_status;
	__u32 out_value;
	__u64 out_duration_ns;
};

/*
 * MAP: lets the caller map the page that holds a register, to read and nothing else, uncached.
 *
 * Linux: mmap(NULL, out_page_size, PROT_READ, MAP_SHARED, handle, out_where), as often as one
 * likes; EACCES: to write or to execute; EINVAL: not one page, or private; ENXIO: no such mapping,
 * or killed. Windows: out_where is the address of the page in the calling process. A mapping lives
 * until the handle is closed, or is killed before: when the function is removed, when its BAR is
 * found elsewhere, when a driver is bound to the function, when the policy is replaced, when the
 * kernel is found locked down. A load from a killed mapping faults (SIGBUS; access violation): it
 * never reads what is at the old address now. To map again, ask again.
 */
struct bw_map {
	__u32 size;
	__u32 flags;			/* zero */
	struct bw_address address;
	__u64 offset;			/* as in struct bw_read */
	__u8 bar;
	__u8 width;
	__u16 reserved;
	__u32 out_status;
	__u64 out_where;
	__u64 out_generation;
	__u32 out_page_size;		/* bytes */
	__u32 out_page_offset;		/* of the register in the page */
};

#ifdef BARWATCH_WRITE
/* WRITE: reads, replaces the bits under mask, writes, reads back. Not atomic. */
struct bw_write {
	__u32 size;
	__u32 flags;			/* zero */
	struct bw_address address;
	__u64 offset;
	__u8 bar;
	__u8 width;
	__u16 reserved;
	__u32 out_status;
	__u64 value;
	__u64 mask;			/* not zero, and within the rule's write_mask */
	__u64 out_before;
	__u64 out_after;
};
#endif

#ifdef BARWATCH_BENCH
/*
 * BENCH: `rounds` times a plain loop over the registers of READ items that follow, all of one BAR
 * of one function.
 */
struct bw_bench {
	__u32 size;
	__u32 flags;			/* zero */
	__u32 count;
	__u32 item_size;
	__u32 rounds;			/* 1 to 1000 */
	__u32 out_status;		/* of the first item that is not BW_OK */
	__u64 out_loop_ns;		/* of all rounds */
};
#endif

#endif
