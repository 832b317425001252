// SPDX-License-Identifier: BSD-2-Clause
/*
 * null: a port without a device. What is sent on ring i comes in on ring i of the same port, in the
 * buffer that it was sent in, which the sender has back when the receiver releases it; where nobody
 * has that receive ring it is gone.
 *
 * There is no thread. A frame is put into its receive slot when it is sent, and shown to the client
 * by the first rxsync after its delay.
 *
 * The receive slots that hold frames of the present sender are the last ones before @fill, and the
 * transmit slots whose buffers they have are the last ones before the sender's hwcur, in the same
 * order: so one number, @lent, says of both which they are. Frames of a sender that has gone stay
 * until they are received.
 */
#include "hosted.h"
#include "options.h"

#define MAX_QUEUES	64u
#define MAX_DELAY_US	3600000000u	/* an hour */

/**
 * struct null_wire - from a transmit ring to a receive ring
 * @lock: all that follows, and the slots of @ring from @fill to the one before @free
 * @ring: the receive ring; NULL: nobody has it
 * @lent: slots of the present sender whose buffers are in receive slots
 * @fill: receive slot for the next frame
 * @free: first receive slot that the client has not given back
 * @shown: first receive slot that the client has not been shown
 * @due_ns: when the frame in a receive slot may be shown; one for each slot
 */
struct null_wire {
	struct nm_spin lock;
	struct nm_kring *tx, *rx;
	struct netmap_ring *ring;
	u32 slots;
	u32 lent;
	u32 fill;
	u32 free;
	u32 shown;
	u64 *due_ns;
	u64 frames, bytes;		/* sent */
	u64 received, received_bytes;
	u64 lost;			/* for want of a receiver */
};

struct null_device {
	struct nm_port *port;
	u32 queues;
	u64 delay_ns;
	struct null_wire wires[];
};

static struct null_wire *wire_of(const struct nm_kring *kr)
{
	struct null_device *device = nm_port_data(kr->port);

	return &device->wires[kr->ring_id];
}

/* Called with the rings that change stopped; the other direction of a wire may be in its sync. */
static int null_reg(struct nm_port *port)
{
	struct null_device *device = nm_port_data(port);
	u32 i;

	for (i = 0; i < device->queues; i++) {
		struct null_wire *wire = &device->wires[i];
		struct nm_kring *rx = wire->rx;

		if (!nm_kring_pending(rx) && !nm_kring_pending(wire->tx))
			continue;
		nm_spin_lock(&wire->lock);
		/* A sender that goes leaves its frames; a receiver that goes gives the buffers back. */
		wire->lent = 0;
		if (nm_kring_pending(rx)) {
			wire->ring = rx->pending_on ? rx->ring : NULL;
			wire->lost += nm_dist(wire->shown, wire->fill, wire->slots);
			wire->fill = rx->hwtail;
			wire->shown = rx->hwtail;
			wire->free = rx->hwcur;
		}
		nm_spin_unlock(&wire->lock);
		nm_kring_notify(wire->tx);
	}
	return 0;
}

/* The next receive slot gets the frame, with its buffer. */
static void pass_on(struct null_wire *wire, struct netmap_slot *from, const struct nm_slot_view *frame,
		    u64 due_ns)
{
	nm_slot_set(&wire->ring->slot[wire->fill], frame->buf_idx, frame->len, frame->flags & NS_MOREFRAG);
	if (frame->flags & (NS_BUF_CHANGED | NS_REPORT))
		nm_slot_clear_flags(from, frame, NS_BUF_CHANGED | NS_REPORT);
	wire->due_ns[wire->fill] = due_ns;
	wire->fill = nm_next(wire->fill, wire->slots - 1);
	wire->lent++;
}

/* The receiver gives slot @i back. Return: false where the slot is bad. */
static bool take_back(struct null_wire *wire, const struct nm_kring *rx, u32 i)
{
	const u32 ago = nm_dist(i, wire->fill, wire->slots);
	struct nm_kring *tx = wire->tx;

	if (ago > wire->lent)
		return true;
	if (!nm_slot_take_back(&rx->ring->slot[i], &rx->bufs,
			       &tx->ring->slot[nm_dist(ago, tx->hwcur, wire->slots)]))
		return false;
	wire->lent = ago - 1;
	return true;
}

