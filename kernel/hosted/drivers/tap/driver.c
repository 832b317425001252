// SPDX-License-Identifier: BSD-2-Clause
/*
 * tap: a network interface of the host whose other end is this port: what is sent comes in on it, and what the
 * host sends over it is received. Each queue is a descriptor of /dev/net/tun; a frame is a system call.
 */
#include "hosted.h"
#include "nmh_netif.h"
#include "options.h"

#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_QUEUES	16u
#define DEVICE		"/dev/net/tun"

/* Bytes of a header that another program may have asked for. */
#define MAX_HEADER	64

/**
 * struct tap_queue - a descriptor
 * @lock: the counters
 * @look_ns: of nmh_netif_still_up()
 */
struct tap_queue {
	int fd;
	struct nmh_queue_watch watch;
	u64 look_ns;
	struct nm_spin lock;
	u64 tx_frames, tx_bytes, rx_frames, rx_bytes;
	u64 too_long;
};

/**
 * struct tap_device - a port
 * @header: bytes of the virtio-net header before each frame, 0: there is none
 * @dropped_before: by the interface, before the port was there
 * @dropped: since then, when the interface could be asked last
 */
struct tap_device {
	struct nm_port *port;
	int index;
	size_t header;
	u64 dropped_before, dropped;
	struct nm_spin lock;		/* @dropped */
	u32 num_queues;
	struct tap_queue queues[];
};

static const u8 no_offloads[MAX_HEADER];

/* An error of a descriptor, as one of its interface; -EAGAIN: not now. */
static int error_of(int error)
{
	switch (error) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
	case EINTR:
		return -EAGAIN;
	case EIO:
		return -ENETDOWN;
	case EBADFD:
	case EFAULT:
		return -ENODEV;
	default:
		return -error;
	}
}

/* Sending */

/* Return: 0, or a negative errno. */
static int send_frame(const struct tap_device *device, struct tap_queue *q, const struct nm_bufs *bufs,
		      const struct nm_tx_frame *frame)
{
	struct iovec pieces[1 + NETMAP_MAX_FRAGS];
	int num = 0;
	u32 i;

	if (device->header)
		pieces[num++] = (struct iovec){ (void *)no_offloads, device->header };
	for (i = 0; i < frame->slots; i++)
		pieces[num++] = (struct iovec){ nm_buf_at(bufs, frame->view[i].buf_idx), frame->view[i].len };
	return writev(q->fd, pieces, num) < 0 ? error_of(errno) : 0;
}

static int tap_txsync(struct nm_kring *kr, int flags)
{
	struct tap_device *device = nm_port_data(kr->port);
	struct tap_queue *q = &device->queues[kr->ring_id];
	const struct nm_bufs bufs = kr->bufs;
	u64 frames = 0, bytes = 0;
	int error = 0;

	(void)flags;
	while (kr->hwcur != kr->rhead) {
		struct nm_tx_frame frame;

		if (!nm_tx_frame_get(kr, &bufs, kr->hwcur, &frame))
			break;
		/* What is shorter than a header is skipped: no device sends it either. */
		if (frame.len >= ETH_HLEN) {
			error = send_frame(device, q, &bufs, &frame);
			if (error)
				break;
			frames++;
			bytes += frame.len;
		}
		kr->hwcur = nm_add(kr->hwcur, frame.slots, kr->num_slots);
	}
	kr->hwtail = nm_prev(kr->hwcur, kr->num_slots - 1);
	nm_spin_lock(&q->lock);
	q->tx_frames += frames;
	q->tx_bytes += bytes;
	nm_spin_unlock(&q->lock);
	return error == -EAGAIN ? 0 : error;
}

/* Receiving */

