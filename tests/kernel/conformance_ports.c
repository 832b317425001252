// SPDX-License-Identifier: BSD-2-Clause
/* Conformance: pipes, VALE, monitors, host rings, and the requests from before NIOCCTRL. */
#include "tests/kernel/conformance.h"

/* A frame to everybody, from a station of its own. */
static void put(struct netmap_ring *ring, uint8_t station, uint16_t len)
{
	struct netmap_slot *slot = &ring->slot[ring->head];
	char *frame = NETMAP_BUF(ring, slot->buf_idx);

	memset(frame, 0xff, 6);
	memset(frame + 6, 2, len - 6);
	frame[11] = (char)station;
	slot->len = len;
	slot->flags = 0;
	ring->head = nm_ring_next(ring, ring->head);
	ring->cur = ring->head;
}

/* What has come in on the ring: the station of the first frame, -1 for none. Takes all of them. */
static int take(const struct client *c)
{
	struct netmap_ring *ring = NETMAP_RXRING(c->nif, 0);
	int station = -1;

	CHECK_EQ(device->control(c->file, NIOCRXSYNC, NULL), 0);
	if (nm_ring_space(ring))
		station = (uint8_t)NETMAP_BUF(ring, ring->slot[ring->cur].buf_idx)[11];
	ring->head = ring->tail;
	ring->cur = ring->tail;
	return station;
}

/*
 * Buffers are lent: the sender has its own again, but for one that the receiver has kept and given
 * another for. Rings of which all slots are free, TX and RX at the same one.
 */
