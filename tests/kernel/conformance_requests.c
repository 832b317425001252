// SPDX-License-Identifier: BSD-2-Clause
/* Conformance: requests, their headers, modes and options, and what is refused with which errno. */
#include "tests/kernel/conformance.h"

static int head_says(uint16_t version, uint32_t reserved, uint16_t type, void *body)
{
	struct nmreq_header head = {
		.nr_version = version,
		.nr_reserved = reserved,
		.nr_reqtype = type,
		.nr_body = (uintptr_t)body,
	};
	void *file = open_file();
	int error;

	snprintf(head.nr_name, sizeof(head.nr_name), "%s", test_port);
	error = device->control(file, NIOCCTRL, &head);
	device->close(file);
	return error;
}

static void unbound(void)
{
	void *file = open_file();

	CHECK_EQ(device->control(file, NIOCTXSYNC, NULL), -ENXIO);
	CHECK_EQ(device->control(file, NIOCRXSYNC, NULL), -ENXIO);
	CHECK_EQ(device->poll(file, POLLIN | POLLOUT, 0), POLLERR);
	CHECK(!device->map(file, 4096));
	CHECK_EQ(errno, EINVAL);
	device->close(file);
}

static void unknown_ioctl(void)
{
	uint8_t arg[512] = { 0 };
	void *file = open_file();

	CHECK_EQ(device->control(file, _IO('i', 200), arg), -EOPNOTSUPP);
	CHECK_EQ(device->control(file, _IO('x', 145), arg), -EOPNOTSUPP);
	CHECK_EQ(device->control(file, _IOWR('i', 151, struct nmreq), arg), -EOPNOTSUPP);
	device->close(file);
}

static void header(void)
{
	struct nmreq_port_info_get info = { 0 };

	CHECK_EQ(head_says(13, 0, NETMAP_REQ_PORT_INFO_GET, &info), -EINVAL);
	CHECK_EQ(head_says(14, 0, NETMAP_REQ_PORT_INFO_GET, &info), 0);
	CHECK_EQ(head_says(15, 0, NETMAP_REQ_PORT_INFO_GET, &info), 0);
	CHECK_EQ(head_says(16, 0, NETMAP_REQ_PORT_INFO_GET, &info), -EINVAL);
	CHECK_EQ(head_says(14, 1, NETMAP_REQ_PORT_INFO_GET, &info), -EINVAL);
	CHECK_EQ(head_says(14, 0, 0, &info), -EINVAL);
	CHECK_EQ(head_says(14, 0, 16, &info), -EINVAL);
	CHECK_EQ(head_says(14, 0, 0xffff, &info), -EINVAL);
}

static void body_present(void)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	uint16_t type;

	for (type = NETMAP_REQ_REGISTER; type <= NETMAP_REQ_SYNC_KLOOP_START; type++) {
		if (type != NETMAP_REQ_VALE_DELIF)
			CHECK_EQ(head_says(14, 0, type, NULL), -EINVAL);
	}
	CHECK_EQ(head_says(14, 0, NETMAP_REQ_VALE_DELIF, &reg), -EINVAL);
	CHECK_EQ(head_says(14, 0, NETMAP_REQ_SYNC_KLOOP_STOP, &reg), -EINVAL);
	CHECK_EQ(head_says(14, 0, NETMAP_REQ_CSB_ENABLE, &reg), -EINVAL);
}

static void wild_pointers(void)
{
	void *file = open_file();

	CHECK_EQ(device->control(file, NIOCCTRL, (void *)8), -EFAULT);
	device->close(file);
	CHECK_EQ(head_says(14, 0, NETMAP_REQ_REGISTER, (void *)8), -EFAULT);
	CHECK_EQ(head_says(14, 0, NETMAP_REQ_PORT_INFO_GET, (void *)8), -EFAULT);
}

static int open_mode(uint32_t mode, uint16_t ringid, uint64_t flags)
{
	struct client c;
	const int error = client_open(&c, test_port, mode, ringid, flags);

	client_close(&c);
	return error;
}

static void modes_refused(void)
{
	CHECK_EQ(open_mode(NR_REG_DEFAULT, 0, 0), -EINVAL);
	CHECK_EQ(open_mode(NR_REG_PIPE_MASTER, 0, 0), -EINVAL);
	CHECK_EQ(open_mode(NR_REG_PIPE_SLAVE, 0, 0), -EINVAL);
	CHECK_EQ(open_mode(9, 0, 0), -EINVAL);
	CHECK_EQ(open_mode(0xffffffff, 0, 0), -EINVAL);
	CHECK_EQ(open_mode(NR_REG_ONE_NIC, 4000, 0), -EINVAL);
	CHECK_EQ(open_mode(NR_REG_ONE_SW, 4000, 0), -EINVAL);
	CHECK_EQ(open_mode(NR_REG_ALL_NIC, 0, NR_RX_RINGS_ONLY | NR_TX_RINGS_ONLY), -EINVAL);
}

