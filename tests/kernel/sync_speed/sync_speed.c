// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What a sync costs inside the kernel. Clients of /dev/netmap that live in this module: they open
 * it, register, map the region and move head and cur as any program does, but call the file's ioctl
 * straight, so that no system call is in what they measure, and netmap.ko needs to know nothing of
 * them.
 *
 * In debugfs there is a file sync_speed/SHAPE-BATCH (or SHAPE-BATCH-SLOTS, where rings have not the
 * size that ports have by themselves) for each shape of traffic: who reads it has it measured, and
 * gets a line "shape=.. size=.. batch=.. slots=.. buf=.. calls=.. min=.. median=..", the last two in
 * thousandths of a TSC cycle a frame, or a call where nothing is sent. In a machine whose TSC counts
 * instructions (QEMU's -icount shift=0) they are instructions.
 *
 * The kernel closes a task's files on its way out of a system call, so each port is opened once in a
 * read. One reader at a time: @busy.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sort.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "net/netmap.h"
#include "net/netmap_user.h"

#ifndef __x86_64__
#error "sync_speed reads the time stamp counter of x86-64"
#endif

#define MAX_RECEIVERS	2
#define MAX_CALLS	100000u
#define MAX_TRIES	1000000u	/* RXSYNCs until a batch has come: then it is lost */

static unsigned int calls = 2000;
module_param(calls, uint, 0644);
MODULE_PARM_DESC(calls, "syncs that are measured for each line");

static const u32 batches[] = { 256, 512 };

/* An open file, bound, with its region mapped into the kernel. */
struct port {
	struct file *file;
	struct page **pages;
	u32 num_pages;
	void *memory;
	struct netmap_if *nif;
	struct netmap_ring *tx;
	struct netmap_ring *rx;
};

/**
 * struct run - one measurement
 * @batch: frames per sync, 0 where the shape is of a call with nothing to do
 * @calls: syncs
 * @samples: for each of them TSC ticks
 * @slots: of the sender's ring
 * @buf_size: of a buffer
 */
struct run {
	u32 batch;
	u32 calls;
	u64 *samples;
	u32 slots;
	u32 buf_size;
};

/**
 * struct shape - what is sent
 * @name: of the file, and in its lines
 * @size: of a frame, without its CRC
 * @slots: of the rings; 0: as many as the ports have by themselves
 * @receivers: ports of the switch besides the sender's
 * @broadcast: frames go to all of them, else to the first
 * @measure: fills in what @run is to have; -EIO is a frame that was lost, or a ring that broke the
 *	rules
 */
struct shape {
	const char *name;
	u32 size;
	u32 slots;
	u32 receivers;
	bool broadcast;
	int (*measure)(const struct shape *shape, struct run *run);
};

static DEFINE_MUTEX(busy);
static struct dentry *dir;

static u64 ticks(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return low | (u64)high << 32;
}

static long sync_ring(struct port *port, unsigned int cmd)
{
	return port->file->f_op->unlocked_ioctl(port->file, cmd, 0);
}

/* The request, in a page of the reader's own memory: that is where the module looks for it. */
static int port_register(struct port *port, const char *name, struct nmreq_register *reg)
{
	struct nmreq_header head = {
		.nr_version = NETMAP_API,
		.nr_reqtype = NETMAP_REQ_REGISTER,
	};
	const unsigned long at = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, 0);
	void __user *to_head, *to_reg;
	long error;

	if (IS_ERR_VALUE(at))
		return (int)at;
	to_head = (void __user *)at;
	to_reg = (void __user *)(at + sizeof(head));
	strscpy(head.nr_name, name, sizeof(head.nr_name));
	head.nr_body = at + sizeof(head);
	if (copy_to_user(to_head, &head, sizeof(head)) || copy_to_user(to_reg, reg, sizeof(*reg)))
		error = -EFAULT;
	else
		error = port->file->f_op->unlocked_ioctl(port->file, NIOCCTRL, at);
	if (!error && copy_from_user(reg, to_reg, sizeof(*reg)))
		error = -EFAULT;
	vm_munmap(at, PAGE_SIZE);
	return (int)error;
}

