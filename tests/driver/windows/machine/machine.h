/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A machine for tests under Wine: PCI functions that are plugged in, started, moved, put to sleep
 * and pulled out by a program's request, and memory behind their BARs.
 *
 * machine.sys is the bus driver and the PnP and power manager of these functions; machine.dll has
 * the calls of the kernel that Wine only has the names of. inside/machine.py speaks to it.
 */
#ifndef MACHINE_H
#define MACHINE_H

#define MC_DEVICE "barwatch_machine"
#define MC_FUNCTIONS 8
#define MC_RANGES 6
#define MC_IOCTL 0xba012004 /* CTL_CODE(0xba01, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS) */

enum mc_command {
	MC_LOAD = 1,		/* the driver under test, as the PnP manager loads a filter */
	MC_UNLOAD = 2,
	/* a: PCI_SEGMENT_BUS_NUMBER; b: address; c: 1: a driver is bound */
	MC_ADD = 3,
	MC_CONFIG = 4,		/* a: offset, b: value of a dword */
	/* a: raw, b: translated, c: length of a range that START gives; d: its form */
	MC_RANGE = 5,
	MC_START = 6,		/* with the ranges given since the last START */
	MC_PNP = 7,		/* a: minor function */
	MC_POWER = 8,		/* a: DEVICE_POWER_STATE; b: 1: the bus driver keeps the request */
	MC_RELEASE = 9,		/* the bus driver completes what it kept */
	MC_STORE = 10,		/* a: physical address, b: value of a dword, c: enum mc_view */
	MC_FILL = 11,		/* a: physical address of a page, b: byte, c: enum mc_view */
	MC_ENDING = 12,		/* a: process id: the kernel says that this process ends */
	MC_PULL_IN_READ = 13,	/* the function is pulled out while the driver next maps a page */
	MC_FAIL_MAP = 14,	/* the next mapping into a process raises an exception */
	MC_COUNT = 15,		/* a: enum mc_count; out: how many */
	MC_SHORT_CONFIG = 16,	/* a: bytes of configuration space there are */
	MC_ORDINARY = 17,	/* a: 1: no process is an administrator's from now on; 0: all are */
	MC_CRASH_IN_READ = 18,	/* the kernel crashes while the driver next maps a page */
	MC_FAIL_NOTIFY = 19,	/* the next process notification is refused */
	MC_DYING = 20,		/* a: 1: every thread is being killed from now on; 0: none is */
	MC_TAKE_NAME = 21,	/* a: 1: another driver has a device of the driver's name; 0: no */
	MC_WITHOUT_FILE = 22,	/* another driver asks INFO without a file; out: the NTSTATUS */
	/*
	 * the page file comes to lie on the function; a: what the bus driver's device then has of
	 * DO_POWER_PAGABLE; b: 1: the bus driver refuses; out: 1: the filter's had it when the
	 * request was with the bus driver; 2: it has it afterwards
	 */
	MC_PAGING = 23,
};

enum mc_view {
	MC_KERNEL = 1,
	MC_USER = 2,
};

enum mc_count {
	MC_WINDOWS = 0,		/* pages that the driver has mapped */
	MC_USER_PAGES = 1,	/* pages that processes have mapped */
	MC_WRONG_PROCESS = 2,	/* pages unmapped in a process that does not have them */
	MC_ATTACHED = 3,	/* threads that are in another process now */
	MC_INTERFACES = 4,	/* bus interfaces that somebody has */
	MC_OVERTAKEN = 5,	/* removals that did not wait for the batch that was running */
	MC_PULLED = 6,		/* removals in mid-read that came to an end */
	MC_WRITABLE = 7,	/* pages that the driver mapped to write */
	MC_PDOS = 8,
};

struct mc_request {
	unsigned int command;
	unsigned int function;
	unsigned long long a, b, c, d;
	unsigned long long out;
	int status;
	unsigned int reserved;
};

#endif