/* Which rings a mode and its flags bind: those whose ring_ofs is not 0. */
static void check_rings(uint32_t mode, uint64_t flags, bool nic_tx, bool host_tx, bool nic_rx,
			bool host_rx)
{
	const struct netmap_if *nif;
	struct client c;
	uint32_t at;

	CHECK_EQ(client_open(&c, test_port, mode, 0, flags), 0);
	if (!c.file)
		return;
	nif = c.nif;
	CHECK(nif->ni_host_tx_rings >= 1);
	CHECK(nif->ni_host_rx_rings >= 1);
	CHECK_EQ(c.reg.nr_tx_rings, nif->ni_tx_rings);
	CHECK_EQ(c.reg.nr_rx_rings, nif->ni_rx_rings);
	CHECK_EQ(c.reg.nr_host_tx_rings, nif->ni_host_tx_rings);
	CHECK_EQ(c.reg.nr_host_rx_rings, nif->ni_host_rx_rings);
	at = 0;
	CHECK_EQ(nif->ring_ofs[at] != 0, nic_tx);
	at += nif->ni_tx_rings;
	CHECK_EQ(nif->ring_ofs[at] != 0, host_tx);
	at += nif->ni_host_tx_rings;
	CHECK_EQ(nif->ring_ofs[at] != 0, nic_rx);
	at += nif->ni_rx_rings;
	CHECK_EQ(nif->ring_ofs[at] != 0, host_rx);
	client_close(&c);
}

static void modes(void)
{
	check_rings(NR_REG_ALL_NIC, 0, true, false, true, false);
	check_rings(NR_REG_SW, 0, false, true, false, true);
	check_rings(NR_REG_NIC_SW, 0, true, true, true, true);
	check_rings(NR_REG_ONE_NIC, 0, true, false, true, false);
	check_rings(NR_REG_ONE_SW, 0, false, true, false, true);
	check_rings(NR_REG_ALL_NIC, NR_RX_RINGS_ONLY, false, false, true, false);
	check_rings(NR_REG_ALL_NIC, NR_TX_RINGS_ONLY, true, false, false, false);
	check_rings(NR_REG_NIC_SW, NR_RX_RINGS_ONLY, false, false, true, true);
}

static void register_errors(void)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nmreq_register before;
	struct client c, d;

	CHECK_EQ(client_open(&d, "nosuchport0", NR_REG_ALL_NIC, 0, 0), -ENXIO);
	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	/* A file is bound once. */
	CHECK_EQ(request(c.file, NETMAP_REQ_REGISTER, test_port, &reg), -EBUSY);
	CHECK_EQ(request(c.file, NETMAP_REQ_REGISTER, "nosuchport0", &reg), -EBUSY);
	client_close(&c);
	/* Bodies come back on success only. */
	memset(&reg, 0, sizeof(reg));
	reg.nr_mode = NR_REG_ALL_NIC;
	reg.nr_mem_id = 999;
	reg.nr_tx_slots = 77;
	before = reg;
	c.file = open_file();
	CHECK_EQ(request(c.file, NETMAP_REQ_REGISTER, test_port, &reg), -EINVAL);
	CHECK_EQ(memcmp(&reg, &before, sizeof(reg)), 0);
	/* A refused file can be bound. */
	reg.nr_mem_id = 0;
	CHECK_EQ(request(c.file, NETMAP_REQ_REGISTER, test_port, &reg), 0);
	CHECK_EQ(reg.nr_mem_id, 1);
	client_close(&c);
}

static void exclusive(void)
{
	struct client c, d;

	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, NR_EXCLUSIVE), 0);
	CHECK_EQ(client_open(&d, test_port, NR_REG_ALL_NIC, 0, 0), -EBUSY);
	CHECK_EQ(client_open(&d, test_port, NR_REG_SW, 0, 0), 0);
	client_close(&d);
	client_close(&c);
	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	CHECK_EQ(client_open(&d, test_port, NR_REG_ALL_NIC, 0, NR_EXCLUSIVE), -EBUSY);
	CHECK_EQ(client_open(&d, test_port, NR_REG_ALL_NIC, 0, 0), 0);
	client_close(&d);
	client_close(&c);
}

