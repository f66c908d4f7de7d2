/*
 * barwatch-agent.exe: runs the agent with the Python that lies beside it, and ends as that ends.
 *
 * The command line goes on as it came, so quotes and characters of any language arrive. Ctrl-C reaches both processes;
 * Python acts on it, and this one waits for it. Whoever ends this one ends Python, too.
 */

#include <windows.h>
#include <wchar.h>

#define LONGEST 32768 /* characters of a command line, with the last 0; CreateProcessW takes no more */

static wchar_t program[LONGEST];
static wchar_t command[LONGEST];

static BOOL WINAPI leave_it_to_python(DWORD event)
{
	(void)event;
	return TRUE;
}

/* What follows the program's own name, which is quoted or has no spaces. */
static const wchar_t *arguments(void)
{
	const wchar_t *rest = GetCommandLineW();
	BOOL quoted = FALSE;

	for (; *rest && (quoted || (*rest != L' ' && *rest != L'\t')); rest++)
		if (*rest == L'"')
			quoted = !quoted;
	return rest;
}

static int failed(const char *what)
{
	char text[128];
	DWORD written;
	int length = wsprintfA(text, "barwatch-agent: %s: error %lu of Windows\r\n", what, GetLastError());

	WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, length, &written, NULL);
	return 2;
}

/* A job that ends with its last handle, which is ours. Without one Python still runs. */
static void end_with_us(HANDLE process)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { 0 };
	HANDLE job = CreateJobObjectW(NULL, NULL);

	limits.BasicLimitInformation.LimitFlags =
		JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
	if (job && SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)))
		AssignProcessToJobObject(job, process);
}

int wmain(void)
{
	STARTUPINFOW startup = { .cb = sizeof(startup) };
	PROCESS_INFORMATION process;
	DWORD length = GetModuleFileNameW(NULL, program, LONGEST), code = 2;
	wchar_t *name = wcsrchr(program, L'\\');

	if (!length || length == LONGEST || !name)
		return failed("its own folder");
	/* -X utf8: what goes into a pipe or a file can name anything, as on a console. */
	*name = 0;
	if (_snwprintf(command, LONGEST, L"\"%ls\\python\\python.exe\" -B -X utf8 -m barwatch_agent%ls", program,
		       arguments()) < 0 || command[LONGEST - 1]) {
		SetLastError(ERROR_FILENAME_EXCED_RANGE);
		return failed("the command line");
	}
	SetConsoleCtrlHandler(leave_it_to_python, TRUE);
	GetStartupInfoW(&startup);
	if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup, &process))
		return failed("its Python");
	end_with_us(process.hProcess);
	ResumeThread(process.hThread);
	WaitForSingleObject(process.hProcess, INFINITE);
	GetExitCodeProcess(process.hProcess, &code);
	return (int)code;
}