/* A frame for slot @i. Return: its bytes, more than a buffer where it was cut; or a negative errno. */
static ssize_t receive_frame(const struct tap_device *device, const struct tap_queue *q, struct nm_kring *kr, u32 i)
{
	const u32 index = nm_read_once(kr->ring->slot[i].buf_idx);
	u8 header[MAX_HEADER], rest;
	const struct iovec pieces[] = {
		{ header, device->header },
		/* A client that spoilt the slot gets its frame into a buffer of nobody's. */
		{ nm_buf_at(&kr->bufs, index < kr->bufs.num ? index : 0), kr->bufs.size },
		/* Or a frame that is cut could not be told from one that fits. */
		{ &rest, 1 },
	};
	ssize_t got = device->header ? readv(q->fd, pieces, 3) : readv(q->fd, pieces + 1, 2);

	if (got < 0)
		return error_of(errno);
	return got - (ssize_t)device->header;
}

static int tap_rxsync(struct nm_kring *kr, int flags)
{
	struct tap_device *device = nm_port_data(kr->port);
	struct tap_queue *q = &device->queues[kr->ring_id];
	const u32 lim = kr->num_slots - 1;
	u64 frames = 0, bytes = 0, too_long = 0;
	int error = 0;

	(void)flags;
	kr->hwcur = kr->rhead;
	/* One stays empty. */
	while (kr->hwtail != nm_prev(kr->hwcur, lim)) {
		const ssize_t got = receive_frame(device, q, kr, kr->hwtail);

		if (got < 0) {
			error = (int)got;
			break;
		}
		if (got > (ssize_t)kr->bufs.size) {
			too_long++;
			continue;
		}
		nm_slot_put(&kr->ring->slot[kr->hwtail], (u16)got, 0);
		kr->hwtail = nm_next(kr->hwtail, lim);
		frames++;
		bytes += (u64)got;
	}
	if (error == -EAGAIN)
		error = frames ? 0 : nmh_netif_still_up(device->index, nm_os_now_ns(), &q->look_ns);
	nm_spin_lock(&q->lock);
	q->rx_frames += frames;
	q->rx_bytes += bytes;
	q->too_long += too_long;
	nm_spin_unlock(&q->lock);
	return error;
}

/* Before a client sleeps: the descriptor is to wake it. */
static u64 tap_deadline(struct nm_kring *kr)
{
	struct tap_device *device = nm_port_data(kr->port);

	nmh_queue_watch_ask(&device->queues[kr->ring_id].watch, kr);
	return 0;
}

static const struct nm_driver_ops tap_ops = {
	.name = "tap",
	.txsync = tap_txsync,
	.rxsync = tap_rxsync,
	.deadline = tap_deadline,
};

/* The driver */

struct tap_options {
	struct nmh_ring_options rings;
	bool vnet_header;
};

static int read_options(const struct nmh_port_request *request, struct tap_options *options,
			struct nmh_refusal *reason)
{
	const struct nmh_option_place places[] = {
		{ "queues", .number = &options->rings.queues },
		{ "slots", .number = &options->rings.slots },
		{ "vnet_header", .flag = &options->vnet_header },
	};
	int error;

	*options = (struct tap_options){ .rings = NMH_RING_DEFAULTS };
	error = nmh_options_read(request, places, sizeof(places) / sizeof(places[0]), reason);
	if (error)
		return error;
	error = nmh_rings_check(request, &options->rings, MAX_QUEUES, reason);
	if (error)
		return error;
	if (strlen(request->name) >= IFNAMSIZ)
		return nmh_refuse(reason, -ENAMETOOLONG, "%s is too long for an interface; use at most %d characters",
				  request->name, IFNAMSIZ - 1);
	/* The kernel would put a number there. */
	if (strpbrk(request->name, "%:/"))
		return nmh_refuse(reason, -EINVAL, "%s is no name for an interface; use letters and digits", request->name);
	return 0;
}

static int driver_describe(const struct nmh_port_request *request, struct nmh_port_info *info,
			   struct nmh_refusal *reason)
{
	struct nm_port_config config = { 0 };
	struct tap_options options;
	const int error = read_options(request, &options, reason);

	if (error)
		return error;
	nmh_rings_describe(&options.rings, &config);
	nmh_port_info_fill(info, &config);
	return 0;
}

/*
 * Flags for TUNSETIFF: of an interface that is there those that it has, as others may use it at the same time;
 * else those that the options ask for.
 */
