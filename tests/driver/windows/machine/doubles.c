// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Calls of the Windows kernel that Wine 8 only has the names of, for one driver under test.
 *
 * Each physical page is two sections: what the kernel sees of it, and what processes see. They hold
 * the same until a test makes them differ, which is the failure that barwatch looks for. A page
 * that no test wrote to holds all ones, as an address does that nothing answers to.
 */

#include <windows.h>
#include <winternl.h>

#include "machine.h"

#define PAGES 256
#define VIEWS 512
#define PAGE 4096
#define SYSTEM_RESOURCES 0xc000009aL /* STATUS_INSUFFICIENT_RESOURCES */
#define INVALID_PARAMETER 0xc000000dL /* STATUS_INVALID_PARAMETER */
#define NO_SUCH_DEVICE 0xc000000eL /* STATUS_NO_SUCH_DEVICE */
#define MC_EXPORT __declspec(dllexport)

typedef void (*mc_thread)(void);
typedef void(NTAPI *mc_process_notify)(HANDLE parent, HANDLE process, BOOLEAN is_created);

struct page {
	unsigned long long at;
	HANDLE sections[2]; /* kernel, user */
	unsigned char *bytes[2];
};

/* A mapping: of the kernel's (process 0), or of a process. */
struct view {
	void *where;
	struct page *page;
	DWORD process;
};

struct mdl {
	struct mdl *next;
	short size, flags;
	void *process, *system, *start;
	unsigned int count, offset;
};

NTSTATUS NTAPI NtMapViewOfSection(HANDLE section, HANDLE process, PVOID *where, ULONG_PTR zero,
				  SIZE_T commit, PLARGE_INTEGER offset, SIZE_T *size, int inherit,
				  ULONG type, ULONG protect);
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE process, PVOID where);
void *NTAPI IoAttachDeviceToDeviceStack(void *source, void *target);
void *NTAPI PsGetCurrentProcess(void);
HANDLE NTAPI PsGetProcessId(void *process);
NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE id, void **process);

static CRITICAL_SECTION lock;
static struct page pages[PAGES];
static struct view views[VIEWS];
static unsigned int page_count;
static unsigned long long counts[8];
static mc_thread pull;
static HANDLE pulling;
static BOOL fails;
static BOOL fails_notify;
static BOOL is_ordinary;
static BOOL is_dying;
static mc_process_notify notify;
static DWORD attached_slot;
static struct {
	void *pdo;
	unsigned int bus, address;
} places[MC_FUNCTIONS];

static struct page *page_at(unsigned long long at)
{
	struct page *page;
	unsigned int number;

	at &= ~(PAGE - 1ull);
	for (number = 0; number < page_count; number++) {
		if (pages[number].at == at)
			return &pages[number];
	}
	if (page_count == PAGES)
		return NULL;
	page = &pages[page_count++];
	page->at = at;
	for (number = 0; number < 2; number++) {
		page->sections[number] = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL,
							    PAGE_READWRITE, 0, PAGE, NULL);
		page->bytes[number] =
			MapViewOfFile(page->sections[number], FILE_MAP_WRITE, 0, 0, PAGE);
		memset(page->bytes[number], 0xff, PAGE);
	}
	return page;
}

static struct view *view_at(const void *where, DWORD process)
{
	unsigned int number;

	for (number = 0; number < VIEWS; number++) {
		if (views[number].where == where && views[number].process == process)
			return &views[number];
	}
	return NULL;
}

static void view_add(void *where, struct page *page, DWORD process)
{
	struct view *view = view_at(NULL, 0);

	view->where = where;
	view->page = page;
	view->process = process;
	counts[process ? MC_USER_PAGES : MC_WINDOWS]++;
}

/* Does what a test armed: the function is pulled while the driver reads, and must wait. */
static DWORD WINAPI pull_now(void *argument)
{
	((mc_thread)argument)();
	InterlockedIncrement64((LONG64 *)&counts[MC_PULLED]);
	return 0;
}

static void pull_if_armed(void)
{
	mc_thread armed = InterlockedExchangePointer((void **)&pull, NULL);

	if (!armed)
		return;
	pulling = CreateThread(NULL, 0, pull_now, armed, 0, NULL);
	/* The driver is in the middle of a batch: whoever ends within this time did not wait. */
	if (WaitForSingleObject(pulling, 200) != WAIT_TIMEOUT)
		counts[MC_OVERTAKEN]++;
	CloseHandle(pulling);
}

