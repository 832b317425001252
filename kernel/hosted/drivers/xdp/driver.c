// SPDX-License-Identifier: BSD-2-Clause
/*
 * xdp: a network interface through AF_XDP sockets and XDP live frames. The region's memory is the sockets' and
 * the program's, so that a slot's buffer is where the kernel puts a frame, and takes it from.
 */
#include "xdp.h"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int ops_txsync(struct nm_kring *kr, int flags)
{
	(void)flags;
	return xdp_queue_of(kr)->device->send == XDP_SEND_LIVE ? xdp_live_txsync(kr) : xdp_socket_txsync(kr);
}

static int ops_rxsync(struct nm_kring *kr, int flags)
{
	(void)flags;
	return xdp_rxsync(kr);
}

/* Before a client sleeps: its sockets are to wake it. A ring that sends by calls always has room after a sync. */
static u64 ops_deadline(struct nm_kring *kr)
{
	struct xdp_queue *q = xdp_queue_of(kr);
	struct xdp_device *device = q->device;
	u32 i = xdp_first(q);

	if (q->broken)
		return 0;
	if (kr->dir == NM_TX) {
		if (device->send == XDP_SEND_SOCKET)
			nmh_queue_watch_ask(&device->inputs[i].watch, kr);
		return 0;
	}
	for (; i < device->num_inputs; i += device->rings.queues)
		nmh_queue_watch_ask(&device->inputs[i].watch, kr);
	return 0;
}

static const char *ops_why(struct nm_port *port)
{
	struct xdp_device *device = nm_port_data(port);

	if (!device->has_why)
		return NULL;
	device->has_why = false;
	return device->why;
}

static const struct nm_driver_ops xdp_ops = {
	.name = "xdp",
	.reg = xdp_reg,
	.txsync = ops_txsync,
	.rxsync = ops_rxsync,
	.deadline = ops_deadline,
	.why = ops_why,
};

/* @one_each: the rings are the interface's first queues; else the one ring has the frames of all queues. */
struct xdp_port_options {
	struct nmh_ring_options rings;
	bool one_each;
	enum xdp_send send;
	bool promiscuous;
};

/* Return: 0 or -EINVAL. */
static int read_send(const struct nmh_port_request *request, const char *word, enum xdp_send *send,
		     struct nmh_refusal *reason)
{
	if (!word || !strcmp(word, "auto"))
		*send = XDP_SEND_AUTO;
	else if (!strcmp(word, "live"))
		*send = XDP_SEND_LIVE;
	else if (!strcmp(word, "socket"))
		*send = XDP_SEND_SOCKET;
	else
		return nmh_refuse(reason, -EINVAL, "%s: there is no send \"%s\"; use auto, live or socket", request->name, word);
	return 0;
}

static int read_options(const struct nmh_port_request *request, struct xdp_port_options *options,
			struct nmh_refusal *reason)
{
	const char *send = NULL;
	const struct nmh_option_place places[] = {
		{ "queues", .number = &options->rings.queues },
		{ "slots", .number = &options->rings.slots },
		{ "promiscuous", .flag = &options->promiscuous },
		{ "send", .text = &send },
	};
	int error;

	*options = (struct xdp_port_options){ .rings = NMH_RING_DEFAULTS, .promiscuous = true };
	options->rings.queues = 0;
	error = nmh_options_read(request, places, sizeof(places) / sizeof(places[0]), reason);
	if (!error)
		error = read_send(request, send, &options->send, reason);
	if (error)
		return error;
	options->one_each = options->rings.queues;
	if (!options->one_each)
		options->rings.queues = 1;
	return nmh_rings_check(request, &options->rings, XDP_MAX_QUEUES, reason);
}

/* Queues that are received from: that of each ring, or all of the interface. */
static u32 count_inputs(const struct xdp_port_options *options, const struct nmh_netif *netif)
{
	const u32 all = nmh_netif_rx_queues(netif);

	return options->one_each ? options->rings.queues : all < XDP_MAX_INPUTS ? all : XDP_MAX_INPUTS;
}

static void describe(const struct xdp_port_options *options, const struct nmh_netif *netif,
		     struct nm_port_config *config)
{
	const u32 slots = options->rings.slots * (count_inputs(options, netif) / options->rings.queues);

