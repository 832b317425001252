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
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "nm_linux.h"

#define REASON_SIZE	256
#define NO_RIGHT_INTERVAL (5 * HZ)

/**
 * struct nm_file - an open file
 * @client: its client
 * @bound: to a port: its pollers find the queues of its rings. Set once
 * @early: pollers from before that. epoll asks for the queues once, when a file is added to it, so
 *	they stay here for good, and what wakes the rings' queues is passed on to this one
 * @links: struct early_link, one a ring; made by who sets @bound, freed with the file
 */
struct nm_file {
	struct nm_client *client;
	bool bound;
	wait_queue_head_t early;
	struct list_head links;
};

/* In a ring's queue, for the early pollers. The ring's lock is held around that of @early. */
struct early_link {
	struct list_head link;
	struct nm_file *file;
	wait_queue_head_t *queue;
	wait_queue_entry_t entry;
};

/* What early_add() is given through the kernel's table of a poll call. */
struct early_table {
	poll_table table;
	struct nm_file *file;
};

static int early_wake(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	struct early_link *link = container_of(entry, struct early_link, entry);

	__wake_up(&link->file->early, TASK_INTERRUPTIBLE, 1, key);
	return 0;
}

/* For each queue of the rings. So small a piece is always to be had, if need be in a while. */
static void early_add(struct file *file, wait_queue_head_t *queue, poll_table *table)
{
	struct early_table *early = container_of(table, struct early_table, table);
	struct early_link *link = kmalloc(sizeof(*link), GFP_KERNEL | __GFP_NOFAIL);

	link->file = early->file;
	link->queue = queue;
	init_waitqueue_func_entry(&link->entry, early_wake);
	list_add(&link->link, &early->file->links);
	add_wait_queue(queue, &link->entry);
}

/* Of all who may not open: they cannot fill the log that others' refusals go into. */
static void log_no_right(void)
{
	static struct ratelimit_state limit =
		RATELIMIT_STATE_INIT_FLAGS(limit, NO_RIGHT_INTERVAL, 1, RATELIMIT_MSG_ON_RELEASE);

	if (__ratelimit(&limit))
		nm_os_log(&nm_linux_os,
			  "%s[%d]: opening this device needs CAP_NET_ADMIN in the user namespace that owns the caller's network namespace (error %d)",
			  current->comm, task_pid_nr(current), EPERM);
}

static int dev_open(struct inode *inode, struct file *file)
{
	struct nm_file *f = kzalloc(sizeof(*f), GFP_KERNEL);
	int error;

	if (!f)
		return -ENOMEM;
	error = nm_client_open(nm_linux_core, NULL, &f->client);
	if (error) {
		kfree(f);
		if (error == -EPERM)
			log_no_right();
		return error;
	}
	init_waitqueue_head(&f->early);
	INIT_LIST_HEAD(&f->links);
	file->private_data = f;
	return nonseekable_open(inode, file);
}

/* The rings are there until the client is closed. */
static int dev_release(struct inode *inode, struct file *file)
{
	struct nm_file *f = file->private_data;
	struct early_link *link, *next;

	list_for_each_entry_safe(link, next, &f->links, link) {
		remove_wait_queue(link->queue, &link->entry);
		kfree(link);
	}
	nm_client_close(f->client);
	kfree(f);
	return 0;
}

/*
 * The file may have been bound just now: wake the threads that polled it before; they test again.
 * A thread that comes to @early after our test finds the port: dev_poll().
 */
static void look_if_bound(struct file *file, struct nm_file *f)
{
	struct early_table early = { .file = f };
	struct nm_waiter waiter = { .file = file, .table = &early.table };

	if (!nm_client_mem(f->client) || cmpxchg(&f->bound, false, true))
		return;
	/* cmpxchg() has a full fence after its store. */
	if (!waitqueue_active(&f->early))
		return;
	init_poll_funcptr(&early.table, early_add);
	nm_client_record(f->client, &waiter);
	wake_up_interruptible(&f->early);
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
	struct nm_file *f = file->private_data;
	int error = nm_client_control(f->client, cmd, arg);

	/* A stopped ring is in the log already, and comes with every sync. */
	if (cmd == NIOCTXSYNC || cmd == NIOCRXSYNC)
		return error;
	if (error)
		log_refusal(f->client, error);
	else if (!READ_ONCE(f->bound))
		look_if_bound(file, f);
	return error;
}

static __poll_t dev_poll(struct file *file, poll_table *table)
{
	struct nm_file *f = file->private_data;
	const __poll_t asked = poll_requested_events(table);
	u32 events = 0, ready;

	if (asked & (EPOLLIN | EPOLLRDNORM))
		events |= POLLIN;
	if (asked & (EPOLLOUT | EPOLLWRNORM))
		events |= POLLOUT;
	/*
	 * Record, then look: what comes after the look finds us in the queue. Always, also where
	 * something is ready, and for all that can be asked for: epoll asks for the queues once,
	 * when a file is added, and may be told later to wait for something else.
	 */
	if (!poll_does_not_wait(table)) {
		struct nm_waiter waiter = { .file = file, .table = table };

		if (!READ_ONCE(f->bound)) {
			poll_wait(file, &f->early, table);
			/* Pairs with look_if_bound(): it sees us there, or we see the port. */
			smp_mb();
		}
		nm_client_record(f->client, &waiter);
	}
	ready = nm_client_poll(f->client, events, false);
	return (ready & POLLIN ? EPOLLIN | EPOLLRDNORM : 0) |
	       (ready & POLLOUT ? EPOLLOUT | EPOLLWRNORM : 0) |
	       (ready & POLLERR ? EPOLLERR : 0);
}

/* The client stays bound to its region until the file goes, which the mapping holds. */
static vm_fault_t dev_fault(struct vm_fault *vmf)
{
	const struct nm_file *f = vmf->vma->vm_file->private_data;
	const struct nm_os_mem *mem = nm_client_mem(f->client);
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
	const struct nm_file *f = file->private_data;
	const struct nm_os_mem *mem = nm_client_mem(f->client);
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
