// SPDX-License-Identifier: BSD-2-Clause
/*
 * packet: a network interface through AF_PACKET sockets, packet(7), one for each queue. It sends by sendmmsg(),
 * which is faster than a ring in mapped memory (README), and receives from such a ring with no system call.
 *
 * The ring is TPACKET_V2's: TPACKET_V3 costs less by some 30 ns a frame, but shows a frame only once a block
 * of them is full or some milliseconds are over, and no latency could be measured with it.
 */
#include "hosted.h"
#include "nmh_netif.h"
#include "options.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_QUEUES	16u

/* Frames a system call: more make it no cheaper, and the arrays are on the stack. */
#define BATCH		64

/* Where a VLAN tag belongs: after the two addresses. The kernel takes it out and tells it apart. */
#define TAG_OFFSET	12
#define TAG_BYTES	4

/* Bytes for frames of a receiver that is late: of all queues, of one at least, and where memory is short. */
#define RINGS_BYTES	(32u << 20)
#define RING_BYTES	(4u << 20)
#define LEAST_RING_BYTES	(256u << 10)

/* The kernel takes blocks of memory in one piece; no frame crosses them. */
#define BLOCK_BYTES	(256u << 10)

/* Bytes of a frame besides its MTU: addresses, type, two VLAN tags, and some more that others add. */
#define FRAME_EXTRA	64u

/**
 * struct packet_queue - a socket
 * @ring: @num_frames frames of @frame_bytes each, @per_block in a row; @next of them is looked at next
 * @look_ns: of nmh_netif_still_up()
 * @lock: the counters; the kernel resets its own when they are read
 */
struct packet_queue {
	int fd;
	u8 *ring;
	size_t ring_bytes;
	u32 frame_bytes, per_block, num_frames;
	u32 next;
	u64 look_ns;
	struct nmh_queue_watch watch;
	struct nm_spin lock;
	u64 tx_frames, tx_bytes, rx_frames, rx_bytes;
	u64 missed;
};

struct packet_device {
	struct nm_port *port;
	int index;
	u32 num_queues;
	struct packet_queue queues[];
};

static struct packet_queue *queue_of(const struct nm_kring *kr)
{
	struct packet_device *device = nm_port_data(kr->port);

	return &device->queues[kr->ring_id];
}

/* Sending */

/**
 * struct outgoing - frames on their way into the socket
 * @end: slot after each frame
 */
struct outgoing {
	struct mmsghdr messages[BATCH];
	struct iovec pieces[BATCH];
	u32 end[BATCH];
	u32 bytes[BATCH];
	u32 frames;
};

/* Whole frames from slot @i on. Return: whether a slot was refused. */
static bool collect(struct nm_kring *kr, u32 i, struct outgoing *out)
{
	const u32 lim = kr->num_slots - 1;
	u32 pieces = 0, first = 0, bytes = 0;

	out->frames = 0;
	while (i != kr->rhead && pieces < BATCH) {
		struct nm_slot_view slot;

		if (!nm_slot_get(&kr->ring->slot[i], &kr->bufs, &slot)) {
			nm_slot_refuse(kr, i);
			return true;
		}
		out->pieces[pieces++] = (struct iovec){ nm_buf_at(&kr->bufs, slot.buf_idx), slot.len };
		bytes += slot.len;
		i = nm_next(i, lim);
		if (slot.flags & NS_MOREFRAG)
			continue;
		out->messages[out->frames] = (struct mmsghdr){
			.msg_hdr = { .msg_iov = &out->pieces[first], .msg_iovlen = pieces - first },
		};
		out->bytes[out->frames] = bytes;
		out->end[out->frames++] = i;
		first = pieces;
		bytes = 0;
	}
	if (out->frames || pieces < BATCH)
		return false;
	/* More pieces than a frame may have. */
	nm_slot_refuse(kr, kr->hwcur);
	return true;
}

/* The device's queue is full, or its memory for frames is. */
static bool is_full(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == EINTR;
}