MC_EXPORT void *NTAPI MmMapIoSpaceEx(LARGE_INTEGER at, SIZE_T length, ULONG protect)
{
	const BOOL writes = (protect & PAGE_READWRITE) != 0;
	struct page *page;
	void *where = NULL;

	pull_if_armed();
	EnterCriticalSection(&lock);
	page = page_at(at.QuadPart);
	if (length == PAGE && at.QuadPart % PAGE == 0 && protect & PAGE_NOCACHE && page)
		where = MapViewOfFile(page->sections[0], writes ? FILE_MAP_WRITE : FILE_MAP_READ, 0,
				      0, PAGE);
	if (where)
		view_add(where, page, 0);
	if (where && writes)
		counts[MC_WRITABLE]++;
	LeaveCriticalSection(&lock);
	return where;
}

MC_EXPORT void NTAPI MmUnmapIoSpace(void *where, SIZE_T length)
{
	struct view *view;

	(void)length;
	EnterCriticalSection(&lock);
	view = view_at(where, 0);
	if (view) {
		UnmapViewOfFile(where);
		memset(view, 0, sizeof(*view));
		counts[MC_WINDOWS]--;
	}
	LeaveCriticalSection(&lock);
}

MC_EXPORT void NTAPI MmBuildMdlForNonPagedPool(struct mdl *mdl)
{
	mdl->system = (char *)mdl->start + mdl->offset;
	mdl->flags |= 4; /* MDL_SOURCE_IS_NONPAGED_POOL */
}

static void *current(void)
{
	void *attached = TlsGetValue(attached_slot);

	return attached ? attached : PsGetCurrentProcess();
}

static DWORD current_id(void)
{
	return (DWORD)(ULONG_PTR)PsGetProcessId(current());
}

MC_EXPORT void *NTAPI IoGetCurrentProcess(void)
{
	return current();
}

MC_EXPORT void NTAPI KeStackAttachProcess(void *process, void **state)
{
	*state = TlsGetValue(attached_slot);
	TlsSetValue(attached_slot, process);
	counts[MC_ATTACHED]++;
}

MC_EXPORT void NTAPI KeUnstackDetachProcess(void **state)
{
	TlsSetValue(attached_slot, *state);
	counts[MC_ATTACHED]--;
}

static void *map_for_user(struct page *page)
{
	HANDLE process = OpenProcess(PROCESS_VM_OPERATION, FALSE, current_id());
	SIZE_T size = PAGE;
	void *where = NULL;
	NTSTATUS status = NtMapViewOfSection(page->sections[1], process, &where, 0, 0, NULL, &size,
					     2, 0, PAGE_READONLY);

	CloseHandle(process);
	return status ? NULL : where;
}

/* Raises where the pages cannot be mapped, as the kernel does for UserMode. */
MC_EXPORT void *NTAPI MmMapLockedPagesSpecifyCache(struct mdl *mdl, int mode, int cache, void *at,
						   ULONG stops, ULONG priority)
{
	struct view *view;
	void *where = NULL;

	(void)cache;
	(void)stops;
	EnterCriticalSection(&lock);
	view = view_at(mdl->system, 0);
	if (mode == 1 && !at && priority & 0x80000000 && view && !fails)
		where = map_for_user(view->page);
	if (where)
		view_add(where, view->page, current_id());
	fails = FALSE;
	LeaveCriticalSection(&lock);
	if (!where)
		RaiseException(SYSTEM_RESOURCES, 0, 0, NULL);
	return where;
}

/* A process that has ended cannot be opened, and has nothing to unmap. */
static void unmap_in(DWORD id, void *where)
{
	HANDLE process = OpenProcess(PROCESS_VM_OPERATION, FALSE, id);

	if (!process)
		return;
	NtUnmapViewOfSection(process, where);
	CloseHandle(process);
}

MC_EXPORT void NTAPI MmUnmapLockedPages(void *where, struct mdl *mdl)
{
	struct view *view;

	(void)mdl;
	EnterCriticalSection(&lock);
	view = view_at(where, current_id());
	if (view) {
		unmap_in(view->process, where);
		memset(view, 0, sizeof(*view));
		counts[MC_USER_PAGES]--;
	} else {
		counts[MC_WRONG_PROCESS]++;
	}
	LeaveCriticalSection(&lock);
}