static void null_port(void)
{
	struct client c;

	CHECK_EQ(client_open(&c, "anything", NR_REG_NULL, 0, 0), -EINVAL);
	memset(&c, 0, sizeof(c));
	c.reg.nr_mode = NR_REG_NULL;
	c.reg.nr_mem_id = 1;
	c.reg.nr_extra_bufs = 4;
	c.reg.nr_tx_rings = 10;
	c.reg.nr_rx_rings = 5;
	c.reg.nr_tx_slots = 256;
	CHECK_EQ(client_open_reg(&c, "anything"), 0);
	CHECK_EQ(c.reg.nr_tx_rings, 10);
	CHECK_EQ(c.reg.nr_rx_rings, 5);
	CHECK_EQ(c.reg.nr_tx_slots, 256);
	CHECK_EQ(c.reg.nr_host_rx_rings, 0);
	CHECK_EQ(c.reg.nr_extra_bufs, 4);
	CHECK_EQ(device->control(c.file, NIOCTXSYNC, NULL), 0);
	CHECK_EQ(device->poll(c.file, POLLIN | POLLOUT, 0), 0);
	client_close(&c);
}

static void extra_bufs(void)
{
	const struct netmap_ring *ring;
	struct client c;
	uint32_t index, n = 0;

	memset(&c, 0, sizeof(c));
	c.reg.nr_mode = NR_REG_ALL_NIC;
	c.reg.nr_extra_bufs = 10;
	CHECK_EQ(client_open_reg(&c, test_port), 0);
	CHECK_EQ(c.reg.nr_extra_bufs, 10);
	ring = NETMAP_TXRING(c.nif, 0);
	for (index = c.nif->ni_bufs_head; index && n < 100; n++)
		memcpy(&index, NETMAP_BUF(ring, index), sizeof(index));
	CHECK_EQ(n, 10);
	client_close(&c);
}

static void zero_slots(struct netmap_ring *ring)
{
	uint32_t i;

	for (i = 0; i < ring->num_slots; i++)
		ring->slot[i].buf_idx = 0;
}

/* What a client loses comes back when it leaves, though another keeps the region. */
static void lost_bufs(void)
{
	struct client keeper = { .reg.nr_mode = NR_REG_NULL, .reg.nr_mem_id = 1 }, c;
	uint64_t memsize = 0;
	uint32_t round, i;

	CHECK_EQ(client_open_reg(&keeper, "keeper"), 0);
	for (round = 0; round < 200; round++) {
		memset(&c, 0, sizeof(c));
		c.reg.nr_mode = NR_REG_ALL_NIC;
		c.reg.nr_extra_bufs = 4000;
		if (client_open_reg(&c, test_port) || c.reg.nr_extra_bufs != 4000)
			break;
		if (round && c.reg.nr_memsize != memsize)
			break;
		memsize = c.reg.nr_memsize;
		c.nif->ni_bufs_head = 0;
		for (i = 0; i < c.nif->ni_tx_rings; i++)
			zero_slots(NETMAP_TXRING(c.nif, i));
		for (i = 0; i < c.nif->ni_rx_rings; i++)
			zero_slots(NETMAP_RXRING(c.nif, i));
		client_close(&c);
	}
	CHECK_EQ(round, 200);
	if (round < 200 && c.file)
		client_close(&c);
	client_close(&keeper);
}

static void info(void)
{
	struct nmreq_port_info_get got = { 0 };
	struct nmreq_pools_info pools = { 0 };
	void *file = open_file();

	CHECK_EQ(request(file, NETMAP_REQ_PORT_INFO_GET, test_port, &got), 0);
	CHECK(got.nr_tx_rings >= 1 && got.nr_rx_rings >= 1 && got.nr_host_tx_rings >= 1);
	CHECK(got.nr_tx_slots >= 2 && got.nr_memsize > 0);
	CHECK_EQ(got.nr_mem_id, 1);
	CHECK_EQ(request(file, NETMAP_REQ_PORT_INFO_GET, "nosuchport0", &got), -ENXIO);
	/* An empty name: the memory of mem_id, 0 means 1. */
	memset(&got, 0, sizeof(got));
	CHECK_EQ(request(file, NETMAP_REQ_PORT_INFO_GET, "", &got), 0);
	CHECK_EQ(got.nr_mem_id, 1);
	got.nr_mem_id = 999;
	CHECK_EQ(request(file, NETMAP_REQ_PORT_INFO_GET, "", &got), -EINVAL);
	CHECK_EQ(request(file, NETMAP_REQ_POOLS_INFO_GET, "", &pools), -EINVAL);
	CHECK_EQ(request(file, NETMAP_REQ_POOLS_INFO_GET, test_port, &pools), 0);
	/* [if pool][ring pool][buffer pool] */
	CHECK(pools.nr_if_pool_offset < pools.nr_ring_pool_offset);
	CHECK(pools.nr_ring_pool_offset < pools.nr_buf_pool_offset);
	CHECK(pools.nr_buf_pool_offset < pools.nr_memsize);
	CHECK_EQ(pools.nr_mem_id, 1);
	/* None of these binds. */
	CHECK_EQ(device->control(file, NIOCTXSYNC, NULL), -ENXIO);
	device->close(file);
}

