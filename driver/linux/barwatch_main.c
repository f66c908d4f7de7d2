// SPDX-License-Identifier: GPL-2.0-only
/*
 * barwatch: reads the PCI registers that an administrator listed, one load each, and tells how that
 * went.
 *
 * What it can do is in barwatch_ioctl.h, what it never can in driver/README.md, which lock protects
 * what in barwatch.h.
 */

#include <linux/capability.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "barwatch.h"

atomic64_t bw_counters[BW_COUNTERS];

/*
 * Lockdown is never lifted before the next boot, so one refusal is remembered: each question asked
 * in vain is logged. Mappings from before end then. The caller holds no function.
 */
bool bw_is_locked_down(void)
{
	static bool was_refused;

	if (READ_ONCE(was_refused))
		return true;
	if (!security_locked_down(LOCKDOWN_PCI_ACCESS))
		return false;
	WRITE_ONCE(was_refused, true);
	bw_table_unmap();
	return true;
}

/*
 * CAP_SYS_RAWIO is what /dev/mem and ioperm() ask for, and a policy hands out a small part of that.
 * Both must have it: who opened the handle, lest one that leaked be used by a privileged process in
 * good faith; and who uses it now.
 */
bool bw_is_administrator(const struct bw_handle *handle)
{
	return file_ns_capable(handle->file, &init_user_ns, CAP_SYS_RAWIO) &&
	       capable(CAP_SYS_RAWIO);
}

static u64 bw_counted(enum bw_counter counter)
{
	return atomic64_read(&bw_counters[counter]);
}

static int bw_info_tell(struct bw_handle *handle, void *request, void __user *user)
{
	struct bw_info *info = request;

	if (info->flags)
		return bw_errno(BW_REFUSED_FLAG);
	*info = (struct bw_info){ .out_features = BW_FEATURE_MAP, .out_page_size = PAGE_SIZE };
	bw_info_fill(info, bw_counted);
	if (BW_WIDTHS & 8)
		info->out_features |= BW_FEATURE_READ8;
#ifdef BARWATCH_WRITE
	info->out_features |= BW_FEATURE_WRITE;
#endif
#ifdef BARWATCH_BENCH
	info->out_features |= BW_FEATURE_BENCH;
#endif
	bw_policy_describe(info);
	return 0;
}

/* Room for every struct that a command begins with. */
union bw_request {
	u32 size;
	struct bw_info info;
	struct bw_policy policy;
	struct bw_bars bars;
	struct bw_batch batch;
	struct bw_map map;
#ifdef BARWATCH_WRITE
	struct bw_write write;
#endif
#ifdef BARWATCH_BENCH
	struct bw_bench bench;
#endif
};

struct bw_command {
	unsigned int number;
	u32 first;	/* bytes of the struct in ABI version 1, enum bw_first */
	u32 known;	/* bytes of it now */
	/* The items of a batch follow at `items`. A negative result is the call's. */
	int (*run)(struct bw_handle *handle, void *request, void __user *items);
};

static const struct bw_command bw_commands[] = {
	{ BW_IOCTL_INFO, BW_FIRST_INFO, sizeof(struct bw_info), bw_info_tell },
	{ BW_IOCTL_POLICY, BW_FIRST_POLICY, sizeof(struct bw_policy), bw_policy_load },
	{ BW_IOCTL_BARS, BW_FIRST_BARS, sizeof(struct bw_bars), bw_bars_tell },
	{ BW_IOCTL_READ, BW_FIRST_BATCH, sizeof(struct bw_batch), bw_read_batch },
	{ BW_IOCTL_CONFIG, BW_FIRST_BATCH, sizeof(struct bw_batch), bw_config_batch },
	{ BW_IOCTL_MAP, BW_FIRST_MAP, sizeof(struct bw_map), bw_map_make },
#ifdef BARWATCH_WRITE
	{ BW_IOCTL_WRITE, BW_FIRST_WRITE, sizeof(struct bw_write), bw_write_register },
#endif
#ifdef BARWATCH_BENCH
	{ BW_IOCTL_BENCH, 32, sizeof(struct bw_bench), bw_bench_loop },
#endif
};

static int bw_command_run(const struct bw_command *command, struct bw_handle *handle,
			  void __user *user)
{
	union bw_request request;
	u32 size;
	int err;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	err = bw_errno(bw_judge_size(size, command->first));
	if (!err)
		err = copy_struct_from_user(&request, command->known, user, size);
	if (err)
		return err;
	request.size = size; /* what was judged, whatever the caller's memory says meanwhile */
	err = command->run(handle, &request, user + size);
	if (err)
		return err;
	request.size = size;
	return copy_to_user(user, &request, min(size, command->known)) ? -EFAULT : 0;
}

static long bw_ioctl(struct file *file, unsigned int number, unsigned long argument)
{
	unsigned int index;
	int err = -ENOTTY;

	for (index = 0; index < ARRAY_SIZE(bw_commands); index++) {
		if (bw_commands[index].number == number)
			err = bw_command_run(&bw_commands[index], file->private_data,
					     (void __user *)argument);
	}
	if (err)
		atomic64_inc(&bw_counters[BW_COUNT_REQUESTS_REFUSED]);
	return err;
}

static int bw_open(struct inode *inode, struct file *file)
{
	struct bw_handle *handle;

	if (file->f_mode & FMODE_WRITE && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (atomic64_inc_return(&bw_counters[BW_COUNT_HANDLES]) > BW_HANDLES_MAX) {
		atomic64_dec(&bw_counters[BW_COUNT_HANDLES]);
		atomic64_inc(&bw_counters[BW_COUNT_HANDLES_REFUSED]);
		return -EMFILE;
	}
	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle) {
		atomic64_dec(&bw_counters[BW_COUNT_HANDLES]);
		return -ENOMEM;
	}
	handle->file = file;
	mutex_init(&handle->lock);
	xa_init_flags(&handle->maps, XA_FLAGS_ALLOC1);
	file->private_data = handle;
	return nonseekable_open(inode, file);
}

static int bw_release(struct inode *inode, struct file *file)
{
	struct bw_handle *handle = file->private_data;

	bw_maps_release(handle);
	mutex_destroy(&handle->lock);
	kfree(handle);
	atomic64_dec(&bw_counters[BW_COUNT_HANDLES]);
	return 0;
}

/* The owner keeps the module loaded while a handle is open or a page is mapped. */
static const struct file_operations bw_file_operations = {
	.owner = THIS_MODULE,
	.open = bw_open,
	.release = bw_release,
	.unlocked_ioctl = bw_ioctl,
	.compat_ioctl = compat_ptr_ioctl, /* every struct is the same for 32 bits */
	.mmap = bw_map_mmap,
};

static struct miscdevice bw_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = BW_DEVICE,
	.fops = &bw_file_operations,
	.mode = 0600,
};

static int __init bw_init(void)
{
	int err = bw_functions_init();

	if (err)
		return err;
	err = misc_register(&bw_device);
	if (err)
		bw_functions_exit();
	return err;
}

static void __exit bw_exit(void)
{
	misc_deregister(&bw_device);
	bw_functions_exit();
	bw_policy_exit();
}

module_init(bw_init);
module_exit(bw_exit);
MODULE_DESCRIPTION("Reads the PCI registers that an administrator listed");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