static int null_txsync(struct nm_kring *kr, int flags)
{
	const struct null_device *device = nm_port_data(kr->port);
	const u64 due_ns = device->delay_ns ? nm_os_now_ns() + device->delay_ns : 0;
	struct null_wire *wire = wire_of(kr);
	const u32 lim = kr->num_slots - 1;
	bool passed = false;

	(void)flags;
	nm_spin_lock(&wire->lock);
	while (kr->hwcur != kr->rhead) {
		struct netmap_slot *slot = &kr->ring->slot[kr->hwcur];
		struct nm_slot_view frame;

		if (!nm_slot_get(slot, &kr->bufs, &frame)) {
			nm_slot_refuse(kr, kr->hwcur);
			break;
		}
		if (wire->ring && nm_next(wire->fill, wire->slots - 1) == wire->free)
			break;
		if (wire->ring) {
			pass_on(wire, slot, &frame, due_ns);
			passed = true;
		} else {
			wire->lost++;
		}
		wire->frames += !(frame.flags & NS_MOREFRAG);
		wire->bytes += frame.len;
		kr->hwcur = nm_next(kr->hwcur, lim);
	}
	kr->hwtail = nm_prev(nm_dist(wire->lent, kr->hwcur, wire->slots), lim);
	nm_spin_unlock(&wire->lock);
	if (passed && !device->delay_ns)
		nm_kring_notify(wire->rx);
	return 0;
}

static int null_rxsync(struct nm_kring *kr, int flags)
{
	const struct null_device *device = nm_port_data(kr->port);
	const u64 now_ns = device->delay_ns ? nm_os_now_ns() : 0;
	struct null_wire *wire = wire_of(kr);
	const u32 lim = kr->num_slots - 1;
	bool released;

	(void)flags;
	nm_spin_lock(&wire->lock);
	released = kr->hwcur != kr->rhead;
	for (; kr->hwcur != kr->rhead; kr->hwcur = nm_next(kr->hwcur, lim)) {
		if (!take_back(wire, kr, kr->hwcur)) {
			nm_slot_refuse(kr, kr->hwcur);
			break;
		}
	}
	wire->free = kr->hwcur;
	while (kr->hwtail != wire->fill && wire->due_ns[kr->hwtail] <= now_ns) {
		const struct netmap_slot *slot = &kr->ring->slot[kr->hwtail];

		wire->received += !(nm_read_once(slot->flags) & NS_MOREFRAG);
		wire->received_bytes += nm_read_once(slot->len);
		kr->hwtail = nm_next(kr->hwtail, lim);
	}
	wire->shown = kr->hwtail;
	nm_spin_unlock(&wire->lock);
	if (released)
		nm_kring_notify(wire->tx);
	return 0;
}

static u64 null_deadline(struct nm_kring *kr)
{
	struct null_wire *wire = wire_of(kr);
	u64 at_ns = 0;

	if (kr->dir == NM_TX)
		return 0;
	nm_spin_lock(&wire->lock);
	if (wire->shown != wire->fill)
		at_ns = wire->due_ns[wire->shown];
	nm_spin_unlock(&wire->lock);
	return at_ns;
}

static const struct nm_driver_ops null_ops = {
	.name = "null",
	.reg = null_reg,
	.txsync = null_txsync,
	.rxsync = null_rxsync,
	.deadline = null_deadline,
};

/* The driver */

struct null_options {
	struct nmh_ring_options rings;
	u32 delay_us;
};

static int read_options(const struct nmh_port_request *request, struct null_options *options,
			struct nmh_refusal *reason)
{
	const struct nmh_option_place places[] = {
		{ "queues", .number = &options->rings.queues },
		{ "slots", .number = &options->rings.slots },
		{ "delay_us", .number = &options->delay_us },
	};
	int error;

	*options = (struct null_options){ .rings = NMH_RING_DEFAULTS };
	error = nmh_options_read(request, places, sizeof(places) / sizeof(places[0]), reason);
	if (error)
		return error;
	error = nmh_rings_check(request, &options->rings, MAX_QUEUES, reason);
	if (error)
		return error;
	if (options->delay_us > MAX_DELAY_US)
		return nmh_refuse(reason, -EINVAL, "%s: a delay of %u us is not possible; use at most %u",
				  request->name, options->delay_us, MAX_DELAY_US);
	return 0;
}

