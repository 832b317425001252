// SPDX-License-Identifier: BSD-2-Clause
/* Conformance: shared memory, the sync rules, poll. */
#include "tests/kernel/conformance.h"

static void memory(void)
{
	struct client c;
	struct netmap_ring *tx, *rx;
	uint32_t i;

	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(c.nif->ni_version, NETMAP_API);
	CHECK_EQ(c.nif->ni_flags & NI_PRIV_MEM, 0);
	CHECK_EQ(strcmp(c.nif->ni_name, test_port), 0);
	tx = NETMAP_TXRING(c.nif, 0);
	rx = NETMAP_RXRING(c.nif, 0);
	CHECK_EQ((uintptr_t)tx % NM_CACHE_ALIGN, 0);
	CHECK_EQ(tx->dir, 1);
	CHECK_EQ(rx->dir, 0);
	CHECK_EQ(tx->ringid, 0);
	CHECK_EQ(tx->num_slots, c.reg.nr_tx_slots);
	CHECK_EQ(rx->num_slots, c.reg.nr_rx_slots);
	CHECK(tx->nr_buf_size >= 2048);
	/* Each slot has a buffer of its own; 0 and 1 are reserved. */
	for (i = 0; i < tx->num_slots; i++) {
		CHECK(tx->slot[i].buf_idx > 1);
		CHECK(i == 0 || tx->slot[i].buf_idx != tx->slot[i - 1].buf_idx);
	}
	if (device->can_map_less) {
		struct client d;

		memset(&d, 0, sizeof(d));
		CHECK_EQ(client_open(&d, test_port, NR_REG_SW, 0, 0), 0);
		device->close(d.file);
		d.file = open_file();
		CHECK_EQ(request(d.file, NETMAP_REQ_REGISTER, test_port, &d.reg), 0);
		CHECK(!device->map(d.file, d.reg.nr_memsize + (1 << 20)));
		CHECK_EQ(errno, EINVAL);
		CHECK(device->map(d.file, 4096));
		client_close(&d);
	}
	client_close(&c);
}

static void first_positions(void)
{
	const struct netmap_ring *tx, *rx;
	struct client c;

	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	tx = NETMAP_TXRING(c.nif, 0);
	rx = NETMAP_RXRING(c.nif, 0);
	CHECK_EQ(tx->head, 0);
	CHECK_EQ(tx->cur, 0);
	CHECK_EQ(tx->tail, tx->num_slots - 1);
	CHECK_EQ(rx->head, 0);
	CHECK_EQ(rx->cur, 0);
	CHECK_EQ(rx->tail, 0);
	client_close(&c);
}

static void put(struct netmap_ring *ring, uint16_t len)
{
	struct netmap_slot *slot = &ring->slot[ring->head];
	char *frame = NETMAP_BUF(ring, slot->buf_idx);

	memset(frame, 0xff, 6);
	memset(frame + 6, 2, len - 6);
	slot->len = len;
	slot->flags = 0;
	ring->head = nm_ring_next(ring, ring->head);
	ring->cur = ring->head;
}