MC_EXPORT NTSTATUS NTAPI IoGetDeviceProperty(void *pdo, int property, ULONG room, void *value,
					     ULONG *length)
{
	unsigned int number;

	*length = sizeof(ULONG);
	for (number = 0; number < MC_FUNCTIONS; number++) {
		if (places[number].pdo != pdo || room < sizeof(ULONG))
			continue;
		if (property == 0xe) /* DevicePropertyBusNumber */
			*(ULONG *)value = places[number].bus;
		else if (property == 0x10) /* DevicePropertyAddress */
			*(ULONG *)value = places[number].address;
		else
			break;
		return 0;
	}
	return 0xc0000034; /* STATUS_OBJECT_NAME_NOT_FOUND */
}

MC_EXPORT NTSTATUS NTAPI PsSetCreateProcessNotifyRoutine(mc_process_notify routine, BOOLEAN removes)
{
	if (fails_notify && !removes) {
		fails_notify = FALSE;
		return INVALID_PARAMETER;
	}
	notify = removes ? NULL : routine;
	return 0;
}

/* As Windows: whoever is called through `source` from now on finds what it is attached to. */
MC_EXPORT NTSTATUS NTAPI IoAttachDeviceToDeviceStackSafe(void *source, void *target,
							 void **attached)
{
	if (*attached)
		return INVALID_PARAMETER;
	*attached = IoAttachDeviceToDeviceStack(source, target);
	return *attached ? 0 : NO_SUCH_DEVICE;
}

MC_EXPORT BOOLEAN NTAPI PsIsThreadTerminating(void *thread)
{
	return thread && is_dying;
}

/* Everybody is an administrator under Wine, unless a test says otherwise. */
MC_EXPORT void *NTAPI PsReferencePrimaryToken(void *process)
{
	return process;
}

MC_EXPORT void NTAPI PsDereferencePrimaryToken(void *token)
{
	(void)token;
}

MC_EXPORT BOOLEAN NTAPI SeTokenIsAdmin(void *token)
{
	return token && !is_ordinary;
}

MC_EXPORT void mc_place(void *pdo, unsigned int bus, unsigned int address)
{
	unsigned int number;

	for (number = 0; number < MC_FUNCTIONS; number++) {
		if (places[number].pdo != pdo && places[number].pdo)
			continue;
		places[number].pdo = bus == ~0u ? NULL : pdo;
		places[number].bus = bus;
		places[number].address = address;
		return;
	}
}

MC_EXPORT void mc_fill(unsigned long long at, unsigned int byte, unsigned int seen)
{
	struct page *page;

	EnterCriticalSection(&lock);
	page = page_at(at);
	if (page && seen & MC_KERNEL)
		memset(page->bytes[0], byte, PAGE);
	if (page && seen & MC_USER)
		memset(page->bytes[1], byte, PAGE);
	LeaveCriticalSection(&lock);
}

MC_EXPORT void mc_store(unsigned long long at, unsigned int value, unsigned int seen)
{
	struct page *page;

	EnterCriticalSection(&lock);
	page = page_at(at);
	if (page && seen & MC_KERNEL)
		*(unsigned int *)(page->bytes[0] + at % PAGE) = value;
	if (page && seen & MC_USER)
		*(unsigned int *)(page->bytes[1] + at % PAGE) = value;
	LeaveCriticalSection(&lock);
}

MC_EXPORT int mc_ending(unsigned int process_id)
{
	void *process, *state;

	if (!notify || PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)process_id, &process))
		return 0;
	KeStackAttachProcess(process, &state);
	notify(NULL, (HANDLE)(ULONG_PTR)process_id, FALSE);
	KeUnstackDetachProcess(&state);
	return 1;
}

MC_EXPORT void mc_pull_in_read(mc_thread armed)
{
	pull = armed;
}

MC_EXPORT void mc_fail_map(void)
{
	fails = TRUE;
}

MC_EXPORT void mc_fail_notify(void)
{
	fails_notify = TRUE;
}

MC_EXPORT void mc_dying(int yes)
{
	is_dying = yes;
}

MC_EXPORT void mc_ordinary(int yes)
{
	is_ordinary = yes;
}

MC_EXPORT unsigned long long mc_count(unsigned int what)
{
	return what < 8 ? counts[what] : 0;
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void *reserved)
{
	(void)self;
	(void)reserved;
	if (reason == DLL_PROCESS_ATTACH) {
		InitializeCriticalSection(&lock);
		attached_slot = TlsAlloc();
	}
	return TRUE;
}