/* The region's pages, by way of a mapping in the reader's memory, which goes again. */
static int port_map(struct port *port, u64 size)
{
	const u32 want = DIV_ROUND_UP(size, PAGE_SIZE);
	unsigned long at;
	int got = 0;

	port->pages = kvcalloc(want, sizeof(*port->pages), GFP_KERNEL);
	if (!port->pages)
		return -ENOMEM;
	at = vm_mmap(port->file, 0, (unsigned long)want << PAGE_SHIFT, PROT_READ | PROT_WRITE,
		     MAP_SHARED, 0);
	if (IS_ERR_VALUE(at))
		return (int)at;
	while (port->num_pages < want) {
		got = get_user_pages_fast(at + ((unsigned long)port->num_pages << PAGE_SHIFT),
					  (int)(want - port->num_pages), FOLL_WRITE,
					  port->pages + port->num_pages);
		if (got <= 0)
			break;
		port->num_pages += (u32)got;
	}
	vm_munmap(at, (unsigned long)want << PAGE_SHIFT);
	if (port->num_pages < want)
		return got < 0 ? got : -EFAULT;
	port->memory = vmap(port->pages, want, VM_MAP, PAGE_KERNEL);
	return port->memory ? 0 : -ENOMEM;
}

static void port_close(struct port *port)
{
	u32 i;

	if (port->memory)
		vunmap(port->memory);
	for (i = 0; i < port->num_pages; i++)
		put_page(port->pages[i]);
	kvfree(port->pages);
	if (port->file)
		filp_close(port->file, NULL);
	memset(port, 0, sizeof(*port));
}

/* @slots: of its rings, 0: as it comes. What is open of it after an error port_close() closes. */
static int port_open(struct port *port, const char *name, u32 slots)
{
	struct nmreq_register reg = {
		.nr_mode = NR_REG_ALL_NIC,
		.nr_tx_slots = slots,
		.nr_rx_slots = slots,
	};
	struct file *file = filp_open(NETMAP_DEVICE_NAME, O_RDWR, 0);
	int error;

	memset(port, 0, sizeof(*port));
	if (IS_ERR(file))
		return (int)PTR_ERR(file);
	port->file = file;
	error = port_register(port, name, &reg);
	if (!error)
		error = port_map(port, reg.nr_memsize);
	if (error)
		return error;
	port->nif = NETMAP_IF(port->memory, reg.nr_offset);
	port->tx = NETMAP_TXRING(port->nif, 0);
	port->rx = NETMAP_RXRING(port->nif, 0);
	return 0;
}

static void advance(struct netmap_ring *ring, u32 slots)
{
	const u32 to = ring->head + slots;

	ring->cur = to < ring->num_slots ? to : to - ring->num_slots;
	/* The slots are written before. */
	smp_store_release(&ring->head, ring->cur);
}

/*
 * All that has come in goes back, unmeasured. Return: 0, or -EIO where that are not @expected frames
 * or the ring was re-initialised: then nothing that was measured means anything.
 */
static int release(struct port *port, u32 expected)
{
	struct netmap_ring *ring = port->rx;
	u32 got;

	if (sync_ring(port, NIOCRXSYNC))
		return -EIO;
	got = nm_ring_space(ring);
	advance(ring, got);
	if (sync_ring(port, NIOCRXSYNC))
		return -EIO;
	return got == expected ? 0 : -EIO;
}

/* A frame of station @from in each buffer of the ring; @to < 0: for everybody. */
static void fill(struct netmap_ring *ring, int to, int from, u32 size)
{
	u8 frame[ETH_HLEN] = { 0x02, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0x88, 0xb5 };
	u32 i;

	if (to < 0)
		eth_broadcast_addr(frame);
	else
		frame[ETH_ALEN - 1] = (u8)to;
	frame[2 * ETH_ALEN - 1] = (u8)from;
	for (i = 0; i < ring->num_slots; i++) {
		struct netmap_slot *slot = &ring->slot[i];
		char *data = NETMAP_BUF(ring, slot->buf_idx);

		memset(data, 0x5a, size);
		memcpy(data, frame, sizeof(frame));
		slot->len = (u16)size;
		slot->flags = 0;
	}
}

/* One TXSYNC of @batch slots, measured. */
static int send(struct port *port, u32 batch, u64 *sample)
{
	u64 start;
	long error;

	if (nm_ring_space(port->tx) < batch)
		return -EIO;
	advance(port->tx, batch);
	start = ticks();
	error = sync_ring(port, NIOCTXSYNC);
	*sample = ticks() - start;
	return (int)error;
}

