/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hosted netmap: the core as a library, with nothing loaded. A world is what a machine with the
 * module would be: ports, and a /dev/netmap that is opened, controlled, synced, polled and closed
 * by the functions below.
 *
 * Functions return 0 (or what they say) or a negative errno; nmh_reason() has the sentence. All may
 * be called from any thread. Two threads may use one descriptor at the same time; for speed, give
 * each thread its own descriptor and ring.
 */
#ifndef NETMAP_HOSTED_H
#define NETMAP_HOSTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nmh;	/* a world */
struct nmh_wire;	/* wire_time.h */
struct nmh_fd;	/* an open descriptor of its device */

/* All zero takes the defaults of netmap's parameters. */
struct nmh_config {
	/* Bytes a buffer, 2048; a multiple of 64. An odd one spreads frames over all cache sets. */
	uint32_t buf_size;
	/* Buffers at start, 163840; more are made when a client asks for extra buffers. */
	uint32_t buf_num;
	/* The same for the memory that each VALE port has of its own, 2048. */
	uint32_t priv_buf_size;
	/*
	 * Bytes from the begin of a page to the first buffer, a multiple of 64: room of a device, of
	 * which each other buffer has as much before it, at the end of the one before.
	 */
	uint32_t buf_headroom;
	/*
	 * Makes the file that backs @size bytes of memory with buffers of @buf_size bytes, where a
	 * driver needs one of its own kind (nmh_driver.memory_file). Return: its descriptor, which is
	 * closed with the memory, or a negative errno. NULL: any memory does.
	 */
	int (*memory_file)(uint64_t size, uint32_t buf_size);
	/* The memory keeps its size: who asks for more buffers gets fewer. */
	bool fixed;
	/* Back the memory by memfds, which other processes may map; else by private pages. */
	bool shared;
	bool no_timestamp;	/* rxsync does not write ts */
	/*
	 * Threads that the simulated wires wait for (wire_time.h), and the rate of the TSC; 0: wires
	 * are in real time.
	 */
	uint32_t wire_workers;
	double tsc_hz;
};

int nmh_create(const struct nmh_config *config, struct nmh **out);

/* All descriptors are closed and all models destroyed before; persistent ports go with it. */
void nmh_destroy(struct nmh *world);

/* The time of the world's simulated wires; NULL: real time, as nmh_config.wire_workers is 0. */
struct nmh_wire *nmh_wire_of(struct nmh *world);

/* "2 MiB pages", "4 KiB pages (no huge pages: ...)" */
const char *nmh_memory_kind(const struct nmh *world);

int nmh_open(struct nmh *world, struct nmh_fd **out);

/*
 * Threads in nmh_poll() or nmh_ioctl() on @fd are woken, get POLLERR or -EBADF, and are waited for;
 * no other call may be under way.
 */
void nmh_close(struct nmh_fd *fd);

/**
 * nmh_ioctl() - what ioctl() on /dev/netmap does
 * @cmd: NIOCCTRL, NIOCTXSYNC, NIOCRXSYNC, or a legacy one
 * @arg: as for ioctl(); pointers inside are this process's; a wild one gives -EFAULT
 */
int nmh_ioctl(struct nmh_fd *fd, unsigned long cmd, void *arg);

/*
 * The memory that mmap() would give, and its size; NULL before a REGISTER. It stays valid until
 * nmh_close().
 */
void *nmh_mmap(struct nmh_fd *fd, size_t *size);

/**
 * nmh_txsync(), nmh_rxsync() - NIOCTXSYNC and NIOCRXSYNC, without the detour through nmh_ioctl()
 */
int nmh_txsync(struct nmh_fd *fd);
int nmh_rxsync(struct nmh_fd *fd);

/**
 * nmh_poll() - what poll() on the device does
 * @events: POLLIN | POLLOUT
 * @timeout_ms: 0 looks once, -1 waits without end
 *
 * Return: the ready events (0 on timeout), POLLERR among them, or -EINTR.
 */
int nmh_poll(struct nmh_fd *fd, short events, int timeout_ms);

/**
 * nmh_eventfd() - a file descriptor for select(), poll() and epoll()
 *
 * It turns readable when nmh_poll() is worth calling again, and is so at first. Use: call
 * nmh_poll(fd, events, 0); when it returns 0, wait until the eventfd is readable, and call
 * nmh_poll() again, which also drains it: so let one thread do both. Owned by @fd; do not close it.
 * Return: the file descriptor, or a negative errno.
 */
int nmh_eventfd(struct nmh_fd *fd);

/*
 * Why the last call on @fd was refused, with the remedy. Valid until the next nmh_reason(); from
 * one thread at a time.
 */
const char *nmh_reason(struct nmh_fd *fd);

/**
 * nmh_model_tsc_ticks() - where the time that a simulated device has taken is counted
 * @tx: transmit rings, else receive rings
 * @ring: ring number, as in the port
 *
 * Return: a counter in TSC ticks that only grows, written in the ring's syncs; NULL where the ring
 * is not bound. Read it from the thread that syncs the ring.
 */
const uint64_t *nmh_model_tsc_ticks(struct nmh_fd *fd, bool tx, unsigned int ring);

/* One port of the world, for listings. */
struct nmh_port_info {
	char name[64];
	char driver[32];
	uint32_t tx_rings, rx_rings, tx_slots, rx_slots;
	uint32_t speed_mbps;
	bool link_up;
};

/* Fills at most @max entries. Return: how many ports there are. */
int nmh_ports(struct nmh *world, struct nmh_port_info *ports, int max);

#ifdef __cplusplus
}
#endif

#endif /* NETMAP_HOSTED_H */
