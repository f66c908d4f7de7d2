// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Memory. */

#include "barwatch.h"

/*
 * Zeroed, never pageable, never executable; NULL: there is none. ExFreePoolWithTag() gives it back.
 *
 * The WDK calls this call deprecated because what it gives is not zeroed. The one that it names
 * instead, ExAllocatePool2(), is in Windows 10 version 2004 and later, and we are for 1903.
 */
PVOID bw_allocate(SIZE_T size)
{
	PVOID room;

#ifdef _MSC_VER
#pragma warning(suppress : 4996)
#endif
	room = ExAllocatePoolWithTag(NonPagedPoolNx, size, BW_POOL_TAG);
	if (room)
		RtlZeroMemory(room, size);
	return room;
}