static int choose_flags(const struct nmh_port_request *request, const struct tap_options *options,
			const struct nmh_netif *there, short *flags, struct nmh_refusal *reason)
{
	u32 has = there->tun_flags;

	if (!there->index) {
		has = IFF_TAP | (options->rings.queues > 1 ? IFF_MULTI_QUEUE : 0) |
		      (options->vnet_header ? IFF_VNET_HDR : 0);
	} else if (!(has & IFF_TAP)) {
		return nmh_refuse(reason, -EEXIST, "%s is an interface, and no tap; choose another name", request->name);
	} else if (!(there->flags & IFF_UP)) {
		return nmh_netif_refuse(reason, request->name, "CAP_NET_ADMIN", -ENETDOWN);
	} else if (options->rings.queues > 1 && !(has & IFF_MULTI_QUEUE)) {
		return nmh_refuse(reason, -EINVAL, "%s was made for one queue; use \"queues\": 1, or make it with ip tuntap add ... multi_queue",
				  request->name);
	}
	*flags = (short)(has | IFF_NO_PI);
	return 0;
}

static int refuse_tun(struct nmh_refusal *reason, const char *name, int error)
{
	switch (-error) {
	case EINVAL:
		return nmh_refuse(reason, error, "%s is no name for an interface; use letters and digits", name);
	case EBUSY:
		return nmh_refuse(reason, error, "%s is used by another program; stop it, or choose another name", name);
	case E2BIG:
		return nmh_refuse(reason, error, "%s has no more queues; use fewer, or stop the other program that has some",
				  name);
	default:
		return nmh_netif_refuse(reason, name, "CAP_NET_ADMIN", error);
	}
}

