// SPDX-License-Identifier: BSD-2-Clause
/*
 * The device of netmap_hosted.h: what open(), ioctl(), mmap(), poll() and close() of /dev/netmap
 * are, as functions.
 */
#include "hosted.h"

#include <stdlib.h>
#include <time.h>

#define REASON_SIZE	256

struct nmh {
	struct nm_os os;
	struct nm_core *core;
};

/**
 * struct nmh_fd - an open descriptor
 * @calls: polls and ioctls under way; close waits for them
 * @closing: no such call may begin
 */
struct nmh_fd {
	struct nm_waiter waiter;
	struct nm_client *client;
	struct nmh *world;
	u32 calls;
	bool closing;
	char reason[REASON_SIZE];
};

int nmh_create(const struct nmh_config *config, struct nmh **out)
{
	struct nmh *world = nm_os_alloc(sizeof(*world));
	struct nm_core_config core;
	int error;

	if (!world)
		return -ENOMEM;
	error = nmh_os_init(&world->os, config->shared);
	if (error)
		goto fail_os;
	world->os.memory_file = config->memory_file;
	world->os.buf_size = config->buf_size ? config->buf_size : NM_BUF_SIZE;
	if (config->wire_workers) {
		error = -ENOMEM;
		world->os.wire = nmh_wire_create(config->wire_workers, config->tsc_hz);
		if (!world->os.wire)
			goto fail_core;
	}
	core = (struct nm_core_config){
		.os = &world->os,
		.buf_size = config->buf_size,
		.priv_buf_size = config->priv_buf_size,
		.buf_num = config->buf_num,
		.buf_headroom = config->buf_headroom,
		.fixed = config->fixed,
		.no_timestamp = config->no_timestamp,
	};
	error = nm_core_create(&core, &world->core);
	if (error)
		goto fail_core;
	*out = world;
	return 0;

fail_core:
	nmh_wire_destroy(world->os.wire);
	nmh_os_destroy(&world->os);
fail_os:
	nm_os_free(world);
	return error;
}

void nmh_destroy(struct nmh *world)
{
	nm_core_namespace_gone(world->core, nm_os_namespace(&world->os));
	nm_core_destroy(world->core);
	nmh_wire_destroy(world->os.wire);
	nmh_os_destroy(&world->os);
	nm_os_free(world);
}

struct nm_core *nmh_core(struct nmh *world)
{
	return world->core;
}

struct nm_os *nmh_os(struct nmh *world)
{
	return &world->os;
}

struct nmh_wire *nmh_wire_of(struct nmh *world)
{
	return world->os.wire;
}

const char *nmh_memory_kind(const struct nmh *world)
{
	return nm_read_once(world->os.memory_kind);
}

int nmh_open(struct nmh *world, struct nmh_fd **out)
{
	struct nmh_fd *fd = nm_os_alloc(sizeof(*fd));
	int error;

	if (!fd)
		return -ENOMEM;
	fd->world = world;
	nmh_waiter_init(&fd->waiter, &world->os);
	error = nm_client_open(world->core, &fd->waiter, &fd->client);
	if (error) {
		nmh_waiter_destroy(&fd->waiter);
		nm_os_free(fd);
		return error;
	}
	*out = fd;
	return 0;
}

/*
 * A poll or an ioctl that may sleep is counted, so that close can wait until it has left. The other
 * syncs are not: they are the hot path, they do not sleep, and a thread that is in one while
 * another closes the descriptor was about to use it after.
 *
 * Both sides store and then load what the other stores, hence the strongest order: either the call
 * sees closing, or close sees the call.
 */
static bool call_begin(struct nmh_fd *fd)
{
	__atomic_fetch_add(&fd->calls, 1u, __ATOMIC_SEQ_CST);
	return !__atomic_load_n(&fd->closing, __ATOMIC_SEQ_CST);
}

/*
 * Release: all that the call did comes before the close that sees it gone. The last touch of @fd.
 */
static void call_end(struct nmh_fd *fd)
{
	__atomic_fetch_sub(&fd->calls, 1u, __ATOMIC_RELEASE);
}

void nmh_close(struct nmh_fd *fd)
{
	const struct timespec moment = { .tv_nsec = 20000 };

	__atomic_store_n(&fd->closing, true, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&fd->calls, __ATOMIC_SEQ_CST)) {
		nmh_waiter_wake(&fd->waiter);
		nanosleep(&moment, NULL);
	}
	nm_client_close(fd->client);
	nmh_waiter_destroy(&fd->waiter);
	nm_os_free(fd);
}

