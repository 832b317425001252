// SPDX-License-Identifier: BSD-2-Clause
/*
 * The rings of a port are opened and closed. The first gets the region's memory, for which a program is loaded
 * that takes the place of the idle one; after the last the idle one is back, so that the memory can go.
 */
#include "xdp.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* How long a queue may be busy. */
#define BUSY_TRIES	200
#define BUSY_US		1000

/* Writes down why. Return: @error */
static int __attribute__((format(printf, 3, 4)))
fail(struct xdp_device *device, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(device->why, sizeof(device->why), format, args);
	va_end(args);
	device->has_why = true;
	return error;
}

/* The memory that the rings are in. */
static int take_memory(struct xdp_device *device, const struct nm_kring *kr)
{
	const struct nm_bufs *bufs = &kr->bufs;
	const char *name = device->netif.name;
	struct nmh_dma_window window;
	int program, error;

	if (!nmh_dma_find(device->os, nm_buf_dma(bufs, 0), &window) || window.fd < 0)
		return fail(device, -EINVAL, "%s: its memory is not one that XDP can use; prepare nmh_config with nmh_config_suit()",
			    name);
	device->maps.memory = window.fd;
	device->memory = (struct xdp_memory){
		.base = bufs->base - XDP_HEADROOM, .size = (u64)bufs->num * bufs->size, .chunk = bufs->size,
	};
	device->first_chunk = (u32)((bufs->offset - XDP_HEADROOM) / bufs->size);
	program = xdp_program(&device->maps, device->rings.queues, bufs->size);
	if (program < 0)
		return fail(device, program, "%s: the XDP program cannot be loaded (error %d); see dmesg", name, -program);
	error = xdp_link_change(device->link, program);
	if (error) {
		close(program);
		return fail(device, error, "%s: the XDP program cannot be replaced (error %d); is the interface still there?",
			    name, -error);
	}
	device->program = program;
	return 0;
}

static void release_memory(struct xdp_device *device)
{
	xdp_link_change(device->link, device->idle_program);
	close(device->program);
	device->program = -1;
	device->maps.memory = -1;
}

static int refuse_socket(struct xdp_device *device, u32 queue, int error)
{
	const char *name = device->netif.name;

	switch (-error) {
	case EBUSY:
		return fail(device, error, "%s: another program has queue %u; end it, or use other rings", name, queue);
	case EINVAL:
		return fail(device, error, "%s: it has no queue %u, or another MTU than fits into %u bytes; see ethtool -l %s, ip link",
			    name, queue, device->memory.chunk - XDP_HEADROOM, name);
	case ENOBUFS:
	case ENOMEM:
		return fail(device, error, "%s: %llu MiB cannot be locked for its socket; give nmgen CAP_IPC_LOCK, or raise ulimit -l",
			    name, device->memory.size >> 20);
	case ENETDOWN:
		return fail(device, error, "%s is down; ip link set %s up", name, name);
	case EPERM:
		return fail(device, error, "%s: its socket needs CAP_NET_RAW; run nmgen as root, or setcap cap_net_raw+ep its file",
			    name);
	case EAFNOSUPPORT:
		return fail(device, error, "%s: this kernel has no AF_XDP sockets (CONFIG_XDP_SOCKETS); use packet:%s", name, name);
	default:
		return fail(device, error, "%s: the AF_XDP socket of queue %u cannot be set up (error %d); use packet:%s",
			    name, queue, -error, name);
	}
}

/* A socket of the port, all of which have the same memory; -1: none. */
static int any_socket(const struct xdp_device *device)
{
	u32 i;

	for (i = 0; i < device->num_inputs; i++) {
		if (device->inputs[i].socket.fd >= 0)
			return device->inputs[i].socket.fd;
	}
	return -1;
}