	nmh_rings_describe(&options->rings, config);
	/* A burst comes in on one queue. */
	config->num_slots[NM_RX] = slots < XDP_MAX_SLOTS ? slots : XDP_MAX_SLOTS;
	config->speed_mbps = nmh_netif_speed_mbps(netif);
}

static int driver_describe(const struct nmh_port_request *request, struct nmh_port_info *info,
			   struct nmh_refusal *reason)
{
	struct nm_port_config config = { 0 };
	struct xdp_port_options options;
	struct nmh_netif netif = { 0 };
	const int error = read_options(request, &options, reason);

	if (error)
		return error;
	/* It may be made by then. */
	if (nmh_netif_find(request->name, &netif))
		netif.rx_queues = 1;
	describe(&options, &netif, &config);
	nmh_port_info_fill(info, &config);
	return 0;
}

/* What the driver does needs all of these. */
static const struct {
	u32 number;
	const char *name;
} needed[] = {
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN" }, { CAP_BPF, "CAP_BPF" }, { CAP_NET_RAW, "CAP_NET_RAW" },
};

/* CAP_SYS_ADMIN has CAP_BPF in it. */
static bool has_capability(const struct __user_cap_data_struct *have, u32 number)
{
	return have[number / 32].effective >> (number % 32) & 1 ||
	       (number == CAP_BPF && have[0].effective >> CAP_SYS_ADMIN & 1);
}

static int check_capabilities(const char *name, struct nmh_refusal *reason)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct have[2] = { { 0 } };
	u32 i;

	if (syscall(SYS_capget, &header, have))
		return 0;
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!has_capability(have, needed[i].number))
			return nmh_refuse(reason, -EPERM,
					  "%s: this needs %s; run nmgen as root, or setcap cap_net_admin,cap_net_raw,cap_bpf+ep its file",
					  name, needed[i].name);
	}
	return 0;
}

static int refuse_link(struct nmh_refusal *reason, const char *name, int error)
{
	switch (-error) {
	case EBUSY:
	case EEXIST:
		return nmh_refuse(reason, error, "%s: another XDP program is attached to it; end its owner, or ip link set %s xdp off",
				  name, name);
	case ERANGE:
		return nmh_refuse(reason, error, "%s: the MTU of the interface or its peer is too large for XDP; ip link set ... mtu 3000",
				  name);
	case ENOSPC:
		return nmh_refuse(reason, error, "%s: its peer sends on more queues than it receives on; ethtool -L one of them",
				  name);
	case ENODEV:
		return nmh_netif_refuse(reason, name, "", error);
	default:
		return nmh_refuse(reason, error, "%s: no XDP program can be attached to it (error %d); use packet:%s",
				  name, -error, name);
	}
}

/* In the driver; in the stack where that has no XDP. */
static int attach(struct xdp_device *device)
{
	int link = xdp_link(device->idle_program, device->netif.index, XDP_FLAGS_DRV_MODE);

	device->generic = link == -EOPNOTSUPP;
	if (device->generic)
		link = xdp_link(device->idle_program, device->netif.index, XDP_FLAGS_SKB_MODE);
	device->link = link;
	return link < 0 ? link : 0;
}

/* One descriptor of @maps; sets *@error. */
static int keep(int fd, int *error)
{
	if (fd < 0 && !*error)
		*error = fd;
	return fd;
}

static int make_maps(struct xdp_device *device)
{
	const u32 num = device->rings.queues;
	int error = 0;
	void *calls;

	device->maps.sockets = keep(xdp_socket_map(device->num_inputs), &error);
	device->maps.out = keep(xdp_device_map(), &error);
	device->maps.calls = keep(xdp_array(sizeof(struct xdp_call), num), &error);
	device->idle_memory = keep(xdp_array(device->os->buf_size, 1), &error);
	if (error)
		return error;
	calls = mmap(NULL, num * sizeof(struct xdp_call), PROT_READ | PROT_WRITE, MAP_SHARED, device->maps.calls, 0);
	if (calls == MAP_FAILED)
		return -errno;
	device->calls = calls;
	return xdp_map_set(device->maps.out, 0, (u32)device->netif.index);
}

static int load_idle_program(struct xdp_device *device)
{
	struct xdp_maps maps = device->maps;

	maps.memory = device->idle_memory;
	device->idle_program = xdp_program(&maps, device->rings.queues, device->os->buf_size);
	return device->idle_program < 0 ? device->idle_program : 0;
}

