// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The end of a process that has pages mapped. */

#include "barwatch.h"

static bool bw_is_told; /* constant once DriverEntry has returned: bw_process_event() is called */

/* No page is shown to a process whose end nobody would tell. */
bool bw_maps_are_safe(void)
{
	return bw_is_told;
}

/*
 * The last thread of a process is ending, in its context: its memory and its handles are still
 * there. Source: PsSetCreateProcessNotifyRoutine, PCREATE_PROCESS_NOTIFY_ROUTINE.
 *
 * Every process of the machine ends here, and few have pages mapped. What this one has mapped is
 * in the count: none of its threads is left to map more.
 */
static VOID NTAPI bw_process_event(HANDLE parent, HANDLE process_id, BOOLEAN is_created)
{
	UNREFERENCED_PARAMETER(parent);
	UNREFERENCED_PARAMETER(process_id);
	if (!is_created && bw_count(BW_COUNT_MAPS, 0))
		bw_table_unmap(PsGetCurrentProcess());
}

/* Windows has room for so many routines; other drivers may have taken it. */
void bw_maps_init(void)
{
	NTSTATUS status = PsSetCreateProcessNotifyRoutine(bw_process_event, FALSE);

	bw_is_told = NT_SUCCESS(status);
	if (!bw_is_told)
		DbgPrint("barwatch: the end of processes is not told (0x%x); no MAP\n", status);
}

/* When this returns, bw_process_event() does not run any more. */
void bw_maps_exit(void)
{
	if (bw_is_told)
		PsSetCreateProcessNotifyRoutine(bw_process_event, TRUE);
}
