// SPDX-License-Identifier: Apache-2.0
/* From devices.txt to the tables of devices.h. */

#include "devices.h"
#include <stdio.h>
#include <string.h>

struct device devices[DEVICES_MAX];
ULONG device_count;
static struct value values[VALUES_MAX];
static ULONG value_count;
static char text[TEXT_MAX];
static HINSTANCE self;

ULONG device_index(const WCHAR *id)
{
	ULONG index = 0;

	while (index < device_count && _wcsicmp(devices[index].id, id))
		index++;
	return index;
}

BOOL device_is_there(DEVINST node)
{
	return node && node <= device_count && devices[node - 1].is_present;
}

/* Zero: there were too many. */
static DEVINST take_device(const char *id, ULONG status, ULONG problem)
{
	struct device device = { .is_present = TRUE, .status = status, .problem = problem };
	ULONG index;

	MultiByteToWideChar(CP_UTF8, 0, id, -1, device.id, MAX_DEVICE_ID_LEN);
	index = device_index(device.id);
	if (index == DEVICES_MAX)
		return 0;
	device_count = max(device_count, index + 1);
	devices[index] = device;
	return index + 1;
}

/* How many bytes the digits stand for, which they become; -1: they are no such digits. */
static int take_bytes(char *digits)
{
	static const char known[] = "0123456789abcdef";
	const char *high, *low;
	int size;

	for (size = 0; digits[2 * size]; size++) {
		high = strchr(known, digits[2 * size]);
		low = strchr(known, digits[2 * size + 1]);
		if (!high || !low || !*low)
			return -1;
		digits[size] = (char)((high - known) << 4 | (low - known));
	}
	return size;
}

static BOOL take_value(DEVINST node, const DEVPROPKEY *key, ULONG type, char *digits)
{
	const int size = take_bytes(digits);
	const struct value value = { node, *key, type, (ULONG)size, (UCHAR *)digits };

	if (!node || size < 0 || value_count == VALUES_MAX)
		return FALSE;
	values[value_count++] = value;
	return TRUE;
}

/* `node` is the device that lines are about now. */
static BOOL take_line(char *line, DEVINST *node)
{
	char id[MAX_DEVICE_ID_LEN], guid[2 * sizeof(GUID) + 1];
	ULONG status, problem, type;
	DEVPROPKEY key = { 0 };
	int end = 0;

	if (sscanf(line, "device %199s %lx %lx%n", id, &status, &problem, &end) == 3)
		return !line[end] && (*node = take_device(id, status, problem)) != 0;
	if (sscanf(line, "resource %lx =%n", &type, &end) == 1 && end)
		return take_value(*node, &key, type, line + end);
	if (sscanf(line, "property %32s %lx %lx =%n", guid, &key.pid, &type, &end) != 3 || !end ||
	    take_bytes(guid) != sizeof(GUID))
		return FALSE;
	memcpy(&key.fmtid, guid, sizeof(GUID));
	return take_value(*node, &key, type, line + end);
}

static BOOL read_text(void)
{
	WCHAR path[MAX_PATH];
	size_t length;
	FILE *file;

	GetModuleFileNameW(self, path, MAX_PATH);
	wcscpy(wcsrchr(path, L'\\') + 1, L"devices.txt"); /* is shorter than our own name */
	file = _wfopen(path, L"rb");
	if (!file)
		return FALSE;
	length = fread(text, 1, TEXT_MAX, file);
	fclose(file);
	text[min(length, TEXT_MAX - 1)] = '\0';
	return length < TEXT_MAX && (!length || text[length - 1] == '\n');
}

static void forget(void)
{
	ULONG index;

	value_count = 0;
	for (index = 0; index < device_count; index++)
		devices[index].is_present = FALSE;
}

BOOL devices_read(void)
{
	BOOL is_good = read_text();
	char *line = text, *end;
	DEVINST node = 0;

	forget();
	for (; is_good && (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		is_good = take_line(line, &node);
	}
	if (!is_good)
		forget(); /* what of it was good */
	return is_good;
}

const struct value *device_value(DEVINST node, const DEVPROPKEY *key, ULONG count)
{
	ULONG index;

	for (index = 0; index < value_count; index++) {
		if (values[index].node == node && !memcmp(&values[index].key, key, sizeof(*key)) &&
		    !count--)
			return &values[index];
	}
	return NULL;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *reserved)
{
	(void)reason;
	(void)reserved;
	self = instance;
	return TRUE;
}