/* Requests that come later in the life of this netmap are refused, and say so. */
static void not_yet(void)
{
	struct nmreq_vale_polling polling = { .nr_mode = 1, .nr_num_polling_cpus = 1 };
	struct nmreq_sync_kloop_start start = { 0 };
	struct client c;

	CHECK_EQ(client_open(&c, test_port, NR_REG_ALL_NIC, 0, NR_EXCLUSIVE), 0);
	CHECK_EQ(request(c.file, NETMAP_REQ_SYNC_KLOOP_START, "", &start), -EOPNOTSUPP);
	CHECK_EQ(request(c.file, NETMAP_REQ_SYNC_KLOOP_STOP, "", NULL), -EOPNOTSUPP);
	CHECK_EQ(request(c.file, NETMAP_REQ_CSB_ENABLE, "", NULL), -EOPNOTSUPP);
	CHECK_EQ(request(c.file, NETMAP_REQ_VALE_POLLING_ENABLE, test_port, &polling),
		 -EOPNOTSUPP);
	CHECK_EQ(request(c.file, NETMAP_REQ_VALE_POLLING_DISABLE, test_port, &polling),
		 -EOPNOTSUPP);
	client_close(&c);
}

/* REGISTER with the options that begin at @first. */
static int with_options(const struct nmreq_option *first)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nmreq_header head = {
		.nr_version = NETMAP_API,
		.nr_reqtype = NETMAP_REQ_REGISTER,
		.nr_options = (uintptr_t)first,
		.nr_body = (uintptr_t)&reg,
	};
	void *file = open_file();
	int error;

	snprintf(head.nr_name, sizeof(head.nr_name), "%s", test_port);
	error = device->control(file, NIOCCTRL, &head);
	device->close(file);
	return error;
}

static void options(void)
{
	struct nmreq_opt_csb csb[2];
	struct nmreq_option o[200];
	uint32_t i;

	memset(o, 0, sizeof(o));
	CHECK_EQ(with_options(&o[0]), -EINVAL);
	CHECK_EQ(o[0].nro_status, EINVAL);
	o[0].nro_reqtype = 1000;
	CHECK_EQ(with_options(&o[0]), -EOPNOTSUPP);
	CHECK_EQ(o[0].nro_status, EOPNOTSUPP);
	/* A loop of unknown options. */
	o[0].nro_next = (uintptr_t)&o[0];
	CHECK_EQ(with_options(&o[0]), -EMSGSIZE);
	/* More than 4096 bytes with the body. */
	for (i = 0; i < 200; i++) {
		o[i].nro_reqtype = 1000;
		o[i].nro_next = i < 199 ? (uintptr_t)&o[i + 1] : 0;
	}
	CHECK_EQ(with_options(&o[0]), -EMSGSIZE);
	/* That comes before what is wrong with their types. */
	o[0].nro_reqtype = 0;
	CHECK_EQ(with_options(&o[0]), -EMSGSIZE);
	o[0].nro_reqtype = NETMAP_REQ_OPT_CSB;
	o[1].nro_reqtype = NETMAP_REQ_OPT_CSB;
	CHECK_EQ(with_options(&o[0]), -EMSGSIZE);
	/* A duplicate of a known one: both are told. A loop is one too. */
	memset(csb, 0, sizeof(csb));
	csb[0].nro_opt.nro_reqtype = NETMAP_REQ_OPT_CSB;
	csb[0].nro_opt.nro_next = (uintptr_t)&csb[1];
	csb[1].nro_opt.nro_reqtype = NETMAP_REQ_OPT_CSB;
	CHECK_EQ(with_options(&csb[0].nro_opt), -EINVAL);
	CHECK_EQ(csb[0].nro_opt.nro_status, EINVAL);
	CHECK_EQ(csb[1].nro_opt.nro_status, EINVAL);
	csb[0].nro_opt.nro_next = (uintptr_t)&csb[0];
	CHECK_EQ(with_options(&csb[0].nro_opt), -EINVAL);
	CHECK_EQ(with_options((struct nmreq_option *)8), -EFAULT);
}

const struct conformance_test request_tests[] = {
	{ "unbound", unbound },
	{ "unknown_ioctl", unknown_ioctl },
	{ "header", header },
	{ "body_present", body_present },
	{ "wild_pointers", wild_pointers },
	{ "modes_refused", modes_refused },
	{ "modes", modes },
	{ "register_errors", register_errors },
	{ "exclusive", exclusive },
	{ "null_port", null_port },
	{ "extra_bufs", extra_bufs },
	{ "lost_bufs", lost_bufs },
	{ "info", info },
	{ "not_yet", not_yet },
	{ "options", options },
	{ NULL, NULL },
};
