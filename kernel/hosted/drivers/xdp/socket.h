/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AF_XDP sockets: xdp(7)'s rings, of which each has a producer, a consumer and entries in memory that the kernel
 * shares. Functions return 0 or a negative errno.
 */
#ifndef XDP_SOCKET_H
#define XDP_SOCKET_H

#include <linux/if_xdp.h>

#include "nm_os.h"

/* One of a socket's rings, for one thread at a time. */
struct xdp_ring {
	u32 *producer, *consumer;
	u32 *flags;
	void *entries;		/* u64, or struct xdp_desc */
	u32 mask;
	u32 at;			/* ours: the next entry that we produce or consume */
	void *map;
	size_t map_size;
};

/* How frames get to and from a socket. */
enum xdp_mode { XDP_MODE_GENERIC, XDP_MODE_COPY, XDP_MODE_ZEROCOPY };

/* The memory of a region for sockets: chunks of @chunk bytes from @base on. */
struct xdp_memory {
	u8 *base;
	u64 size;
	u32 chunk;
};

struct xdp_socket {
	int fd;			/* -1: there is none */
	bool zerocopy;
	struct xdp_ring fill, completion, rx, tx;
};

/* What a socket is to be. */
struct xdp_socket_request {
	const struct xdp_memory *memory;
	int share;		/* the descriptor of a socket with the same memory; -1: there is none yet */
	bool copy;		/* not even to try zero copy */
	int index;
	u32 queue;
	u32 rx_slots, tx_slots;	/* 0: it does not receive, or send */
};

int xdp_socket_open(struct xdp_socket *socket, const struct xdp_socket_request *request);

/* The kernel uses none of the memory for it afterwards. */
void xdp_socket_close(struct xdp_socket *socket);

/* Frames that came in and found no room. */
u64 xdp_socket_missed(const struct xdp_socket *socket);

/* Entries that can be produced; @size: of the ring. */
static inline u32 xdp_ring_room(const struct xdp_ring *ring)
{
	/* The kernel has read the entries before it moves its consumer. */
	return ring->mask + 1 - (ring->at - nm_load_acquire(ring->consumer));
}

/* Entries that can be consumed. */
static inline u32 xdp_ring_ready(const struct xdp_ring *ring)
{
	/* The kernel has written the entries before it moves its producer. */
	return nm_load_acquire(ring->producer) - ring->at;
}

/* Shows the kernel what was produced, or consumed, up to ring->at. */
static inline void xdp_ring_produce(struct xdp_ring *ring)
{
	nm_store_release(ring->producer, ring->at);
}

static inline void xdp_ring_consume(struct xdp_ring *ring)
{
	nm_store_release(ring->consumer, ring->at);
}

static inline bool xdp_ring_needs_wakeup(const struct xdp_ring *ring)
{
	return nm_read_once(*ring->flags) & XDP_RING_NEED_WAKEUP;
}

#endif /* XDP_SOCKET_H */