static void send_some(void)
{
	struct netmap_ring *tx;
	struct client c;
	int i;

	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	tx = NETMAP_TXRING(c.nif, 0);
	for (i = 0; i < 10; i++)
		put(tx, 60);
	CHECK_EQ(tx->head, 10);
	CHECK_EQ(device->control(c.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(tx->head, 10);
	/* They leave sooner or later: then all slots but one are the client's again. */
	for (i = 0; i < 20000 && nm_tx_pending(tx); i++)
		CHECK_EQ(device->control(c.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(nm_tx_pending(tx), 0);
	CHECK_EQ(nm_ring_space(tx), tx->num_slots - 1);
	client_close(&c);
}

/* A transmit ring after @head and @cur: put right, with no error from the ioctl. */
static void tx_violation(uint32_t head, uint32_t cur)
{
	struct netmap_ring *tx;
	struct client c;

	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	tx = NETMAP_TXRING(c.nif, 0);
	put(tx, 60);
	CHECK_EQ(device->control(c.file, NIOCTXSYNC, NULL), 0);
	tx->head = head;
	tx->cur = cur;
	CHECK_EQ(device->control(c.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(tx->head, 1);
	CHECK_EQ(tx->cur, 1);
	tx->head = head;
	tx->cur = cur;
	CHECK_EQ(device->poll(c.file, POLLOUT, 0) & POLLERR, POLLERR);
	/* It works again. */
	put(tx, 60);
	CHECK_EQ(device->control(c.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(tx->head, 2);
	client_close(&c);
}

static void violations(void)
{
	struct netmap_ring *rx;
	struct client c;

	tx_violation(0xffffffff, 1);
	tx_violation(1, 100000);
	tx_violation(5, 4);	/* cur before head */
	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	rx = NETMAP_RXRING(c.nif, 0);
	rx->head = rx->num_slots;
	CHECK_EQ(device->control(c.file, NIOCRXSYNC, NULL), 0);
	CHECK_EQ(rx->head, 0);
	CHECK_EQ(rx->cur, 0);
	client_close(&c);
}

static void bad_slots(void)
{
	struct netmap_ring *tx;
	struct client c;
	uint32_t index;

	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	tx = NETMAP_TXRING(c.nif, 0);
	index = tx->slot[0].buf_idx;
	put(tx, 60);
	tx->slot[0].buf_idx = 0xfffffff0;
	CHECK_EQ(device->control(c.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(tx->slot[0].buf_idx, 0);
	CHECK_EQ(tx->slot[0].len, 0);
	CHECK_EQ(tx->head, 0);
	tx->slot[0].buf_idx = index;
	put(tx, 60);
	tx->slot[0].len = 65535;
	CHECK_EQ(device->control(c.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(tx->slot[0].len, 0);
	CHECK_EQ(tx->slot[0].buf_idx, index);
	client_close(&c);
}

static void tail_is_ours(void)
{
	struct netmap_ring *tx;
	struct client c;
	uint32_t tail;

	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	tx = NETMAP_TXRING(c.nif, 0);
	tail = tx->tail;
	tx->tail = 3;
	CHECK_EQ(device->control(c.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(tx->tail, tail);
	CHECK_EQ(tx->head, 0);
	client_close(&c);
}

static void polling(void)
{
	struct netmap_ring *tx, *rx;
	struct client c;
	uint32_t i;

	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	rx = NETMAP_RXRING(c.nif, 0);
	CHECK_EQ(device->poll(c.file, POLLOUT, 0), POLLOUT);
	/* No slot is free where cur stands at tail; one ring with a free slot is enough. */
	for (i = 0; i < c.nif->ni_tx_rings; i++) {
		CHECK_EQ(device->poll(c.file, POLLOUT, 0), POLLOUT);
		tx = NETMAP_TXRING(c.nif, i);
		tx->cur = tx->tail;
	}
	CHECK_EQ(device->poll(c.file, POLLOUT, 0), 0);
	for (i = 0; i < c.nif->ni_tx_rings; i++) {
		tx = NETMAP_TXRING(c.nif, i);
		tx->cur = tx->head;
	}
	/* Frames may be there: then they are the client's. */
	if (device->poll(c.file, POLLIN, 0) & POLLIN)
		CHECK(nm_ring_space(rx) > 0);
	else
		CHECK_EQ(rx->cur, rx->tail);
	client_close(&c);
}

/* A frame in the ring, and a poll: whether the poll sent it. */
static bool poll_sends(uint64_t flags, short events)
{
	struct netmap_ring *tx;
	struct client c;
	uint32_t taken;

	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, flags), 0);
	tx = NETMAP_TXRING(c.nif, 0);
	put(tx, 60);
	device->poll(c.file, events, 0);
	/* A ring that is re-initialised says how far it has been taken over. */
	tx->head = tx->num_slots;
	CHECK_EQ(device->control(c.file, NIOCTXSYNC, NULL), 0);
	taken = tx->head;
	client_close(&c);
	return taken == 1;
}

static void poll_and_tx(void)
{
	CHECK(poll_sends(0, POLLIN));
	CHECK(poll_sends(0, POLLOUT));
	CHECK(!poll_sends(NR_NO_TX_POLL, POLLIN));
	CHECK(poll_sends(NR_NO_TX_POLL, POLLOUT));
}

static void timestamp(void)
{
	struct netmap_ring *rx;
	struct client c;

	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	rx = NETMAP_RXRING(c.nif, 0);
	CHECK_EQ(rx->ts.tv_sec, 0);
	CHECK_EQ(device->control(c.file, NIOCRXSYNC, NULL), 0);
	CHECK(rx->ts.tv_sec > 1000000000);
	client_close(&c);
}

/* Two files on one ring: the ring's memory is one. */
static void shared_ring(void)
{
	struct client c, d;

	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(client_open(&d, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	put(NETMAP_TXRING(c.nif, 0), 60);
	CHECK_EQ(NETMAP_TXRING(d.nif, 0)->head, 1);
	client_close(&c);
	CHECK_EQ(device->control(d.file, NIOCTXSYNC, NULL), 0);
	client_close(&d);
}

const struct conformance_test ring_tests[] = {
	{ "memory", memory },
	{ "first_positions", first_positions },
	{ "send_some", send_some },
	{ "violations", violations },
	{ "bad_slots", bad_slots },
	{ "tail_is_ours", tail_is_ours },
	{ "polling", polling },
	{ "poll_and_tx", poll_and_tx },
	{ "timestamp", timestamp },
	{ "shared_ring", shared_ring },
	{ NULL, NULL },
};