static int driver_describe(const struct nmh_port_request *request, struct nmh_port_info *info,
			   struct nmh_refusal *reason)
{
	struct nm_port_config config = { 0 };
	struct null_options options;
	const int error = read_options(request, &options, reason);

	if (error)
		return error;
	nmh_rings_describe(&options.rings, &config);
	nmh_port_info_fill(info, &config);
	return 0;
}

static void device_free(struct null_device *device)
{
	u32 i;

	for (i = 0; i < device->queues; i++)
		nm_os_free(device->wires[i].due_ns);
	nm_os_free(device);
}

static struct null_device *device_alloc(const struct null_options *options)
{
	struct null_device *device = nm_os_alloc(sizeof(*device) + options->rings.queues * sizeof(device->wires[0]));
	u32 i;

	if (!device)
		return NULL;
	device->queues = options->rings.queues;
	device->delay_ns = (u64)options->delay_us * 1000;
	for (i = 0; i < device->queues; i++) {
		struct null_wire *wire = &device->wires[i];

		nm_spin_init(&wire->lock);
		wire->slots = options->rings.slots;
		wire->due_ns = nm_os_alloc(options->rings.slots * sizeof(*wire->due_ns));
		if (!wire->due_ns) {
			device_free(device);
			return NULL;
		}
	}
	return device;
}

static int link_rings(struct nmh *world, void *arg, struct nmh_refusal *reason)
{
	struct null_device *device = arg;
	u32 i;

	(void)world;
	(void)reason;
	for (i = 0; i < device->queues; i++) {
		device->wires[i].tx = nm_port_ring(device->port, NM_TX, i);
		device->wires[i].rx = nm_port_ring(device->port, NM_RX, i);
		device->wires[i].rx->lender = device->wires[i].tx;
	}
	return 0;
}

static int driver_create(struct nmh *world, const struct nmh_port_request *request, void **out,
			 struct nmh_refusal *reason)
{
	struct nm_port_config config = { 0 };
	struct null_options options;
	struct null_device *device;
	int error = read_options(request, &options, reason);

	if (error)
		return error;
	device = device_alloc(&options);
	if (!device)
		return nmh_refuse(reason, -ENOMEM, "%s: no memory for its rings; use fewer slots", request->name);
	nmh_rings_describe(&options.rings, &config);
	error = nmh_attach(world, request->name, &(struct nmh_attachment){
		.ops = &null_ops, .config = &config, .device = device, .port = &device->port, .link = link_rings,
		.if_taken = "choose another name", .if_bad = "choose a shorter one",
	}, reason);
	if (error) {
		device_free(device);
		return error;
	}
	*out = device;
	return 0;
}

static void driver_destroy(void *arg)
{
	struct null_device *device = arg;

	nm_port_detach(device->port);
	device_free(device);
}

static void driver_stats(void *arg, struct nmh_port_stats *stats)
{
	struct null_device *device = arg;
	u32 i;

	for (i = 0; i < device->queues; i++) {
		struct null_wire *wire = &device->wires[i];

		nm_spin_lock(&wire->lock);
		stats->tx_frames += wire->frames;
		stats->tx_bytes += wire->bytes + 4 * wire->frames;
		stats->rx_frames += wire->received;
		stats->rx_bytes += wire->received_bytes + 4 * wire->received;
		stats->missed += wire->lost;
		nm_spin_unlock(&wire->lock);
	}
}

static uint64_t driver_in_flight(void *arg)
{
	struct null_device *device = arg;
	u64 slots = 0;
	u32 i;

	for (i = 0; i < device->queues; i++) {
		struct null_wire *wire = &device->wires[i];

		nm_spin_lock(&wire->lock);
		slots += nm_dist(wire->shown, wire->fill, wire->slots);
		nm_spin_unlock(&wire->lock);
	}
	return slots;
}

const struct nmh_driver nmh_driver_null = {
	.name = "null",
	.prefix = "null",
	.loops_back = true,
	.describe = driver_describe,
	.create = driver_create,
	.destroy = driver_destroy,
	.stats = driver_stats,
	.in_flight = driver_in_flight,
};
