// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The end of a process that has pages mapped. */

#include "barwatch.h"

/*
 * The last thread of a process is ending, in its context: its memory and its handles are still
 * there. Source: PsSetCreateProcessNotifyRoutine, PCREATE_PROCESS_NOTIFY_ROUTINE.
 */
static VOID NTAPI bw_process_event(HANDLE parent, HANDLE process_id, BOOLEAN is_created)
{
	UNREFERENCED_PARAMETER(parent);
	UNREFERENCED_PARAMETER(process_id);
	if (!is_created)
		bw_table_unmap(PsGetCurrentProcess());
}

NTSTATUS bw_maps_init(void)
{
	return PsSetCreateProcessNotifyRoutine(bw_process_event, FALSE);
}

/* When this returns, bw_process_event() does not run any more. */
void bw_maps_exit(void)
{
	PsSetCreateProcessNotifyRoutine(bw_process_event, TRUE);
}