static void input_close(struct xdp_queue *q, struct xdp_input *input)
{
	struct xdp_device *device = q->device;

	if (input->socket.fd < 0)
		return;
	xdp_map_remove(device->maps.sockets, input->queue);
	nmh_queue_watch_remove(&input->watch);
	nm_mutex_lock(&device->lock);
	q->missed += xdp_socket_missed(&input->socket);
	xdp_socket_close(&input->socket);
	nm_mutex_unlock(&device->lock);
	input->given = 0;
}

static int input_open(struct xdp_queue *q, struct xdp_input *input, bool rx, bool tx)
{
	struct xdp_device *device = q->device;
	const struct xdp_socket_request request = {
		.memory = &device->memory,
		.share = any_socket(device),
		.index = device->netif.index,
		.queue = input->queue,
		.copy = device->generic,
		.rx_slots = rx ? q->rx->num_slots : 0,
		.tx_slots = tx ? q->tx->num_slots : 0,
	};
	u32 tries = 0;
	int error;

	/* The kernel lets go of a queue a moment after its last socket was closed. */
	do {
		if (tries)
			usleep(BUSY_US);
		nm_mutex_lock(&device->lock);
		error = xdp_socket_open(&input->socket, &request);
		nm_mutex_unlock(&device->lock);
	} while (error == -EBUSY && ++tries < BUSY_TRIES);
	if (error)
		return refuse_socket(device, request.queue, error);
	error = nmh_queue_watch_add(device->os, &input->watch, input->socket.fd, q->rx, q->tx);
	if (!error)
		return 0;
	xdp_socket_close(&input->socket);
	return fail(device, error, "%s: its socket cannot be waited for (error %d); close other programs",
		    device->netif.name, -error);
}

static bool sends_by_socket(const struct xdp_queue *q)
{
	return q->tx_on && q->device->send == XDP_SEND_SOCKET;
}

static void sockets_close(struct xdp_queue *q)
{
	struct xdp_device *device = q->device;
	u32 i;

	for (i = xdp_first(q); i < device->num_inputs; i += device->rings.queues)
		input_close(q, &device->inputs[i]);
}

/* From now on frames come. */
static int receive(struct xdp_queue *q)
{
	struct xdp_device *device = q->device;
	int error = 0;
	u32 i;

	xdp_rx_start(q);
	for (i = xdp_first(q); i < device->num_inputs && !error; i += device->rings.queues)
		error = xdp_map_set(device->maps.sockets, device->inputs[i].queue, (u32)device->inputs[i].socket.fd);
	return !error ? 0 : fail(device, error, "%s: a socket cannot be made known to the program (error %d); use packet:%s",
				 device->netif.name, -error, device->netif.name);
}

/* Those that the open rings of @q need. */
static int sockets_open(struct xdp_queue *q)
{
	struct xdp_device *device = q->device;
	const u32 first = xdp_first(q);
	int error = 0;
	u32 i;

	for (i = first; i < device->num_inputs && !error; i += device->rings.queues) {
		const bool tx = i == first && sends_by_socket(q);

		if (q->rx_on || tx)
			error = input_open(q, &device->inputs[i], q->rx_on, tx);
	}
	if (!error && q->rx_on)
		error = receive(q);
	if (!error && sends_by_socket(q))
		xdp_tx_start(q);
	if (error)
		sockets_close(q);
	q->broken = error;
	return error;
}

/* The kernel lets a socket have rings before it is bound only: a change of one closes both for a moment. */
static int sockets_change(struct xdp_queue *q, bool rx_on, bool tx_on)
{
	const bool rx_before = q->rx_on, tx_before = q->tx_on;
	const bool rx_stays = rx_before && rx_on, tx_stays = sends_by_socket(q) && tx_on;
	int error;

	if (rx_stays)
		nm_kring_pause(q->rx, NM_RESET);
	if (tx_stays)
		nm_kring_pause(q->tx, NM_RESET);
	if (sends_by_socket(q) && !q->broken)
		xdp_tx_settle(q);
	sockets_close(q);
	q->rx_on = rx_on;
	q->tx_on = tx_on;
	error = sockets_open(q);
	if (error) {
		char why[sizeof(q->device->why)];

		/* As it was; the first reason counts. */
		memcpy(why, q->device->why, sizeof(why));
		q->rx_on = rx_before;
		q->tx_on = tx_before;
		sockets_open(q);
		memcpy(q->device->why, why, sizeof(why));
	}
	if (rx_stays)
		nm_kring_resume(q->rx, NM_RESET);
	if (tx_stays)
		nm_kring_resume(q->tx, NM_RESET);
	return error;
}