/* The interface receives frames for any address while the socket is there. */
static int make_promiscuous(struct xdp_device *device)
{
	const struct packet_mreq mode = { .mr_ifindex = device->netif.index, .mr_type = PACKET_MR_PROMISC };

	/* Of no protocol: it gets no frames. */
	device->promiscuous_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (device->promiscuous_fd < 0)
		return -errno;
	return setsockopt(device->promiscuous_fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mode, sizeof(mode)) ? -errno : 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void device_free(struct xdp_device *device)
{
	close_fd(device->link);
	close_fd(device->idle_program);
	close_fd(device->idle_memory);
	close_fd(device->maps.sockets);
	close_fd(device->maps.out);
	close_fd(device->maps.calls);
	close_fd(device->control_fd);
	close_fd(device->promiscuous_fd);
	if (device->calls)
		munmap(device->calls, device->rings.queues * sizeof(*device->calls));
	nm_os_free(device->inputs);
	nm_os_free(device->queues);
	nm_mutex_destroy(&device->lock);
	nm_os_free(device);
}

static struct xdp_device *device_alloc(struct nmh *world, const struct xdp_port_options *options)
{
	struct xdp_device *device = nm_os_alloc(sizeof(*device));
	struct xdp_queue *queues = nm_os_alloc(options->rings.queues * sizeof(*queues));
	u32 i;

	if (!device || !queues) {
		nm_os_free(device);
		nm_os_free(queues);
		return NULL;
	}
	*device = (struct xdp_device){
		.os = nmh_os(world),
		.rings = options->rings,
		.queues = queues,
		.asked = options->send,
		.maps = { -1, -1, -1, -1 },
		.idle_memory = -1, .idle_program = -1, .program = -1, .link = -1,
		.control_fd = -1, .promiscuous_fd = -1,
	};
	nm_mutex_init(&device->lock);
	nm_spin_init(&device->name_lock);
	for (i = 0; i < options->rings.queues; i++)
		device->queues[i].device = device;
	return device;
}

/* Frames that go in one slot and in one call. */
static struct nm_port_limits limits_of(const struct xdp_device *device)
{
	const u32 room = device->os->buf_size - XDP_HEADROOM;

	return (struct nm_port_limits){
		.min_frame = XDP_MIN_FRAME,
		.max_frame = room < XDP_LIVE_LARGEST ? room : XDP_LIVE_LARGEST,
		.max_frags = 1,
	};
}

static int link_rings(struct nmh *world, void *arg, struct nmh_refusal *reason)
{
	struct xdp_device *device = arg;
	u32 i;

	(void)world;
	(void)reason;
	for (i = 0; i < device->rings.queues; i++) {
		struct xdp_queue *q = &device->queues[i];

		q->rx = nm_port_ring(device->port, NM_RX, i);
		q->tx = nm_port_ring(device->port, NM_TX, i);
		q->call = &device->calls[i];
	}
	return 0;
}

static int attach_port(struct nmh *world, struct xdp_device *device, const char *name,
		       const struct xdp_port_options *options, struct nmh_refusal *reason)
{
	struct nm_port_config config = { .device = &device->os->device, .limits = limits_of(device) };

	describe(options, &device->netif, &config);
	return nmh_attach(world, name, &(struct nmh_attachment){
		.ops = &xdp_ops, .config = &config, .device = device, .port = &device->port, .link = link_rings,
		.if_taken = "choose another interface", .if_bad = "rename the interface",
	}, reason);
}

/* Of the queues of the interface, those that are received from. */
static int make_inputs(struct xdp_device *device, const struct xdp_port_options *options, struct nmh_refusal *reason)
{
	const u32 there = nmh_netif_rx_queues(&device->netif);
	const char *name = device->netif.name;
	u32 i;

	if (options->one_each && options->rings.queues > there)
		return nmh_refuse(reason, -EINVAL, "%s has %u receive queues, not %u; use fewer, or ethtool -L %s",
				  name, there, options->rings.queues, name);
	if (!options->one_each && there > XDP_MAX_INPUTS)
		return nmh_refuse(reason, -EINVAL, "%s has %u receive queues, and a ring takes the frames of %u; set \"queues\", or ethtool -L %s",
				  name, there, XDP_MAX_INPUTS, name);
	device->num_inputs = count_inputs(options, &device->netif);
	device->inputs = nm_os_alloc(device->num_inputs * sizeof(device->inputs[0]));
	if (!device->inputs)
		return nmh_refuse(reason, -ENOMEM, "%s: no memory for its queues; use fewer", name);
	for (i = 0; i < device->num_inputs; i++) {
		device->inputs[i].queue = i;
		device->inputs[i].socket.fd = -1;
	}
	return 0;
}

static int device_open(struct xdp_device *device, const char *name, const struct xdp_port_options *options,
		       struct nmh_refusal *reason)
{
	int error = nmh_netif_find(name, &device->netif);

	if (!error && !(device->netif.flags & IFF_UP))
		error = -ENETDOWN;
	if (error)
		return nmh_netif_refuse(reason, name, "", error);
	error = check_capabilities(name, reason);
	if (!error)
		error = make_inputs(device, options, reason);
	if (error)
		return error;
	memcpy(device->name, device->netif.name, sizeof(device->name));
	device->mtu = device->netif.mtu;
	device->dropped_before = device->netif.tx_dropped;
	/* Others' counters tell later what has been sent. */
	device->proved = strcmp(device->netif.kind, "veth") != 0;
	device->control_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (device->control_fd < 0)
		error = -errno;
	if (!error)
		error = make_maps(device);
	if (!error)
		error = load_idle_program(device);
	if (error)
		return nmh_refuse(reason, error, "%s: the kernel takes no XDP program (error %d; 5.18 does, with CONFIG_BPF_SYSCALL and CONFIG_XDP_SOCKETS); use packet:%s",
				  name, -error, name);
	error = attach(device);
	if (error)
		return refuse_link(reason, name, error);
	if (options->promiscuous)
		error = make_promiscuous(device);
	if (error)
		return nmh_netif_refuse(reason, name, "CAP_NET_RAW", error);
	return 0;
}

static int driver_create(struct nmh *world, const struct nmh_port_request *request, void **out,
			 struct nmh_refusal *reason)
{
	struct xdp_port_options options;
	struct xdp_device *device;
	int error = read_options(request, &options, reason);

	if (error)
		return error;
	device = device_alloc(world, &options);
	if (!device)
		return nmh_refuse(reason, -ENOMEM, "%s: no memory for its queues; use fewer", request->name);
	error = device_open(device, request->name, &options, reason);
	if (!error)
		error = attach_port(world, device, request->name, &options, reason);
	if (error) {
		device_free(device);
		return error;
	}
	*out = device;
	return 0;
}

static void driver_destroy(void *arg)
{
	struct xdp_device *device = arg;

	nm_port_detach(device->port);
	device_free(device);
}

static void driver_stats(void *arg, struct nmh_port_stats *stats)
{
	struct xdp_device *device = arg;
	struct nmh_netif now;
	u32 i;

	nm_mutex_lock(&device->lock);
	for (i = 0; i < device->rings.queues; i++) {
		const struct xdp_queue *q = &device->queues[i];
		const u64 tx = nm_read_once(q->sent.frames), rx = nm_read_once(q->received.frames);

		stats->tx_frames += tx;
		stats->tx_bytes += nm_read_once(q->sent.bytes) + 4 * tx;
		stats->rx_frames += rx;
		stats->rx_bytes += nm_read_once(q->received.bytes) + 4 * rx;
		stats->missed += q->missed;
	}
	for (i = 0; i < device->num_inputs; i++) {
		if (device->inputs[i].socket.fd >= 0)
			stats->missed += xdp_socket_missed(&device->inputs[i].socket);
	}
	if (!nmh_netif_read(device->netif.index, &now))
		stats->tx_dropped = now.tx_dropped - device->dropped_before;
	nm_mutex_unlock(&device->lock);
}

static void driver_mode(void *arg, char *text, size_t size)
{
	xdp_describe_mode(arg, text, size);
}

static int memory_file(uint64_t size, uint32_t buf_size)
{
	return xdp_array(buf_size, (u32)(size / buf_size));
}

const struct nmh_driver nmh_driver_xdp = {
	.name = "xdp",
	.prefix = "xdp",
	.buffers = {
		.headroom = XDP_HEADROOM,
		.most = 4096,
		.power_of_two = true,
		.fixed = true,
		.memory_file = memory_file,
	},
	.describe = driver_describe,
	.create = driver_create,
	.destroy = driver_destroy,
	.stats = driver_stats,
	.mode = driver_mode,
};
