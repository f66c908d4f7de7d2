/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices that a test made up, as devices.txt beside this library has them: see told.py, which
 * writes it. Each line is one of
 *
 *	device INSTANCE-ID STATUS PROBLEM	the lines up to the next device are about it
 *	property GUID PID TYPE =BYTES		GUID: its 16 bytes as they lie in memory
 *	resource KIND =BYTES			in the order in which they were assigned
 *
 * Numbers and bytes are hexadecimal.
 */
#ifndef DEVICES_H
#define DEVICES_H

#define _CFGMGR32_ /* its calls are here, not in a library */
#include <windows.h>
#include <cfgmgr32.h>

#define TEXT_MAX (1 << 20)
#define DEVICES_MAX 1024 /* that there ever were */
#define VALUES_MAX 16384 /* of all devices that there are */

struct device {
	WCHAR id[MAX_DEVICE_ID_LEN + 1];
	BOOL is_present;
	ULONG status, problem;
};

struct value {
	DEVINST node;
	DEVPROPKEY key; /* of a property; zero: a resource */
	ULONG type, size;
	UCHAR *bytes;
};

/* A DEVINST is an index of this table, plus one: as on Windows, it outlives its device. */
extern struct device devices[DEVICES_MAX];
extern ULONG device_count;

/*
 * Reads the file anew. False, and no device is there: the file is missing, not so, or beyond the
 * limits above.
 */
BOOL devices_read(void);

/* The index of a device, there or not; where there never was one, of the next one. */
ULONG device_index(const WCHAR *id);

BOOL device_is_there(DEVINST node);

/* The value with that key which comes after `count` others; NULL: there is none. */
const struct value *device_value(DEVINST node, const DEVPROPKEY *key, ULONG count);

#endif
