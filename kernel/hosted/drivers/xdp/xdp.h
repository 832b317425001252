/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the driver xdp: a port and its rings. */
#ifndef XDP_H
#define XDP_H

#include "hosted.h"
#include "nmh_netif.h"
#include "options.h"

#include "bpf.h"
#include "socket.h"

#define XDP_MAX_QUEUES	16u

/* Queues of an interface whose frames one ring can have. */
#define XDP_MAX_INPUTS	64u

/* Of a ring. */
#define XDP_MAX_SLOTS	65536u

/* Bytes of the shortest frame: its header. */
#define XDP_MIN_FRAME	14u

/* Bytes that a frame may have besides the MTU: its header with one tag. */
#define XDP_MTU_EXTRA	18u

/*
 * The longest frame that the kernel takes in a call: a page, less what it puts there itself, with some to
 * spare.
 */
#define XDP_LIVE_LARGEST	3392u

/* By calls, or by a socket; auto: by what the interface and its peer take. */
enum xdp_send { XDP_SEND_AUTO, XDP_SEND_LIVE, XDP_SEND_SOCKET };

/**
 * struct xdp_input - a queue of the interface that a ring receives from, and, if by a socket, sends to
 * @given: chunks that the socket has
 */
struct xdp_input {
	struct xdp_socket socket;
	struct nmh_queue_watch watch;
	u32 queue;
	u32 given;
};

/* Frames, and their bytes without CRC. */
struct xdp_counts {
	u64 frames, bytes;
};

/**
 * struct xdp_queue - a ring to receive and one to send
 * @broken: its sockets could not be opened again
 * @next_slot: of @rx, the next whose buffer a socket gets
 * @held: slot of @rx: the chunk that a socket was given for it
 * @slot_of: chunk that was given: its slot
 * @call: shared with the program
 *
 * Counters of each direction are written by the thread in its sync.
 */
struct xdp_queue {
	struct xdp_device *device;
	struct nm_kring *rx, *tx;
	bool rx_on, tx_on;
	bool broken;
	u32 next_slot;
	u64 look_ns;		/* when the receiver looks at the interface again */
	u32 *held;
	u32 *slot_of;
	struct xdp_call *call;
	u64 missed;		/* by sockets that are closed */
	struct xdp_counts received NM_ALIGNED_CACHE;
	struct xdp_counts sent NM_ALIGNED_CACHE;
};

/**
 * struct xdp_device - a port
 * @lock: the sockets, between reg and those who count
 * @netif: as it was at first; its index stays
 * @name: under @name_lock; it may be renamed
 * @program: with @memory; @idle_program: without, for when no ring is open
 * @control_fd: for ioctl()
 * @promiscuous_fd: a packet socket that keeps the interface promiscuous; -1: none
 * @proved: live frames have arrived
 * @asked: how to send; @send: how it is done, since a ring to send is open
 * @not_live: why @send is not XDP_SEND_LIVE; empty: it was asked for
 * @generic: the program runs in the stack, not in the driver
 * @memory: the buffers; buffer i is element @first_chunk + i of the region
 * @num_on: rings that are open
 * @inputs: each queue that is received from; input i belongs to ring i modulo the number of rings
 * @queues: @rings.queues of them
 * @why: of the last reg that failed; nobody has asked yet: @has_why
 */
struct xdp_device {
	struct nm_os *os;
	struct nm_port *port;
	struct nm_mutex lock;
	struct nmh_netif netif;
	struct nm_spin name_lock;
	char name[NMH_NETIF_NAME];
	struct nmh_ring_options rings;
	enum xdp_send asked, send;
	char not_live[160];
	u32 mtu;
	u64 dropped_before;	/* by the interface, before the port */
	bool proved;
	int control_fd, promiscuous_fd;
	struct xdp_maps maps;
	int idle_memory, idle_program, program, link;
	bool generic;
	struct xdp_memory memory;
	u32 first_chunk;
	u32 num_on;
	bool has_why;
	char why[256];
	struct xdp_call *calls;
	u32 num_inputs;
	struct xdp_input *inputs;
	struct xdp_queue *queues;
};

static inline struct xdp_queue *xdp_queue_of(const struct nm_kring *kr)
{
	struct xdp_device *device = (struct xdp_device *)nm_port_data(kr->port);

	return &device->queues[kr->ring_id];
}

/* The inputs of a ring: for (i = xdp_first(q); i < device->num_inputs; i += device->rings.queues). */
static inline u32 xdp_first(const struct xdp_queue *q)
{
	return (u32)(q - q->device->queues);
}

/* By the only writer. */
static inline void xdp_count(struct xdp_counts *counts, u64 frames, u64 bytes)
{
	nm_write_once(counts->frames, counts->frames + frames);
	nm_write_once(counts->bytes, counts->bytes + bytes);
}

/* Whether the interface is there and up. Reads its MTU, too. Return: 0 or a negative errno. */
int xdp_check_interface(struct xdp_device *device);

/* What a sync of each direction does. */
int xdp_live_txsync(struct nm_kring *kr);
int xdp_socket_txsync(struct nm_kring *kr);
int xdp_rxsync(struct nm_kring *kr);

/* A receive ring begins: its buffers go to its sockets, which are open. */
void xdp_rx_start(struct xdp_queue *q);

/* A ring that sends by a socket begins: all its slots are done with. */
void xdp_tx_start(struct xdp_queue *q);

/* Waits, not long, until the socket has sent what it was given. */
void xdp_tx_settle(struct xdp_queue *q);

/* Decides how to send. Return: 0, or a negative errno where it cannot be done as asked, and @why says it. */
int xdp_choose_send(struct xdp_device *device, char *why, size_t size);

/* How frames go, in words. */
void xdp_describe_mode(struct xdp_device *device, char *text, size_t size);

/* The rings of a port are opened and closed: nm_driver_ops.reg. */
int xdp_reg(struct nm_port *port);

#endif /* XDP_H */
