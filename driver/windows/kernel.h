/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What all files need of the Windows kernel: its headers, what mingw-w64's copy of them lacks, and
 * proof that mingw-w64 lays structures out as Windows does.
 */
#ifndef BARWATCH_KERNEL_H
#define BARWATCH_KERNEL_H

#include <ntifs.h>
#include <ntddk.h>
#include <stdbool.h>

#ifndef static_assert
#define static_assert _Static_assert /* neither WDK nor freestanding compilers promise assert.h */
#endif

#ifndef min
#define min(a, b) ((a) < (b) ? (a) : (b)) /* nor stdlib.h */
#endif

#include "bw_info.h"
#include "bw_policy.h"

#ifdef __GNUC__
/*
 * Windows 10 has it (wdm.h), mingw-w64 10 does not declare it. PAGE_READONLY | PAGE_NOCACHE: what
 * is mapped so cannot be written through.
 */
NTKERNELAPI PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS address, SIZE_T length, ULONG protect);

/* wdm.h: for the priority of MmMapLockedPagesSpecifyCache(). */
#define MdlMappingNoWrite 0x80000000
#define MdlMappingNoExecute 0x40000000

/* wdm.h: the value of DevicePropertyBusNumber, where there are several PCI segments. */
typedef union _PCI_SEGMENT_BUS_NUMBER {
	struct {
		ULONG BusNumber : 8;
		ULONG SegmentNumber : 16;
		ULONG Reserved : 8;
	} u;
	ULONG AsULONG;
} PCI_SEGMENT_BUS_NUMBER;
#endif

/*
 * Offsets of Windows 10 and 11 for x64, as its public symbols have them. DEVICE_OBJECT is never
 * embedded, so the padding at its end is nobody's concern.
 */
static_assert(sizeof(IRP) == 0xd0, "IRP");
static_assert(FIELD_OFFSET(IRP, AssociatedIrp) == 0x18, "IRP.AssociatedIrp");
static_assert(FIELD_OFFSET(IRP, IoStatus) == 0x30, "IRP.IoStatus");
static_assert(FIELD_OFFSET(IRP, Cancel) == 0x44, "IRP.Cancel");
static_assert(FIELD_OFFSET(IRP, Tail.Overlay.Thread) == 0x98, "IRP.Tail.Overlay.Thread");
static_assert(FIELD_OFFSET(IRP, Tail.Overlay.CurrentStackLocation) == 0xb8, "IRP.Tail");
static_assert(sizeof(IO_STACK_LOCATION) == 0x48, "IO_STACK_LOCATION");
static_assert(FIELD_OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode) == 0x18,
	      "IO_STACK_LOCATION.Parameters");
static_assert(FIELD_OFFSET(IO_STACK_LOCATION, FileObject) == 0x30, "IO_STACK_LOCATION.FileObject");
static_assert(sizeof(DRIVER_OBJECT) == 0x150, "DRIVER_OBJECT");
static_assert(FIELD_OFFSET(DRIVER_OBJECT, MajorFunction) == 0x70, "DRIVER_OBJECT.MajorFunction");
static_assert(FIELD_OFFSET(DEVICE_OBJECT, Flags) == 0x30, "DEVICE_OBJECT.Flags");
static_assert(FIELD_OFFSET(DEVICE_OBJECT, DeviceExtension) == 0x40, "DEVICE_OBJECT");
static_assert(FIELD_OFFSET(FILE_OBJECT, FsContext) == 0x18, "FILE_OBJECT.FsContext");
static_assert(sizeof(MDL) == 0x30, "MDL");
static_assert(sizeof(KEVENT) == 0x18, "KEVENT");
static_assert(sizeof(FAST_MUTEX) == 0x38, "FAST_MUTEX");
static_assert(sizeof(ERESOURCE) == 0x68, "ERESOURCE");
static_assert(sizeof(KAPC_STATE) == 0x30, "KAPC_STATE");
static_assert(sizeof(IO_REMOVE_LOCK) == 0x20, "IO_REMOVE_LOCK: DBG must not be defined");
static_assert(sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR) == 0x14, "CM_PARTIAL_RESOURCE_DESCRIPTOR");
static_assert(sizeof(BUS_INTERFACE_STANDARD) == 0x40, "BUS_INTERFACE_STANDARD");

#endif