static int packet_txsync(struct nm_kring *kr, int flags)
{
	struct packet_queue *q = queue_of(kr);
	struct outgoing out;
	int error = 0;

	(void)flags;
	while (kr->hwcur != kr->rhead && !error) {
		const bool refused = collect(kr, kr->hwcur, &out);
		int sent, i;

		if (!out.frames)
			break;
		sent = sendmmsg(q->fd, out.messages, out.frames, MSG_DONTWAIT);
		if (sent < 0 && errno == EINVAL) {
			/* Shorter than a header, which no device sends either. */
			kr->hwcur = out.end[0];
			continue;
		}
		if (sent < 0) {
			error = is_full(errno) ? 0 : -errno;
			break;
		}
		kr->hwcur = sent ? out.end[sent - 1] : kr->hwcur;
		nm_spin_lock(&q->lock);
		for (i = 0; i < sent; i++)
			q->tx_bytes += out.bytes[i];
		q->tx_frames += (u32)sent;
		nm_spin_unlock(&q->lock);
		if (refused || (u32)sent < out.frames)
			break;
	}
	kr->hwtail = nm_prev(kr->hwcur, kr->num_slots - 1);
	return error;
}

/* Receiving */

static struct tpacket2_hdr *frame_at(const struct packet_queue *q, u32 i)
{
	return (struct tpacket2_hdr *)(q->ring + (size_t)(i / q->per_block) * BLOCK_BYTES +
				       (size_t)(i % q->per_block) * q->frame_bytes);
}

/* Puts the tag back where there was one. Return: the frame's length in @to, 0 where it has no room or was cut. */
static u32 copy_frame(const struct tpacket2_hdr *from, u32 status, u8 *to, u32 room)
{
	const u8 *data = (const u8 *)from + from->tp_mac;
	const u32 len = from->tp_snaplen;
	u16 tpid = ETH_P_8021Q;

	if (from->tp_len != len || len > room)
		return 0;
	if (!(status & TP_STATUS_VLAN_VALID)) {
		memcpy(to, data, len);
		return len;
	}
	if (len < TAG_OFFSET || len + TAG_BYTES > room)
		return 0;
	if (status & TP_STATUS_VLAN_TPID_VALID)
		tpid = from->tp_vlan_tpid;
	memcpy(to, data, TAG_OFFSET);
	to[TAG_OFFSET] = (u8)(tpid >> 8);
	to[TAG_OFFSET + 1] = (u8)tpid;
	to[TAG_OFFSET + 2] = (u8)(from->tp_vlan_tci >> 8);
	to[TAG_OFFSET + 3] = (u8)from->tp_vlan_tci;
	memcpy(to + TAG_OFFSET + TAG_BYTES, data + TAG_OFFSET, len - TAG_OFFSET);
	return len + TAG_BYTES;
}

/* Of whole bytes in network order; @len is even but for the last piece. */
static u32 add_words(u32 sum, const u8 *data, u32 len)
{
	for (; len > 1; data += 2, len -= 2)
		sum += (u32)data[0] << 8 | data[1];
	return len ? sum + ((u32)data[0] << 8) : sum;
}

/*
 * The host left the checksum to a device, and the frame has come past none: its field has the sum of the
 * pseudo header, and what is left is the sum from the TCP or UDP header to the end.
 */
static void finish_checksum(u8 *frame, u32 len)
{
	u32 at = 2 * ETH_ALEN, field, sum;
	u16 type = 0;
	u8 protocol;

	do {
		at += type ? 4 : 0;
		if (at + 2 > len)
			return;
		type = (u16)(frame[at] << 8 | frame[at + 1]);
	} while (type == ETH_P_8021Q || type == ETH_P_8021AD);
	at += 2;
	if (type == ETH_P_IP && at + 20 <= len) {
		protocol = frame[at + 9];
		at += 4 * (frame[at] & 15u);
	} else if (type == ETH_P_IPV6 && at + 40 <= len) {
		protocol = frame[at + 6];
		at += 40;
	} else {
		return;
	}
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return;
	field = at + (protocol == IPPROTO_TCP ? 16 : 6);
	/* Longer than 65535 bytes it cannot be, so the sum does not overflow. */
	if (field + 2 > len || len > UINT16_MAX)
		return;
	sum = add_words(0, frame + at, len - at);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
	if (!sum && protocol == IPPROTO_UDP)
		sum = 0xffff;
	frame[field] = (u8)(sum >> 8);
	frame[field + 1] = (u8)sum;
}

