/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * PVOID bw_guarded_map(PMDL mdl, ULONG priority, NTSTATUS *raised)
 *
 * MmMapLockedPagesSpecifyCache(mdl, UserMode, MmNonCached, NULL, FALSE, priority), which raises an
 * exception where the pages cannot be mapped. GCC has no __try, so here is what one comes to: a
 * scope that __C_specific_handler finds when it unwinds, with a filter that keeps the code. The
 * code is taken there, since what RAX holds afterwards is Windows' own affair.
 *
 * Source: "x64 exception handling" (language-specific handler, scope table of begin, end, filter,
 * target).
 *
 * Frame, from RSP: 0x00 shadow space, 0x20 fifth argument, 0x28 sixth argument, 0x30 raised.
 */
	.set	FRAME, 0x38
	.set	FIFTH, 0x20
	.set	SIXTH, 0x28
	.set	RAISED, 0x30
	.set	USER_MODE, 1

	.text

/* The filter: RCX EXCEPTION_POINTERS, RDX the frame. Takes every exception. */
	.def	bw_guard_filter; .scl 3; .type 32; .endef
	.seh_proc bw_guard_filter
bw_guard_filter:
	.seh_endprologue
	movq	(%rcx), %rax
	movl	(%rax), %eax
	movq	RAISED(%rdx), %rcx
	movl	%eax, (%rcx)
	movl	$1, %eax
	ret
	.seh_endproc

	.globl	bw_guarded_map
	.def	bw_guarded_map; .scl 2; .type 32; .endef
	.seh_proc bw_guarded_map
bw_guarded_map:
	subq	$FRAME, %rsp
	.seh_stackalloc FRAME
	.seh_endprologue
	movq	%r8, RAISED(%rsp)
	movl	$0, FIFTH(%rsp)
	movl	%edx, SIXTH(%rsp)
	movl	$USER_MODE, %edx
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
.Lguarded:
	call	*__imp_MmMapLockedPagesSpecifyCache(%rip)
	nop
.Lguarded_end:
	jmp	.Lout
.Lraised:
	xorl	%eax, %eax
.Lout:
	addq	$FRAME, %rsp
	ret
	.seh_handler __C_specific_handler, @except
	.seh_handlerdata
	.long	1
	.rva	.Lguarded, .Lguarded_end, bw_guard_filter, .Lraised
	.text
	.seh_endproc
