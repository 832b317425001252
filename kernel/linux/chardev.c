// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * /dev/netmap: an open file is a client of the core.
 *
 * A mapping, a poller and a call each hold the file, so the client, its port and its region are
 * there as long as one of them is.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "nm_linux.h"

#define REASON_SIZE	256

static int dev_open(struct inode *inode, struct file *file)
{
	struct nm_client *client;
	int error = nm_client_open(nm_linux_core, NULL, &client);

	if (error)
		return error;
	file->private_data = client;
	return nonseekable_open(inode, file);
}

static int dev_release(struct inode *inode, struct file *file)
{
	nm_client_close(file->private_data);
	return 0;
}

static void log_refusal(struct nm_client *client, int error)
{
	char reason[REASON_SIZE];

	nm_client_reason(client, reason, sizeof(reason));
	if (reason[0])
		nm_os_log(&nm_linux_os, "%s[%d]: %s (error %d)", current->comm,
			  task_pid_nr(current), reason, -error);
}

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct nm_client *client = file->private_data;
	int error = nm_client_control(client, cmd, arg);

	/* A stopped ring is in the log already, and comes with every sync. */
	if (unlikely(error) && cmd != NIOCTXSYNC && cmd != NIOCRXSYNC)
		log_refusal(client, error);
	return error;
}

static __poll_t dev_poll(struct file *file, poll_table *table)
{
	struct nm_client *client = file->private_data;
	const __poll_t asked = poll_requested_events(table);
	u32 events = 0, ready;

	if (asked & (EPOLLIN | EPOLLRDNORM))
		events |= POLLIN;
	if (asked & (EPOLLOUT | EPOLLWRNORM))
		events |= POLLOUT;
	/*
	 * Record, then look: what comes after the look finds us in the queue. Always, also where
	 * something is ready: epoll asks for the queues once, when a file is added.
	 */
	if (!poll_does_not_wait(table)) {
		struct nm_waiter waiter = { .file = file, .table = table };

		nm_client_record(client, &waiter, events);
	}
	ready = nm_client_poll(client, events, false);
	return (ready & POLLIN ? EPOLLIN | EPOLLRDNORM : 0) |
	       (ready & POLLOUT ? EPOLLOUT | EPOLLWRNORM : 0) |
	       (ready & POLLERR ? EPOLLERR : 0);
}

/* The client stays bound to its region until the file goes, which the mapping holds. */
static vm_fault_t dev_fault(struct vm_fault *vmf)
{
	const struct nm_os_mem *mem = nm_client_mem(vmf->vma->vm_file->private_data);
	const u64 offset = (u64)vmf->pgoff << PAGE_SHIFT;
	struct page *page;

	if (!mem || offset >= PAGE_ALIGN(READ_ONCE(mem->size)))
		return VM_FAULT_SIGBUS;
	page = vmalloc_to_page(mem->base + offset);
	get_page(page);
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct dev_vm_ops = {
	.fault = dev_fault,
};

static int dev_mmap(struct file *file, struct vm_area_struct *vma)
{
	const struct nm_os_mem *mem = nm_client_mem(file->private_data);
	const u64 pages = vma_pages(vma);
	u64 all;

	if (!mem)
		return -EINVAL;
	all = PAGE_ALIGN(READ_ONCE(mem->size)) >> PAGE_SHIFT;
	if (vma->vm_pgoff > all || pages > all - vma->vm_pgoff)
		return -EINVAL;
	/* A private copy of a page would be no ring any more. */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vma->vm_ops = &dev_vm_ops;
	return 0;
}

static const struct file_operations dev_fops = {
	.owner = THIS_MODULE,
	.open = dev_open,
	.release = dev_release,
	.unlocked_ioctl = dev_ioctl,
	/* Requests have the same layout for 32-bit programs: their pointers are 64 bits wide. */
	.compat_ioctl = compat_ptr_ioctl,
	.poll = dev_poll,
	.mmap = dev_mmap,
};

static struct miscdevice dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "netmap",
	.fops = &dev_fops,
	.mode = 0600,
};

int nm_chardev_register(void)
{
	return misc_register(&dev);
}

void nm_chardev_unregister(void)
{
	misc_deregister(&dev);
}
