// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Mutexes that leave the thread at PASSIVE_LEVEL. */

#include "barwatch.h"

/*
 * A critical region keeps the thread from being suspended while it holds the mutex. At APC_LEVEL,
 * where ExAcquireFastMutex() would leave it, registry calls and IoGetDeviceProperty() are not
 * allowed.
 */
void bw_lock(PFAST_MUTEX mutex)
{
	KeEnterCriticalRegion();
	ExAcquireFastMutexUnsafe(mutex);
}

void bw_unlock(PFAST_MUTEX mutex)
{
	ExReleaseFastMutexUnsafe(mutex);
	KeLeaveCriticalRegion();
}
