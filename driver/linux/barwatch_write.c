// SPDX-License-Identifier: GPL-2.0-only
/* WRITE, in a BARWATCH_WRITE build only: this file is not compiled into any other. */

#include <linux/io.h>

#include "barwatch.h"

static void bw_store(const struct bw_window *window, u64 value)
{
	switch (window->width) {
	case 1:
		writeb(value, window->where);
		break;
	case 2:
		writew(value, window->where);
		break;
	case 4:
		writel(value, window->where);
		break;
#ifdef CONFIG_64BIT
	case 8:
		writeq(value, window->where);
		break;
#endif
	}
}

static u32 bw_write_find(struct bw_visit *visit, const struct bw_write *request,
			 struct bw_window *window)
{
	struct bw_access access = {
		.right = BW_RIGHT_WRITE,
		.bar = request->bar,
		.offset = request->offset,
		.length = request->width,
	};
	u32 status = bw_judge_write(request, BW_WIDTHS);

	if (!status && visit->is_locked_down)
		status = BW_DENIED_LOCKDOWN;
	if (!status)
		status = bw_visit_function(visit, &request->address);
	if (!status)
		status = bw_visit_register(visit, &access, window);
	if (status)
		return status;
	access.write_mask = request->mask;
	return bw_visit_granted(visit, &access) ? BW_WRONG_MASK : BW_OK;
}

/* WRITE: see struct bw_write. */
int bw_write_register(struct bw_handle *handle, void *argument, void __user *user)
{
	struct bw_write *request = argument;
	struct bw_window window;
	struct bw_visit visit;

	if (!(handle->file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!bw_is_administrator(handle))
		return -EPERM;
	if (request->flags)
		return bw_errno(BW_REFUSED_FLAG);
	request->out_before = 0;
	request->out_after = 0;
	bw_visit_begin(&visit);
	request->out_status = bw_write_find(&visit, request, &window);
	if (!request->out_status) {
		request->out_before = bw_load(&window);
		bw_store(&window,
			 (request->out_before & ~request->mask) | (request->value & request->mask));
		request->out_after = bw_load(&window);
	}
	bw_visit_count(&visit, request->out_status);
	bw_visit_end(&visit);
	return 0;
}
