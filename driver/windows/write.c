// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* WRITE, in a BARWATCH_WRITE build only: this file is not compiled into any other. */

#include "barwatch.h"

static void bw_store_now(const struct bw_register *to, __u64 value)
{
	switch (to->width) {
	case 1:
		*(volatile __u8 *)to->where = (__u8)value;
		break;
	case 2:
		*(volatile __u16 *)to->where = (__u16)value;
		break;
	case 4:
		*(volatile __u32 *)to->where = (__u32)value;
		break;
	default:
		*(volatile __u64 *)to->where = value;
		break;
	}
}

static __u32 bw_store(const struct bw_register *to, __u64 value)
{
	KIRQL irql;
	__u32 status = bw_power_enter(to->function, &irql);

	if (status)
		return status;
	bw_store_now(to, value);
	bw_power_leave(to->function, irql);
	return BW_OK;
}

static __u32 bw_write_find(struct bw_visit *visit, const struct bw_write *request,
			   struct bw_register *found)
{
	struct bw_access access = {
		.right = BW_RIGHT_WRITE,
		.bar = request->bar,
		.offset = request->offset,
		.length = request->width,
	};
	__u32 status = bw_judge_write(request, BW_WIDTHS);

	if (!status)
		status = bw_visit_function(visit, &request->address);
	if (!status)
		status = bw_visit_register(visit, &access, found);
	if (status)
		return status;
	access.write_mask = request->mask;
	return bw_visit_granted(visit, &access) ? BW_WRONG_MASK : BW_OK;
}

static __u32 bw_write_now(struct bw_write *request, const struct bw_register *found)
{
	__u64 ignored_ns;
	__u32 status = bw_load(found, &request->out_before, &ignored_ns);

	if (!status)
		status = bw_store(found, (request->out_before & ~request->mask) |
						 (request->value & request->mask));
	if (!status)
		status = bw_load(found, &request->out_after, &ignored_ns);
	if (status)
		request->out_before = 0;
	return status;
}

/* WRITE: see struct bw_write. The I/O manager has seen that the handle is open for writing. */
NTSTATUS bw_write_register(struct bw_call *call)
{
	struct bw_write *request = call->request;
	struct bw_register found;
	struct bw_visit visit;

	if (!bw_is_administrator())
		return STATUS_ACCESS_DENIED;
	if (request->flags)
		return bw_status_of(BW_REFUSED_FLAG);
	request->out_before = 0;
	request->out_after = 0;
	bw_visit_begin(&visit, call->irp);
	request->out_status = bw_write_find(&visit, request, &found);
	if (!request->out_status)
		request->out_status = bw_write_now(request, &found);
	bw_visit_count(&visit, request->out_status);
	bw_visit_end(&visit);
	return STATUS_SUCCESS;
}