static void describe(struct run *run, const struct port *sender)
{
	run->slots = sender->tx->num_slots;
	run->buf_size = sender->tx->nr_buf_size;
}

#define SENDER	100	/* number of its station; the receivers' are 0, 1, ... */

static int measure_vale(const struct shape *shape, struct run *run)
{
	struct port sender = {}, receivers[MAX_RECEIVERS] = {};
	char name[NETMAP_REQ_IFNAMSIZ];
	u64 unused;
	u32 i, c;
	int error = port_open(&sender, "vale7:sender", shape->slots);

	for (i = 0; i < shape->receivers && !error; i++) {
		snprintf(name, sizeof(name), "vale7:%u", i);
		error = port_open(&receivers[i], name, shape->slots);
		if (error)
			break;
		/* The switch learns where it is. */
		fill(receivers[i].tx, -1, (int)i, shape->size);
		error = send(&receivers[i], 1, &unused);
	}
	/* What they told each other. */
	for (i = 0; i < shape->receivers && !error; i++)
		error = release(&receivers[i], shape->receivers - 1 - i);
	if (error)
		goto out;
	fill(sender.tx, shape->broadcast ? -1 : 0, SENDER, shape->size);
	describe(run, &sender);
	for (c = 0; c < run->calls && !error; c++) {
		error = send(&sender, run->batch, &run->samples[c]);
		for (i = 0; i < shape->receivers && !error; i++)
			error = release(&receivers[i], i && !shape->broadcast ? 0 : run->batch);
		cond_resched();
	}
out:
	for (i = 0; i < MAX_RECEIVERS; i++)
		port_close(&receivers[i]);
	port_close(&sender);
	return error;
}

static int measure_empty(const struct shape *shape, struct run *run)
{
	struct port sender = {}, receiver = {};
	int error = port_open(&sender, "vale7:sender", 0);
	u32 c;

	if (!error)
		error = port_open(&receiver, "vale7:receiver", 0);
	if (!error)
		describe(run, &sender);
	for (c = 0; c < run->calls && !error; c++) {
		error = send(&sender, 0, &run->samples[c]);
		cond_resched();
	}
	port_close(&receiver);
	port_close(&sender);
	return error;
}

static int measure_pipe(const struct shape *shape, struct run *run)
{
	struct port sender = {}, receiver = {};
	int error = port_open(&sender, "sync_speed{1", 0);
	u64 unused;
	u32 c, i;

	if (!error)
		error = port_open(&receiver, "sync_speed}1", 0);
	if (!error)
		describe(run, &sender);
	for (c = 0; c < run->calls && !error; c++) {
		u32 at = sender.tx->head;

		/* The slots came back empty. */
		for (i = 0; i < run->batch; i++) {
			sender.tx->slot[at].len = (u16)shape->size;
			sender.tx->slot[at].flags = 0;
			at = nm_ring_next(sender.tx, at);
		}
		error = send(&sender, run->batch, &run->samples[c]);
		if (!error)
			error = release(&receiver, run->batch);
		/* Learns that there is room. */
		if (!error)
			error = send(&sender, 0, &unused);
		cond_resched();
	}
	port_close(&receiver);
	port_close(&sender);
	return error;
}

/*
 * Two interfaces that are each other's peer, v0 and v1, through the emulated adapter: from the
 * TXSYNC until all frames are in the receiver's ring, with the device, the softirqs and the syncs
 * between.
 */
static int measure_emulated(const struct shape *shape, struct run *run)
{
	struct port sender = {}, receiver = {};
	int error = port_open(&sender, "v0", 0);
	u64 unused;
	u32 c;

	if (!error)
		error = port_open(&receiver, "v1", 0);
	if (error)
		goto out;
	fill(sender.tx, -1, SENDER, shape->size);
	describe(run, &sender);
	for (c = 0; c < run->calls && !error; c++) {
		const u64 start = ticks();
		u32 tries = 0;

		error = send(&sender, run->batch, &unused);
		while (!error && nm_ring_space(receiver.rx) < run->batch) {
			error = (int)sync_ring(&receiver, NIOCRXSYNC);
			/* A device without a queue is not given all at once. */
			if (!error)
				error = send(&sender, 0, &unused);
			if (!error && ++tries == MAX_TRIES)
				error = -EIO;
			/* The kernel may have left them to its own thread. */
			cond_resched();
		}
		run->samples[c] = ticks() - start;
		if (!error)
			error = release(&receiver, run->batch);
		if (!error)
			error = send(&sender, 0, &unused);
		cond_resched();
	}
out:
	port_close(&receiver);
	port_close(&sender);
	return error;
}

