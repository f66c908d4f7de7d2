// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* bw_guarded_map() for the WDK's compiler; guard_gcc.S is the same for GCC, which has no __try. */

#include "barwatch.h"

PVOID bw_guarded_map(PMDL mdl, ULONG priority, NTSTATUS *raised)
{
	__try {
		return MmMapLockedPagesSpecifyCache(mdl, UserMode, MmNonCached, NULL, FALSE,
						    priority);
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		*raised = GetExceptionCode();
		return NULL;
	}
}
