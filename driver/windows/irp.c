// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The end of a request that goes no further down. */

#include "barwatch.h"

NTSTATUS bw_complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = information;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}
