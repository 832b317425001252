// SPDX-License-Identifier: BSD-2-Clause
#include "client.h"

#include <net/netmap_user.h>
#include <string.h>

#define FRAME_SIZE	60	/* without CRC */

int client_register(struct nmh_fd *fd, const char *port, uint32_t mode, uint16_t ring,
		    uint64_t flags, struct nmreq_register *reg)
{
	struct nmreq_header head = {
		.nr_version = NETMAP_API,
		.nr_reqtype = NETMAP_REQ_REGISTER,
		.nr_body = (uintptr_t)reg,
	};

	*reg = (struct nmreq_register){ .nr_mode = mode, .nr_ringid = ring, .nr_flags = flags };
	strncpy(head.nr_name, port, sizeof(head.nr_name) - 1);
	return nmh_ioctl(fd, NIOCCTRL, &head);
}

int client_open(struct client *c, struct nmh *world, const char *port, uint32_t mode, uint16_t ring,
		uint64_t flags)
{
	int error = nmh_open(world, &c->fd);

	if (error)
		return error;
	error = client_register(c->fd, port, mode, ring, flags, &c->reg);
	if (error) {
		nmh_close(c->fd);
		return error;
	}
	c->nif = NETMAP_IF(nmh_mmap(c->fd, NULL), c->reg.nr_offset);
	return 0;
}

void client_close(struct client *c)
{
	nmh_close(c->fd);
}

struct netmap_ring *client_tx(const struct client *c, uint32_t ring)
{
	return NETMAP_TXRING(c->nif, ring);
}

struct netmap_ring *client_rx(const struct client *c, uint32_t ring)
{
	return NETMAP_RXRING(c->nif, ring);
}

bool client_put(struct netmap_ring *ring, uint64_t word)
{
	struct netmap_slot *slot = &ring->slot[ring->head];

	if (nm_ring_empty(ring))
		return false;
	memset(NETMAP_BUF(ring, slot->buf_idx), 0, FRAME_SIZE);
	memcpy(NETMAP_BUF(ring, slot->buf_idx), &word, sizeof(word));
	slot->len = FRAME_SIZE;
	ring->head = nm_ring_next(ring, ring->head);
	ring->cur = ring->head;
	return true;
}

bool client_get(struct netmap_ring *ring, uint64_t *word)
{
	const struct netmap_slot *slot = &ring->slot[ring->head];

	if (nm_ring_empty(ring) || slot->len != FRAME_SIZE)
		return false;
	memcpy(word, NETMAP_BUF(ring, slot->buf_idx), sizeof(*word));
	ring->head = nm_ring_next(ring, ring->head);
	ring->cur = ring->head;
	return true;
}