static int packet_rxsync(struct nm_kring *kr, int flags)
{
	const struct packet_device *device = nm_port_data(kr->port);
	struct packet_queue *q = queue_of(kr);
	const u32 lim = kr->num_slots - 1;
	u64 frames = 0, bytes = 0, missed = 0;

	(void)flags;
	kr->hwcur = kr->rhead;
	/* One stays empty. */
	while (kr->hwtail != nm_prev(kr->hwcur, lim)) {
		struct netmap_slot *slot = &kr->ring->slot[kr->hwtail];
		const u32 index = nm_read_once(slot->buf_idx);
		/* A client that spoilt the slot gets its frame into a buffer of nobody's. */
		u8 *to = nm_buf_at(&kr->bufs, index < kr->bufs.num ? index : 0);
		struct tpacket2_hdr *from = frame_at(q, q->next);
		/* The frame was written before. */
		const u32 status = nm_load_acquire(&from->tp_status);
		u32 len;

		if (!(status & TP_STATUS_USER))
			break;
		len = copy_frame(from, status, to, kr->bufs.size);
		if (nm_unlikely(status & TP_STATUS_CSUMNOTREADY))
			finish_checksum(to, len);
		/* It has been read by then. */
		nm_store_release(&from->tp_status, TP_STATUS_KERNEL);
		q->next = nm_next(q->next, q->num_frames - 1);
		if (!len) {
			missed++;
			continue;
		}
		nm_slot_put(slot, (u16)len, 0);
		kr->hwtail = nm_next(kr->hwtail, lim);
		frames++;
		bytes += len;
	}
	if (!frames && !missed)
		return nmh_netif_still_up(device->index, nm_os_now_ns(), &q->look_ns);
	nm_spin_lock(&q->lock);
	q->rx_frames += frames;
	q->rx_bytes += bytes;
	q->missed += missed;
	nm_spin_unlock(&q->lock);
	return 0;
}

/* Before a client sleeps: the socket is to wake it. */
static u64 packet_deadline(struct nm_kring *kr)
{
	nmh_queue_watch_ask(&queue_of(kr)->watch, kr);
	return 0;
}

static const struct nm_driver_ops packet_ops = {
	.name = "packet",
	.txsync = packet_txsync,
	.rxsync = packet_rxsync,
	.deadline = packet_deadline,
};

/* The driver */

struct packet_options {
	struct nmh_ring_options rings;
	bool promiscuous;
};

static int read_options(const struct nmh_port_request *request, struct packet_options *options,
			struct nmh_refusal *reason)
{
	const struct nmh_option_place places[] = {
		{ "queues", .number = &options->rings.queues },
		{ "slots", .number = &options->rings.slots },
		{ "promiscuous", .flag = &options->promiscuous },
	};
	int error;

	*options = (struct packet_options){ .rings = NMH_RING_DEFAULTS, .promiscuous = true };
	error = nmh_options_read(request, places, sizeof(places) / sizeof(places[0]), reason);
	if (error)
		return error;
	return nmh_rings_check(request, &options->rings, MAX_QUEUES, reason);
}

static void describe(const struct packet_options *options, const struct nmh_netif *netif,
		     struct nm_port_config *config)
{
	nmh_rings_describe(&options->rings, config);
	config->speed_mbps = nmh_netif_speed_mbps(netif);
}

static int driver_describe(const struct nmh_port_request *request, struct nmh_port_info *info,
			   struct nmh_refusal *reason)
{
	struct nm_port_config config = { 0 };
	struct nmh_netif netif = { 0 };
	struct packet_options options;
	const int error = read_options(request, &options, reason);

	if (error)
		return error;
	/* It may be made by then. */
	nmh_netif_find(request->name, &netif);
	describe(&options, &netif, &config);
	nmh_port_info_fill(info, &config);
	return 0;
}

