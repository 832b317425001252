// SPDX-License-Identifier: BSD-2-Clause
#include "socket.h"

#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_XDP
#define SOL_XDP	283
#endif

static u32 power_of_two(u32 least)
{
	u32 power = 1;

	while (power < least)
		power *= 2;
	return power;
}

static int set(int fd, int option, const void *value, socklen_t size)
{
	return setsockopt(fd, SOL_XDP, option, value, size) ? -errno : 0;
}

/* Has the kernel make a ring of @num entries. */
static int make_ring(int fd, int option, u32 num)
{
	return num ? set(fd, option, &num, sizeof(num)) : 0;
}

static int map_ring(struct xdp_ring *ring, int fd, const struct xdp_ring_offset *at, u64 where, u32 num, size_t entry)
{
	u8 *map;

	if (!num)
		return 0;
	ring->map_size = at->desc + num * entry;
	map = mmap(NULL, ring->map_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, (off_t)where);
	if (map == MAP_FAILED)
		return -errno;
	ring->map = map;
	ring->producer = (u32 *)(void *)(map + at->producer);
	ring->consumer = (u32 *)(void *)(map + at->consumer);
	ring->flags = (u32 *)(void *)(map + at->flags);
	ring->entries = map + at->desc;
	ring->mask = num - 1;
	return 0;
}

static void unmap_ring(struct xdp_ring *ring)
{
	if (ring->map)
		munmap(ring->map, ring->map_size);
	ring->map = NULL;
}

static int map_rings(struct xdp_socket *s, u32 fill, u32 completion, u32 rx, u32 tx)
{
	struct xdp_mmap_offsets at;
	socklen_t size = sizeof(at);
	int error;

	if (getsockopt(s->fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &size))
		return -errno;
	error = map_ring(&s->fill, s->fd, &at.fr, XDP_UMEM_PGOFF_FILL_RING, fill, sizeof(u64));
	if (!error)
		error = map_ring(&s->completion, s->fd, &at.cr, XDP_UMEM_PGOFF_COMPLETION_RING, completion, sizeof(u64));
	if (!error)
		error = map_ring(&s->rx, s->fd, &at.rx, XDP_PGOFF_RX_RING, rx, sizeof(struct xdp_desc));
	if (!error)
		error = map_ring(&s->tx, s->fd, &at.tx, XDP_PGOFF_TX_RING, tx, sizeof(struct xdp_desc));
	return error;
}

static int register_memory(int fd, const struct xdp_memory *memory)
{
	const struct xdp_umem_reg umem = {
		.addr = (uintptr_t)memory->base, .len = memory->size, .chunk_size = memory->chunk,
	};

	return set(fd, XDP_UMEM_REG, &umem, sizeof(umem));
}

static int bind_to(const struct xdp_socket *s, const struct xdp_socket_request *request, u16 flags)
{
	const struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = flags,
		.sxdp_ifindex = (u32)request->index,
		.sxdp_queue_id = request->queue,
		.sxdp_shared_umem_fd = flags == XDP_SHARED_UMEM ? (u32)request->share : 0,
	};

	return bind(s->fd, (const struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
}

/* Zero copy if the driver has it. A socket that shares its memory has the mode of the first. */
static int choose_mode(struct xdp_socket *s, const struct xdp_socket_request *request)
{
	int error;

	if (request->share >= 0)
		return bind_to(s, request, XDP_SHARED_UMEM);
	if (!request->copy) {
		error = bind_to(s, request, XDP_ZEROCOPY | XDP_USE_NEED_WAKEUP);
		/* Another one has the queue, or may not: then copies do not help. */
		if (!error || error == -EBUSY || error == -EPERM || error == -ENETDOWN || error == -ENODEV)
			return error;
	}
	return bind_to(s, request, XDP_COPY | XDP_USE_NEED_WAKEUP);
}

int xdp_socket_open(struct xdp_socket *s, const struct xdp_socket_request *request)
{
	const u32 rx = request->rx_slots ? power_of_two(request->rx_slots) : 0;
	const u32 tx = request->tx_slots ? power_of_two(request->tx_slots) : 0;
	/* The kernel wants both, also where one stays empty. */
	const u32 fill = rx ? rx : 1, completion = tx ? tx : 1;
	struct xdp_options options = { 0 };
	socklen_t size = sizeof(options);
	int error = 0;

	*s = (struct xdp_socket){ .fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0) };
	if (s->fd < 0)
		return -errno;
	if (request->share < 0)
		error = register_memory(s->fd, request->memory);
	if (!error)
		error = make_ring(s->fd, XDP_UMEM_FILL_RING, fill);
	if (!error)
		error = make_ring(s->fd, XDP_UMEM_COMPLETION_RING, completion);
	if (!error)
		error = make_ring(s->fd, XDP_RX_RING, rx);
	if (!error)
		error = make_ring(s->fd, XDP_TX_RING, tx);
	if (!error)
		error = map_rings(s, fill, completion, rx, tx);
	if (!error)
		error = choose_mode(s, request);
	if (!error && !getsockopt(s->fd, SOL_XDP, XDP_OPTIONS, &options, &size))
		s->zerocopy = options.flags & XDP_OPTIONS_ZEROCOPY;
	if (error)
		xdp_socket_close(s);
	return error;
}

void xdp_socket_close(struct xdp_socket *s)
{
	unmap_ring(&s->fill);
	unmap_ring(&s->completion);
	unmap_ring(&s->rx);
	unmap_ring(&s->tx);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

u64 xdp_socket_missed(const struct xdp_socket *s)
{
	struct xdp_statistics counted = { 0 };
	socklen_t size = sizeof(counted);

	if (getsockopt(s->fd, SOL_XDP, XDP_STATISTICS, &counted, &size))
		return 0;
	return counted.rx_dropped + counted.rx_ring_full;
}