static int open_tun(struct tap_queue *q, struct nmh_refusal *reason)
{
	q->fd = open(DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (q->fd >= 0)
		return 0;
	if (errno == EACCES || errno == EPERM)
		return nmh_refuse(reason, -errno, "%s may not be opened; run nmgen as root, or chmod it", DEVICE);
	return nmh_refuse(reason, -errno, "%s cannot be opened (error %d); modprobe tun, or let the container have it",
			  DEVICE, errno);
}

/* Makes or opens the interface. It goes with the last descriptor, where it was not there before. */
static int device_open(const struct nmh_port_request *request, const struct tap_options *options,
		       struct tap_device *device, struct nmh_refusal *reason)
{
	struct nmh_netif netif = { .index = 0 };
	struct ifreq interface = { .ifr_flags = 0 };
	bool made;
	int error, header = 0;
	u32 i;

	error = nmh_netif_find(request->name, &netif);
	if (error && error != -ENODEV)
		return nmh_netif_refuse(reason, request->name, "CAP_NET_ADMIN", error);
	made = error;
	error = choose_flags(request, options, &netif, &interface.ifr_flags, reason);
	if (error)
		return error;
	strcpy(interface.ifr_name, request->name);
	for (i = 0; i < device->num_queues; i++) {
		error = open_tun(&device->queues[i], reason);
		if (error)
			return error;
		if (ioctl(device->queues[i].fd, TUNSETIFF, &interface))
			return refuse_tun(reason, request->name, -errno);
	}
	if (interface.ifr_flags & IFF_VNET_HDR) {
		/* Whole frames with checksums only, whatever its last user could do. */
		if (ioctl(device->queues[0].fd, TUNSETOFFLOAD, 0) ||
		    ioctl(device->queues[0].fd, TUNGETVNETHDRSZ, &header))
			return refuse_tun(reason, request->name, -errno);
		if (header > MAX_HEADER)
			return nmh_refuse(reason, -EINVAL, "%s has headers of %d bytes; use at most %d", request->name, header,
					  MAX_HEADER);
	}
	device->header = (size_t)header;
	error = nmh_netif_find(request->name, &netif);
	if (!error && made)
		error = nmh_netif_set_up(netif.index);
	if (error)
		return refuse_tun(reason, request->name, error);
	device->index = netif.index;
	device->dropped_before = netif.tx_dropped;
	return 0;
}

static void unwatch(struct tap_device *device)
{
	u32 i;

	for (i = 0; i < device->num_queues; i++)
		nmh_queue_watch_remove(&device->queues[i].watch);
}

static int watch(struct nmh *world, void *arg, struct nmh_refusal *reason)
{
	struct tap_device *device = arg;
	int error = 0;
	u32 i;

	for (i = 0; i < device->num_queues && !error; i++) {
		struct tap_queue *q = &device->queues[i];

		error = nmh_queue_watch_add(nmh_os(world), &q->watch, q->fd, nm_port_ring(device->port, NM_RX, i),
					    nm_port_ring(device->port, NM_TX, i));
	}
	if (!error)
		return 0;
	unwatch(device);
	return nmh_refuse(reason, error, "%s: its queues cannot be waited for (error %d); close other programs",
			  nm_port_name(device->port), -error);
}

static int attach(struct nmh *world, const struct nmh_port_request *request, const struct tap_options *options,
		  struct tap_device *device, struct nmh_refusal *reason)
{
	struct nm_port_config config = { 0 };

	nmh_rings_describe(&options->rings, &config);
	return nmh_attach(world, request->name, &(struct nmh_attachment){
		.ops = &tap_ops, .config = &config, .device = device, .port = &device->port, .link = watch,
		.if_taken = "choose another interface", .if_bad = "choose another one",
	}, reason);
}

static void device_free(struct tap_device *device)
{
	u32 i;

	for (i = 0; i < device->num_queues; i++) {
		if (device->queues[i].fd >= 0)
			close(device->queues[i].fd);
	}
	nm_os_free(device);
}

static int driver_create(struct nmh *world, const struct nmh_port_request *request, void **out,
			 struct nmh_refusal *reason)
{
	struct tap_options options;
	struct tap_device *device;
	int error = read_options(request, &options, reason);
	u32 i;

	if (error)
		return error;
	device = nm_os_alloc(sizeof(*device) + options.rings.queues * sizeof(device->queues[0]));
	if (!device)
		return nmh_refuse(reason, -ENOMEM, "%s: no memory for its queues; use fewer", request->name);
	nm_spin_init(&device->lock);
	device->num_queues = options.rings.queues;
	for (i = 0; i < device->num_queues; i++) {
		device->queues[i].fd = -1;
		nm_spin_init(&device->queues[i].lock);
	}
	error = device_open(request, &options, device, reason);
	if (!error)
		error = attach(world, request, &options, device, reason);
	if (error) {
		device_free(device);
		return error;
	}
	*out = device;
	return 0;
}

static void driver_destroy(void *arg)
{
	struct tap_device *device = arg;

	/* After this no ring is told, and after the next step there may be none, and nobody asks. */
	unwatch(device);
	nm_port_detach(device->port);
	device_free(device);
}

static void driver_stats(void *arg, struct nmh_port_stats *stats)
{
	struct tap_device *device = arg;
	struct nmh_netif netif;
	u32 i;

	nm_spin_lock(&device->lock);
	/* What the host sent and the interface's queues had no room for. */
	if (!nmh_netif_read(device->index, &netif))
		device->dropped = netif.tx_dropped - device->dropped_before;
	stats->missed = device->dropped;
	nm_spin_unlock(&device->lock);
	for (i = 0; i < device->num_queues; i++) {
		struct tap_queue *q = &device->queues[i];

		nm_spin_lock(&q->lock);
		stats->tx_frames += q->tx_frames;
		stats->tx_bytes += q->tx_bytes + 4 * q->tx_frames;
		stats->rx_frames += q->rx_frames;
		stats->rx_bytes += q->rx_bytes + 4 * q->rx_frames;
		stats->missed += q->too_long;
		nm_spin_unlock(&q->lock);
	}
}

const struct nmh_driver nmh_driver_tap = {
	.name = "tap",
	.prefix = "tap",
	.describe = driver_describe,
	.create = driver_create,
	.destroy = driver_destroy,
	.stats = driver_stats,
};