static int set(int fd, int option, const void *value, socklen_t size)
{
	return setsockopt(fd, SOL_PACKET, option, value, size) ? -errno : 0;
}

/* The first socket of a port founds the group among which the kernel spreads flows. */
static int join(struct packet_device *device, struct packet_queue *q)
{
	const struct packet_queue *first = &device->queues[0];
	int group = (PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_UNIQUEID) << 16;
	socklen_t size = sizeof(group);

	if (device->num_queues == 1)
		return 0;
	if (q != first) {
		if (getsockopt(first->fd, SOL_PACKET, PACKET_FANOUT, &group, &size))
			return -errno;
		group = (group & 0xffff) | PACKET_FANOUT_HASH << 16;
	}
	return set(q->fd, PACKET_FANOUT, &group, sizeof(group));
}

/* A ring of at most @bytes, or less where the kernel has not as much. Return: 0 or a negative errno. */
static int map_ring(struct packet_queue *q, u32 mtu, u32 bytes)
{
	const int version = TPACKET_V2;
	struct tpacket_req request = {
		.tp_block_size = BLOCK_BYTES,
		.tp_frame_size = TPACKET_ALIGN(TPACKET2_HDRLEN + mtu + FRAME_EXTRA),
	};
	int error = set(q->fd, PACKET_VERSION, &version, sizeof(version));

	if (error)
		return error;
	q->per_block = BLOCK_BYTES / request.tp_frame_size;
	do {
		request.tp_block_nr = bytes / BLOCK_BYTES;
		request.tp_frame_nr = request.tp_block_nr * q->per_block;
		error = set(q->fd, PACKET_RX_RING, &request, sizeof(request));
		bytes /= 2;
	} while (error == -ENOMEM && bytes >= LEAST_RING_BYTES);
	if (error)
		return error;
	q->ring_bytes = (size_t)request.tp_block_nr * BLOCK_BYTES;
	q->ring = mmap(NULL, q->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, q->fd, 0);
	if (q->ring == MAP_FAILED) {
		q->ring = NULL;
		return -errno;
	}
	q->frame_bytes = request.tp_frame_size;
	q->num_frames = request.tp_frame_nr;
	return 0;
}

/* Return: 0 or a negative errno. */
static int set_up(struct packet_device *device, struct packet_queue *q, const struct nmh_netif *netif, bool promiscuous)
{
	const u32 share = RINGS_BYTES / device->num_queues;
	const int index = netif->index;
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index,
	};
	const struct packet_mreq mode = { .mr_ifindex = index, .mr_type = PACKET_MR_PROMISC };
	const int on = 1;
	int error;

	/* Not before bind(): then frames of other interfaces would come. */
	q->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (q->fd < 0)
		return -errno;
	error = map_ring(q, netif->mtu, share > RING_BYTES ? share : RING_BYTES);
	if (!error)
		error = set(q->fd, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	/* Past the queueing discipline, into the driver. */
	if (!error)
		error = set(q->fd, PACKET_QDISC_BYPASS, &on, sizeof(on));
	if (!error && bind(q->fd, (const struct sockaddr *)&address, sizeof(address)))
		error = -errno;
	if (!error && promiscuous)
		error = set(q->fd, PACKET_ADD_MEMBERSHIP, &mode, sizeof(mode));
	return error ? error : join(device, q);
}

static void device_free(struct packet_device *device)
{
	u32 i;

	for (i = 0; i < device->num_queues; i++) {
		if (device->queues[i].ring)
			munmap(device->queues[i].ring, device->queues[i].ring_bytes);
		if (device->queues[i].fd >= 0)
			close(device->queues[i].fd);
	}
	nm_os_free(device);
}

static int refuse_socket(struct nmh_refusal *reason, const char *name, int error)
{
	if (error == -EAFNOSUPPORT)
		return nmh_refuse(reason, error, "%s: this kernel has no packet sockets; modprobe af_packet", name);
	if (error == -ENOMEM)
		return nmh_refuse(reason, error, "%s: the kernel has no memory for its frames; free some, or use fewer queues",
				  name);
	return nmh_netif_refuse(reason, name, "CAP_NET_RAW", error);
}