static const struct shape shapes[] = {
	{ .name = "pipe", .size = 60, .measure = measure_pipe },
	{ .name = "vale_none", .size = 60, .broadcast = true, .measure = measure_vale },
	{ .name = "vale_one", .size = 60, .receivers = 1, .measure = measure_vale },
	{ .name = "vale_two", .size = 60, .receivers = 2, .broadcast = true, .measure = measure_vale },
	{ .name = "vale_one_1500", .size = 1500, .receivers = 1, .measure = measure_vale },
	{ .name = "vale_one_1500", .size = 1500, .slots = 512, .receivers = 1, .measure = measure_vale },
	{ .name = "empty_call", .measure = measure_empty },
	{ .name = "emulated", .size = 60, .measure = measure_emulated },
};

static int by_value(const void *a, const void *b)
{
	const u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* A file: its shape, and frames per sync. */
static struct show {
	const struct shape *shape;
	u32 batch;
} shows[ARRAY_SIZE(shapes) * ARRAY_SIZE(batches)];

static int measure(struct seq_file *to, const struct show *show)
{
	const struct shape *shape = show->shape;
	const u32 things = show->batch ?: 1;
	struct run run = {
		.batch = show->batch,
		.calls = clamp(READ_ONCE(calls), 1u, MAX_CALLS),
	};
	int error;

	run.samples = kvcalloc(run.calls, sizeof(*run.samples), GFP_KERNEL);
	if (!run.samples)
		return -ENOMEM;
	error = shape->measure(shape, &run);
	if (!error) {
		sort(run.samples, run.calls, sizeof(*run.samples), by_value, NULL);
		seq_printf(to, "shape=%s size=%u batch=%u slots=%u buf=%u calls=%u min=%llu median=%llu\n",
			   shape->name, shape->size, run.batch, run.slots, run.buf_size, run.calls,
			   run.samples[0] * 1000 / things,
			   run.samples[run.calls / 2] * 1000 / things);
	} else {
		pr_err("sync_speed: %s cannot be measured (error %d); 2: load netmap.ko, 6: make v0 and v1, 5: a frame was lost, or a ring broke the rules\n",
		       shape->name, -error);
	}
	kvfree(run.samples);
	return error;
}

static int measure_show(struct seq_file *to, void *unused)
{
	int error;

	if (mutex_lock_interruptible(&busy))
		return -EINTR;
	error = measure(to, to->private);
	mutex_unlock(&busy);
	return error;
}
DEFINE_SHOW_ATTRIBUTE(measure);

static int __init sync_speed_init(void)
{
	const struct shape *shape;
	struct show *show = shows;
	char name[40];
	u32 b;

	dir = debugfs_create_dir("sync_speed", NULL);
	if (IS_ERR(dir))
		return (int)PTR_ERR(dir);
	for (shape = shapes; shape < shapes + ARRAY_SIZE(shapes); shape++) {
		/* A call that sends nothing has no batch; one slot of a ring stays empty. */
		for (b = 0; b < (shape->size ? ARRAY_SIZE(batches) : 1); b++) {
			if (shape->slots && batches[b] >= shape->slots)
				continue;
			show->shape = shape;
			show->batch = shape->size ? batches[b] : 0;
			if (shape->slots)
				snprintf(name, sizeof(name), "%s-%u-%u", shape->name, show->batch,
					 shape->slots);
			else
				snprintf(name, sizeof(name), "%s-%u", shape->name, show->batch);
			debugfs_create_file(name, 0400, dir, show++, &measure_fops);
		}
	}
	return 0;
}

static void __exit sync_speed_exit(void)
{
	debugfs_remove_recursive(dir);
}

module_init(sync_speed_init);
module_exit(sync_speed_exit);

MODULE_DESCRIPTION("What a sync of netmap costs inside the kernel");
MODULE_AUTHOR("The nmgen authors");
MODULE_LICENSE("Dual BSD/GPL");