int nmh_ioctl(struct nmh_fd *fd, unsigned long cmd, void *arg)
{
	int error = -EBADF;

	if (call_begin(fd))
		error = nm_client_control(fd->client, (u32)cmd, (u64)(uintptr_t)arg);
	call_end(fd);
	return error;
}

void *nmh_mmap(struct nmh_fd *fd, size_t *size)
{
	const struct nm_os_mem *mem = nm_client_mem(fd->client);

	if (!mem)
		return NULL;
	if (size)
		*size = nm_read_once(mem->size);
	return mem->base;
}

int nmh_txsync(struct nmh_fd *fd)
{
	return nm_client_sync(fd->client, NM_TX);
}

int nmh_rxsync(struct nmh_fd *fd)
{
	return nm_client_sync(fd->client, NM_RX);
}

/* The earlier of two times, of which 0 is never. */
static u64 earlier(u64 a, u64 b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static int poll_until(struct nmh_fd *fd, u32 events, bool block, u64 give_up_ns)
{
	struct nm_waiter *waiter = &fd->waiter;

	for (;;) {
		/* Before the look: a wake-up after this ends the sleep, event.c. */
		const u32 seen = nmh_waiter_wakeups(waiter);
		const bool has_eventfd = nm_read_once(waiter->event_fd) >= 0;
		const u32 ready = nm_client_poll(fd->client, events, block || has_eventfd);
		u64 until_ns;
		int error;

		if (ready)
			return (int)ready;
		if (!block) {
			if (has_eventfd)
				nmh_waiter_alarm(waiter, nm_client_deadline(fd->client, events));
			return 0;
		}
		if (give_up_ns && nm_os_now_ns() >= give_up_ns)
			return 0;
		until_ns = earlier(nm_client_deadline(fd->client, events), give_up_ns);
		error = nmh_waiter_sleep(waiter, seen, until_ns);
		if (error)
			return error;
		if (__atomic_load_n(&fd->closing, __ATOMIC_SEQ_CST))
			return POLLERR;
	}
}

int nmh_poll(struct nmh_fd *fd, short events, int timeout_ms)
{
	u64 give_up_ns = 0;
	int result = POLLERR;

	if (timeout_ms > 0)
		give_up_ns = nm_os_now_ns() + (u64)timeout_ms * 1000000u;
	if (call_begin(fd)) {
		/* Before the look: what comes after it makes the eventfd readable again. */
		nmh_waiter_drain(&fd->waiter);
		result = poll_until(fd, (u32)(unsigned short)events, timeout_ms != 0, give_up_ns);
	}
	call_end(fd);
	return result;
}

int nmh_eventfd(struct nmh_fd *fd)
{
	return nmh_waiter_eventfd(&fd->waiter);
}

const char *nmh_reason(struct nmh_fd *fd)
{
	nm_client_reason(fd->client, fd->reason, sizeof(fd->reason));
	return fd->reason;
}

const uint64_t *nmh_model_tsc_ticks(struct nmh_fd *fd, bool tx, unsigned int ring)
{
	struct nm_kring *kr = nm_client_ring(fd->client, tx ? NM_TX : NM_RX, ring);

	_Static_assert(sizeof(kr->stats.model_tsc_ticks) == sizeof(uint64_t), "u64 is uint64_t");
	return kr ? (const uint64_t *)(const void *)&kr->stats.model_tsc_ticks : NULL;
}

struct ports_arg {
	struct nmh_port_info *ports;
	int max;
	int count;
};

void nmh_port_info_fill(struct nmh_port_info *info, const struct nm_port_config *config)
{
	*info = (struct nmh_port_info){
		.tx_rings = config->num_rings[NM_TX],
		.rx_rings = config->num_rings[NM_RX],
		.tx_slots = config->num_slots[NM_TX],
		.rx_slots = config->num_slots[NM_RX],
		.speed_mbps = config->speed_mbps,
		.link_up = config->link_up,
	};
}

static void ports_visit(const struct nm_port_view *view, void *arg)
{
	struct ports_arg *list = arg;
	struct nmh_port_info *info = &list->ports[list->count];

	if (list->count == list->max)
		return;
	list->count++;
	nmh_port_info_fill(info, &view->config);
	nm_snprintf(info->name, sizeof(info->name), "%s", view->name);
	nm_snprintf(info->driver, sizeof(info->driver), "%s", view->driver);
}

int nmh_ports(struct nmh *world, struct nmh_port_info *ports, int max)
{
	struct ports_arg list = { .ports = ports, .max = max };

	return nm_core_ports(world->core, ports_visit, &list);
}