static void unwatch(struct packet_device *device)
{
	u32 i;

	for (i = 0; i < device->num_queues; i++)
		nmh_queue_watch_remove(&device->queues[i].watch);
}

static int watch(struct nmh *world, void *arg, struct nmh_refusal *reason)
{
	struct packet_device *device = arg;
	int error = 0;
	u32 i;

	for (i = 0; i < device->num_queues && !error; i++) {
		struct packet_queue *q = &device->queues[i];

		error = nmh_queue_watch_add(nmh_os(world), &q->watch, q->fd, nm_port_ring(device->port, NM_RX, i),
					    nm_port_ring(device->port, NM_TX, i));
	}
	if (!error)
		return 0;
	unwatch(device);
	return nmh_refuse(reason, error, "%s: its sockets cannot be waited for (error %d); close other programs",
			  nm_port_name(device->port), -error);
}

static int device_open(struct nmh *world, const struct nmh_port_request *request,
		       const struct packet_options *options, struct packet_device *device,
		       struct nmh_refusal *reason)
{
	struct nm_port_config config = { 0 };
	struct nmh_netif netif;
	int error = nmh_netif_find(request->name, &netif);
	u32 i;

	for (i = 0; i < device->num_queues && !error; i++)
		error = set_up(device, &device->queues[i], &netif, options->promiscuous);
	if (!error && !(netif.flags & IFF_UP))
		error = -ENETDOWN;
	if (error)
		return refuse_socket(reason, request->name, error);
	device->index = netif.index;
	describe(options, &netif, &config);
	return nmh_attach(world, request->name, &(struct nmh_attachment){
		.ops = &packet_ops, .config = &config, .device = device, .port = &device->port, .link = watch,
		.if_taken = "choose another interface", .if_bad = "rename the interface",
	}, reason);
}

static int driver_create(struct nmh *world, const struct nmh_port_request *request, void **out,
			 struct nmh_refusal *reason)
{
	struct packet_options options;
	struct packet_device *device;
	int error = read_options(request, &options, reason);
	u32 i;

	if (error)
		return error;
	device = nm_os_alloc(sizeof(*device) + options.rings.queues * sizeof(device->queues[0]));
	if (!device)
		return nmh_refuse(reason, -ENOMEM, "%s: no memory for its queues; use fewer", request->name);
	device->num_queues = options.rings.queues;
	for (i = 0; i < device->num_queues; i++) {
		device->queues[i].fd = -1;
		nm_spin_init(&device->queues[i].lock);
	}
	error = device_open(world, request, &options, device, reason);
	if (error) {
		device_free(device);
		return error;
	}
	*out = device;
	return 0;
}

static void driver_destroy(void *arg)
{
	struct packet_device *device = arg;

	/* After this no ring is told, and after the next step there may be none, and nobody asks. */
	unwatch(device);
	nm_port_detach(device->port);
	device_free(device);
}

static void driver_stats(void *arg, struct nmh_port_stats *stats)
{
	struct packet_device *device = arg;
	u32 i;

	for (i = 0; i < device->num_queues; i++) {
		struct packet_queue *q = &device->queues[i];
		struct tpacket_stats kernel = { 0 };
		socklen_t size = sizeof(kernel);

		nm_spin_lock(&q->lock);
		/* What the ring had no room for, since it was asked last. */
		if (!getsockopt(q->fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &size))
			q->missed += kernel.tp_drops;
		stats->tx_frames += q->tx_frames;
		stats->tx_bytes += q->tx_bytes + 4 * q->tx_frames;
		stats->rx_frames += q->rx_frames;
		stats->rx_bytes += q->rx_bytes + 4 * q->rx_frames;
		stats->missed += q->missed;
		nm_spin_unlock(&q->lock);
	}
}

const struct nmh_driver nmh_driver_packet = {
	.name = "packet",
	.prefix = "packet",
	.describe = driver_describe,
	.create = driver_create,
	.destroy = driver_destroy,
	.stats = driver_stats,
};
