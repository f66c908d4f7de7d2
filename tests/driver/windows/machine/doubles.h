/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What machine.sys asks of machine.dll. */
#ifndef DOUBLES_H
#define DOUBLES_H

typedef void (*mc_thread)(void);

__declspec(dllimport) void mc_place(void *pdo, unsigned int bus, unsigned int address);
__declspec(dllimport) void mc_store(unsigned long long at, unsigned int value, unsigned int views);
__declspec(dllimport) void mc_fill(unsigned long long at, unsigned int byte, unsigned int views);
__declspec(dllimport) int mc_ending(unsigned int process_id);
__declspec(dllimport) void mc_pull_in_read(mc_thread pull);
__declspec(dllimport) void mc_fail_map(void);
__declspec(dllimport) void mc_fail_notify(void);
__declspec(dllimport) void mc_dying(int yes);
__declspec(dllimport) void mc_ordinary(int yes);
__declspec(dllimport) unsigned long long mc_count(unsigned int what);

#endif