static int rx_start(struct xdp_queue *q)
{
	int error = -ENOMEM;

	q->held = nm_os_alloc(q->rx->num_slots * sizeof(q->held[0]));
	q->slot_of = nm_os_alloc(q->rx->bufs.num * sizeof(q->slot_of[0]));
	if (q->held && q->slot_of)
		error = sockets_change(q, true, q->tx_on);
	if (!error)
		return 0;
	nm_os_free(q->held);
	nm_os_free(q->slot_of);
	q->held = NULL;
	q->slot_of = NULL;
	return error;
}

static void rx_stop(struct xdp_queue *q)
{
	sockets_change(q, false, q->tx_on);
	nm_os_free(q->held);
	nm_os_free(q->slot_of);
	q->held = NULL;
	q->slot_of = NULL;
}

static bool any_sends(const struct xdp_device *device)
{
	u32 i;

	for (i = 0; i < device->rings.queues && !device->queues[i].tx_on; i++)
		;
	return i < device->rings.queues;
}

static int tx_start(struct xdp_queue *q)
{
	struct xdp_device *device = q->device;
	int error = 0;

	if (!any_sends(device)) {
		error = xdp_choose_send(device, device->why, sizeof(device->why));
		device->has_why = error;
	}
	if (error)
		return error;
	if (device->send == XDP_SEND_SOCKET)
		return sockets_change(q, q->rx_on, true);
	q->tx_on = true;
	return 0;
}

static void tx_stop(struct xdp_queue *q)
{
	if (sends_by_socket(q))
		sockets_change(q, q->rx_on, false);
	else
		q->tx_on = false;
}

static int ring_start(struct xdp_device *device, struct nm_kring *kr)
{
	struct xdp_queue *q = &device->queues[kr->ring_id];
	int error = device->num_on ? 0 : take_memory(device, kr);

	if (error)
		return error;
	error = kr->dir == NM_RX ? rx_start(q) : tx_start(q);
	if (!error)
		device->num_on++;
	else if (!device->num_on)
		release_memory(device);
	return error;
}

static void ring_stop(struct xdp_device *device, struct nm_kring *kr)
{
	struct xdp_queue *q = &device->queues[kr->ring_id];

	if (kr->dir == NM_RX)
		rx_stop(q);
	else
		tx_stop(q);
	if (--device->num_on == 0)
		release_memory(device);
}

/* Ring @at of all, receive rings first. */
static struct nm_kring *ring_at(struct nm_port *port, u32 at)
{
	const u32 rx = nm_port_rings(port, NM_RX);

	return at < rx ? nm_port_ring(port, NM_RX, at) : nm_port_ring(port, NM_TX, at - rx);
}

int xdp_reg(struct nm_port *port)
{
	struct xdp_device *device = nm_port_data(port);
	const u32 num = nm_port_rings(port, NM_RX) + nm_port_rings(port, NM_TX);
	int error = 0;
	u32 i;

	for (i = 0; i < num && !error; i++) {
		struct nm_kring *kr = ring_at(port, i);

		if (nm_kring_pending(kr) && kr->pending_on)
			error = ring_start(device, kr);
	}
	if (error) {
		/* The last one has not begun. */
		for (i--; i-- > 0;) {
			struct nm_kring *kr = ring_at(port, i);

			if (nm_kring_pending(kr) && kr->pending_on)
				ring_stop(device, kr);
		}
		return error;
	}
	for (i = 0; i < num; i++) {
		struct nm_kring *kr = ring_at(port, i);

		if (nm_kring_pending(kr) && !kr->pending_on)
			ring_stop(device, kr);
	}
	return 0;
}