static void lent_buffers(const struct client *sender, const struct client *receiver)
{
	struct netmap_ring *tx = NETMAP_TXRING(sender->nif, 0);
	struct netmap_ring *rx = NETMAP_RXRING(receiver->nif, 0);
	const uint32_t first = tx->head, second = nm_ring_next(tx, first);
	const uint32_t own[] = { tx->slot[first].buf_idx, tx->slot[second].buf_idx };

	CHECK_EQ(rx->head, first);
	put(tx, 5, 60);
	put(tx, 6, 60);
	tx->slot[first].ptr = 0x1234;
	CHECK_EQ(device->control(sender->file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(device->control(receiver->file, NIOCRXSYNC, NULL), 0);
	CHECK_EQ(nm_ring_space(rx), 2);
	CHECK_EQ(rx->slot[first].buf_idx, own[0]);
	CHECK_EQ(rx->slot[first].ptr, 0x1234);
	CHECK_EQ(rx->slot[second].buf_idx, own[1]);
	/* The two change places: the receiver may do that with any buffers that it has. */
	rx->slot[first].buf_idx = own[1];
	rx->slot[second].buf_idx = own[0];
	rx->slot[first].flags = NS_BUF_CHANGED;
	rx->slot[second].flags = NS_BUF_CHANGED;
	rx->head = rx->tail;
	rx->cur = rx->tail;
	CHECK_EQ(device->control(receiver->file, NIOCRXSYNC, NULL), 0);
	CHECK_EQ(device->control(sender->file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(nm_ring_space(tx), tx->num_slots - 1);
	CHECK_EQ(tx->slot[first].buf_idx, own[1]);
	CHECK_EQ(tx->slot[first].flags, NS_BUF_CHANGED);
	CHECK_EQ(tx->slot[second].buf_idx, own[0]);
	CHECK_EQ(tx->slot[second].flags, NS_BUF_CHANGED);
	/* And again, untouched by the receiver. */
	put(tx, 7, 60);
	CHECK_EQ(device->control(sender->file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(take(receiver), 7);
	CHECK_EQ(device->control(receiver->file, NIOCRXSYNC, NULL), 0);
	CHECK_EQ(device->control(sender->file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(tx->slot[nm_ring_next(tx, second)].flags, 0);
}

static void pipes(void)
{
	struct client a, b;

	CHECK_EQ(client_open(&a, "conf{1", NR_REG_SW, 0, 0), -EINVAL);
	CHECK_EQ(client_open(&a, "conf{1", NR_REG_NIC_SW, 0, 0), -EINVAL);
	CHECK_EQ(client_open(&a, "conf{1", NR_REG_ONE_SW, 0, 0), -EINVAL);
	CHECK_EQ(client_open(&a, "conf{1", NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(client_open(&b, "conf}1", NR_REG_ALL_NIC, 0, 0), 0);
	if (!a.file || !b.file)
		return;
	/* No host rings but those that old programs look for. */
	CHECK_EQ(a.reg.nr_host_tx_rings, 0);
	CHECK_EQ(a.reg.nr_host_rx_rings, 0);
	CHECK_EQ(a.nif->ni_host_tx_rings, 1);
	/* One memory: buffers can be swapped. */
	CHECK_EQ(a.reg.nr_mem_id, b.reg.nr_mem_id);
	put(NETMAP_TXRING(a.nif, 0), 1, 60);
	CHECK_EQ(device->control(a.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(device->poll(b.file, POLLIN, PATIENCE_MS), POLLIN);
	CHECK_EQ(take(&b), 1);
	put(NETMAP_TXRING(b.nif, 0), 2, 60);
	CHECK_EQ(device->control(b.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(take(&a), 2);
	CHECK_EQ(device->control(a.file, NIOCRXSYNC, NULL), 0);
	/* Only whole packets are published. */
	NETMAP_TXRING(a.nif, 0)->slot[NETMAP_TXRING(a.nif, 0)->head].flags = 0;
	put(NETMAP_TXRING(a.nif, 0), 3, 60);
	NETMAP_TXRING(a.nif, 0)->slot[NETMAP_TXRING(a.nif, 0)->head - 1].flags = NS_MOREFRAG;
	CHECK_EQ(device->control(a.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(take(&b), -1);
	put(NETMAP_TXRING(a.nif, 0), 4, 60);
	CHECK_EQ(device->control(a.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(take(&b), 3);
	CHECK_EQ(device->control(b.file, NIOCRXSYNC, NULL), 0);
	CHECK_EQ(device->control(a.file, NIOCTXSYNC, NULL), 0);
	lent_buffers(&a, &b);
	client_close(&a);
	client_close(&b);
}

static void vale_frames(void)
{
	struct client a, b, c;

	CHECK_EQ(client_open(&a, "valeq:a", NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(client_open(&b, "valeq:b", NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(client_open(&c, "valeq:c", NR_REG_ALL_NIC, 0, 0), 0);
	if (!a.file || !b.file || !c.file)
		return;
	CHECK_EQ(a.nif->ni_flags & NI_PRIV_MEM, NI_PRIV_MEM);
	CHECK(a.reg.nr_mem_id != 1 && a.reg.nr_mem_id != b.reg.nr_mem_id);
	CHECK_EQ(a.reg.nr_tx_slots, 1024);
	CHECK_EQ(a.reg.nr_host_tx_rings, 0);
	CHECK_EQ(a.nif->ni_host_tx_rings, 1);
	put(NETMAP_TXRING(a.nif, 0), 1, 60);
	CHECK_EQ(device->control(a.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(take(&b), 1);
	CHECK_EQ(take(&c), 1);
	CHECK_EQ(take(&a), -1);
	/* The switch has learnt station 1: what is for it goes to a alone. */
	put(NETMAP_TXRING(b.nif, 0), 2, 60);
	memcpy(NETMAP_BUF(NETMAP_TXRING(b.nif, 0), NETMAP_TXRING(b.nif, 0)->slot[0].buf_idx),
	       "\x02\x02\x02\x02\x02\x01", 6);
	CHECK_EQ(device->control(b.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(take(&a), 2);
	CHECK_EQ(take(&c), -1);
	client_close(&a);
	client_close(&b);
	client_close(&c);
}

/* Ports of two switches that are opened with one mem_id: a frame goes on with no copy. */
static void shared_memory(void)
{
	struct client a, b, null, from, to;
	struct netmap_ring *rx, *tx;
	uint32_t index;

	CHECK_EQ(client_open(&a, "valeq:a", NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(client_open(&from, "valeq:from", NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(client_open(&to, "valer:to", NR_REG_ALL_NIC, 0, 0), 0);
	b.reg = (struct nmreq_register){ .nr_mode = NR_REG_ALL_NIC, .nr_mem_id = 999 };
	CHECK_EQ(client_open_reg(&b, "valer:b"), -EINVAL);
	b.reg = (struct nmreq_register){ .nr_mode = NR_REG_ALL_NIC, .nr_mem_id = a.reg.nr_mem_id };
	CHECK_EQ(client_open_reg(&b, "valer:b"), 0);
	null.reg = (struct nmreq_register){ .nr_mode = NR_REG_NULL, .nr_mem_id = a.reg.nr_mem_id };
	CHECK_EQ(client_open_reg(&null, "null"), 0);
	if (!a.file || !b.file || !null.file || !from.file || !to.file)
		return;
	CHECK_EQ(b.reg.nr_mem_id, a.reg.nr_mem_id);
	CHECK_EQ(null.reg.nr_mem_id, a.reg.nr_mem_id);
	put(NETMAP_TXRING(from.nif, 0), 7, 60);
	CHECK_EQ(device->control(from.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(device->control(a.file, NIOCRXSYNC, NULL), 0);
	rx = NETMAP_RXRING(a.nif, 0);
	tx = NETMAP_TXRING(b.nif, 0);
	CHECK_EQ(nm_ring_space(rx), 1);
	index = tx->slot[tx->head].buf_idx;
	tx->slot[tx->head].buf_idx = rx->slot[rx->head].buf_idx;
	tx->slot[tx->head].len = rx->slot[rx->head].len;
	tx->slot[tx->head].flags = NS_BUF_CHANGED;
	rx->slot[rx->head].buf_idx = index;
	rx->slot[rx->head].flags = NS_BUF_CHANGED;
	rx->head = nm_ring_next(rx, rx->head);
	rx->cur = rx->head;
	tx->head = nm_ring_next(tx, tx->head);
	tx->cur = tx->head;
	CHECK_EQ(device->control(a.file, NIOCRXSYNC, NULL), 0);
	CHECK_EQ(device->control(b.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(take(&to), 7);
	client_close(&a);
	client_close(&b);
	client_close(&null);
	client_close(&from);
	client_close(&to);
}

static void vale_requests(void)
{
	struct nmreq_port_hdr hdr = { .nr_hdr_len = 12 };
	struct nmreq_vale_newif newif = { 0 };
	struct nmreq_vale_list list = { 0 };
	void *file = open_file();
	struct client a;

	CHECK_EQ(client_open(&a, "valeq:a", NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_LIST, "valeq:a", &list), 0);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_LIST, "valeq:nobody", &list), -ENOENT);
	memset(&list, 0, sizeof(list));
	CHECK_EQ(request(file, NETMAP_REQ_VALE_LIST, "", &list), 0);
	list.nr_bridge_idx = 200;
	CHECK_EQ(request(file, NETMAP_REQ_VALE_LIST, "", &list), -ENOENT);

	CHECK_EQ(request(file, NETMAP_REQ_PORT_HDR_SET, "valeq:a", &hdr), 0);
	hdr.nr_hdr_len = 0;
	CHECK_EQ(request(file, NETMAP_REQ_PORT_HDR_GET, "valeq:a", &hdr), 0);
	CHECK_EQ(hdr.nr_hdr_len, 12);
	hdr.nr_hdr_len = 11;
	CHECK_EQ(request(file, NETMAP_REQ_PORT_HDR_SET, "valeq:a", &hdr), -EINVAL);
	hdr.nr_hdr_len = 10;
	CHECK_EQ(request(file, NETMAP_REQ_PORT_HDR_SET, "valeq:a", &hdr), 0);
	hdr.nr_hdr_len = 0;
	CHECK_EQ(request(file, NETMAP_REQ_PORT_HDR_SET, "valeq:a", &hdr), 0);
	CHECK_EQ(request(file, NETMAP_REQ_PORT_HDR_GET, test_port, &hdr), 0);
	CHECK_EQ(hdr.nr_hdr_len, 0);
	client_close(&a);
	/* The ephemeral port has gone with its client. */
	CHECK_EQ(request(file, NETMAP_REQ_VALE_LIST, "valeq:a", &list), -ENOENT);

	CHECK_EQ(request(file, NETMAP_REQ_VALE_NEWIF, "vale9", &newif), -EINVAL);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_NEWIF, "a_name_that_is_too_long", &newif), -EINVAL);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_NEWIF, "per{0", &newif), -EINVAL);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_NEWIF, "per 0", &newif), -EINVAL);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_NEWIF, "per\x80", &newif), -EINVAL);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_NEWIF, "per0", &newif), 0);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_NEWIF, "per0", &newif), -EEXIST);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_NEWIF, test_port, &newif), -EEXIST);
	CHECK_EQ(client_open(&a, "per0", NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_DELIF, "per0", NULL), -EBUSY);
	client_close(&a);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_DELIF, "per0", NULL), 0);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_DELIF, "per0", NULL), -ENXIO);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_DELIF, test_port, NULL), -EINVAL);
	device->close(file);
}

static void vale_attach(void)
{
	struct nmreq_vale_attach attach;
	struct nmreq_vale_detach detach = { 0 };
	char name[NETMAP_REQ_IFNAMSIZ];
	void *file = open_file();
	struct client c;

	snprintf(name, sizeof(name), "valeq:%s", test_port);
	memset(&attach, 0, sizeof(attach));
	attach.reg.nr_mode = NR_REG_ONE_NIC;
	CHECK_EQ(request(file, NETMAP_REQ_VALE_ATTACH, name, &attach), -EINVAL);
	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	attach.reg.nr_mode = NR_REG_ALL_NIC;
	CHECK_EQ(request(file, NETMAP_REQ_VALE_ATTACH, name, &attach), -EBUSY);
	client_close(&c);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_ATTACH, name, &attach), 0);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_ATTACH, name, &attach), -EBUSY);
	/* Its rings are the switch's. */
	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), -EBUSY);
	CHECK_EQ(request(file, NETMAP_REQ_VALE_DETACH, name, &detach), 0);
	CHECK_EQ(detach.port_index, attach.port_index);
	CHECK(request(file, NETMAP_REQ_VALE_DETACH, name, &detach) < 0);
	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	client_close(&c);
	device->close(file);
}

/* What comes in is seen though the port's owner does not sync, and is the owner's afterwards. */
static void arrivals(const char *from, const char *to)
{
	struct client sender, owner, monitor;

	CHECK_EQ(client_open(&sender, from, NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(client_open(&owner, to, NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(client_open(&monitor, to, NR_REG_ALL_NIC, 0, NR_MONITOR_RX), 0);
	if (!sender.file || !owner.file || !monitor.file)
		return;
	put(NETMAP_TXRING(sender.nif, 0), 8, 60);
	CHECK_EQ(device->control(sender.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(device->poll(monitor.file, POLLIN, PATIENCE_MS) & POLLIN, POLLIN);
	CHECK_EQ(take(&monitor), 8);
	CHECK_EQ(nm_ring_space(NETMAP_RXRING(owner.nif, 0)), 0);
	CHECK_EQ(take(&owner), 8);
	client_close(&monitor);
	client_close(&owner);
	client_close(&sender);
}

static void monitors(void)
{
	struct client target, monitor;

	CHECK_EQ(client_open(&target, "conf{1", NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(client_open(&monitor, "nosuchport0", NR_REG_ALL_NIC, 0, NR_MONITOR_TX), -ENXIO);
	CHECK_EQ(client_open(&monitor, "conf{1", NR_REG_ALL_NIC, 0, NR_MONITOR_TX), 0);
	if (!target.file || !monitor.file)
		return;
	put(NETMAP_TXRING(target.nif, 0), 7, 60);
	CHECK_EQ(device->control(target.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(device->poll(monitor.file, POLLIN, PATIENCE_MS) & POLLIN, POLLIN);
	CHECK_EQ(take(&monitor), 7);
	client_close(&monitor);
	client_close(&target);
	arrivals("conf{1", "conf}1");
	arrivals("valeq:a", "valeq:b");
}

static int legacy(struct client *c, const char *name, uint16_t ringid, uint32_t flags,
		  uint32_t version)
{
	struct nmreq old = { .nr_version = version, .nr_ringid = ringid, .nr_flags = flags };
	int error;

	memset(c, 0, sizeof(*c));
	snprintf(old.nr_name, sizeof(old.nr_name), "%s", name);
	c->file = open_file();
	error = device->control(c->file, NIOCREGIF, &old);
	if (error) {
		client_close(c);
		return error;
	}
	c->nif = NETMAP_IF(device->map(c->file, old.nr_memsize), old.nr_offset);
	return 0;
}

static void legacy_requests(void)
{
	struct nmreq old = { .nr_version = NETMAP_API };
	struct client c, d;
	void *file = open_file();

	snprintf(old.nr_name, sizeof(old.nr_name), "%s", test_port);
	CHECK_EQ(device->control(file, NIOCGINFO, &old), 0);
	CHECK(old.nr_tx_rings >= 1 && old.nr_tx_slots >= 2 && old.nr_memsize > 0);
	old.nr_version = 13;
	CHECK_EQ(device->control(file, NIOCGINFO, &old), -EINVAL);
	device->close(file);
	CHECK_EQ(legacy(&c, test_port, 0, NR_REG_ALL_NIC, 11), -EINVAL);
	/* Any version from 14 on. */
	CHECK_EQ(legacy(&c, test_port, 0, NR_REG_ALL_NIC, 20), 0);
	CHECK(c.nif->ring_ofs[0] != 0);
	client_close(&c);
	/* The bits of nr_ringid, with flags 0. */
	CHECK_EQ(legacy(&c, test_port, NETMAP_SW_RING, 0, NETMAP_API), 0);
	CHECK_EQ(c.nif->ring_ofs[0], 0);
	CHECK(c.nif->ring_ofs[c.nif->ni_tx_rings] != 0);
	client_close(&c);
	CHECK_EQ(legacy(&c, test_port, NETMAP_HW_RING | 0, 0, NETMAP_API), 0);
	client_close(&c);
	CHECK_EQ(legacy(&c, test_port, NETMAP_HW_RING | 0xfff, 0, NETMAP_API), -EINVAL);
	/* PIPE_MASTER and PIPE_SLAVE: name{N and name}N. */
	CHECK_EQ(legacy(&c, "conf", 3, NR_REG_PIPE_MASTER, NETMAP_API), 0);
	CHECK_EQ(legacy(&d, "conf", 3, NR_REG_PIPE_SLAVE, NETMAP_API), 0);
	if (c.file && d.file) {
		put(NETMAP_TXRING(c.nif, 0), 9, 60);
		CHECK_EQ(device->control(c.file, NIOCTXSYNC, NULL), 0);
		CHECK_EQ(take(&d), 9);
	}
	client_close(&c);
	client_close(&d);
}

const struct conformance_test port_tests[] = {
	{ "pipes", pipes },
	{ "vale_frames", vale_frames },
	{ "shared_memory", shared_memory },
	{ "vale_requests", vale_requests },
	{ "vale_attach", vale_attach },
	{ "monitors", monitors },
	{ "legacy_requests", legacy_requests },
	{ NULL, NULL },
};
