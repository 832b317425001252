// SPDX-License-Identifier: BSD-2-Clause
#include "loopback.h"

/*
 * One wire. The receive slots from fill up to (not including) the one before free are the device's;
 * a frame that is sent is put there at once, and shown to the client by rxsync, when it is due.
 */
struct wire {
	struct nm_spin lock;
	struct nm_kring *tx, *rx;
	struct netmap_ring *ring;	/* the receive ring, or NULL: frames are lost */
	u32 slots;
	u32 fill;			/* receive slot for the next frame */
	u32 free;			/* first receive slot that the client has not given back */
	u64 *due_ns;			/* when the frame in a slot is due; a slot */
};

struct loopback {
	struct nm_port *port;
	u32 rings;
	u64 delay_ns;
	struct wire wires[];
};

static struct loopback *loopback_of(struct nm_port *port)
{
	return nm_port_data(port);
}

/* Called with the rings that change stopped; the other direction of a wire may be in its sync. */
static int reg(struct nm_port *port)
{
	struct loopback *lb = loopback_of(port);
	u32 i;

	for (i = 0; i < lb->rings; i++) {
		struct wire *wire = &lb->wires[i];
		struct nm_kring *rx = nm_port_ring(port, NM_RX, i);

		if (!nm_kring_pending(rx))
			continue;
		nm_spin_lock(&wire->lock);
		wire->ring = rx->pending_on ? rx->ring : NULL;
		wire->fill = rx->hwtail;
		wire->free = rx->hwcur;
		nm_spin_unlock(&wire->lock);
	}
	return 0;
}

/* Put a frame into the next receive slot, and that slot's buffer into the transmit slot. */
static void swap(struct wire *wire, struct netmap_slot *from, const struct nm_slot_view *frame,
		 u64 due_ns)
{
	struct netmap_slot *to = &wire->ring->slot[wire->fill];
	const u32 spare = nm_read_once(to->buf_idx);

	nm_write_once(to->buf_idx, frame->buf_idx);
	nm_slot_put(to, frame->len, NS_BUF_CHANGED);
	nm_write_once(from->buf_idx, spare);
	nm_slot_put(from, frame->len, NS_BUF_CHANGED);
	wire->due_ns[wire->fill] = due_ns;
	wire->fill = nm_next(wire->fill, wire->slots - 1);
}

static int txsync(struct nm_kring *kr, int flags)
{
	struct loopback *lb = loopback_of(kr->port);
	struct wire *wire = &lb->wires[kr->ring_id];
	const u64 due_ns = lb->delay_ns ? nm_os_now_ns() + lb->delay_ns : 0;
	const u32 lim = kr->num_slots - 1;
	u32 sent = 0;

	(void)flags;
	nm_spin_lock(&wire->lock);
	while (kr->hwcur != kr->rhead) {
		struct netmap_slot *slot = &kr->ring->slot[kr->hwcur];
		struct nm_slot_view frame;

		if (!nm_slot_get(slot, &kr->bufs, &frame)) {
			nm_slot_refuse(kr, kr->hwcur);
			break;
		}
		if (wire->ring) {
			if (nm_next(wire->fill, lim) == wire->free)
				break;
			swap(wire, slot, &frame, due_ns);
			sent++;
		}
		kr->hwcur = nm_next(kr->hwcur, lim);
	}
	kr->hwtail = nm_prev(kr->hwcur, lim);
	nm_spin_unlock(&wire->lock);
	if (sent && !lb->delay_ns)
		nm_kring_notify(wire->rx);
	return 0;
}

static int rxsync(struct nm_kring *kr, int flags)
{
	struct loopback *lb = loopback_of(kr->port);
	struct wire *wire = &lb->wires[kr->ring_id];
	const u64 now = lb->delay_ns ? nm_os_now_ns() : 0;
	bool released;

	(void)flags;
	nm_spin_lock(&wire->lock);
	released = kr->hwcur != kr->rhead;
	kr->hwcur = kr->rhead;
	wire->free = kr->hwcur;
	while (kr->hwtail != wire->fill && wire->due_ns[kr->hwtail] <= now)
		kr->hwtail = nm_next(kr->hwtail, kr->num_slots - 1);
	nm_spin_unlock(&wire->lock);
	if (released)
		nm_kring_notify(wire->tx);
	return 0;
}

static u64 deadline(struct nm_kring *kr)
{
	struct loopback *lb = loopback_of(kr->port);
	struct wire *wire = &lb->wires[kr->ring_id];
	u64 at = 0;

	if (!lb->delay_ns || kr->dir == NM_TX)
		return 0;
	nm_spin_lock(&wire->lock);
	if (kr->hwtail != wire->fill)
		at = wire->due_ns[kr->hwtail];
	nm_spin_unlock(&wire->lock);
	return at;
}

static const struct nm_driver_ops loopback_ops = {
	.name = "loopback",
	.reg = reg,
	.txsync = txsync,
	.rxsync = rxsync,
	.deadline = deadline,
};

int loopback_create(struct nmh *world, const char *name, u32 rings, u32 slots, u64 delay_ns,
		    struct loopback **out)
{
	const struct nm_port_config config = {
		.num_rings = { rings, rings },
		.num_slots = { slots, slots },
		.speed_mbps = 10000,
		.link_up = true,
	};
	struct loopback *lb = nm_os_alloc(sizeof(*lb) + rings * sizeof(lb->wires[0]));
	int error = -ENOMEM;
	u32 i;

	if (!lb)
		return error;
	lb->rings = rings;
	lb->delay_ns = delay_ns;
	for (i = 0; i < rings; i++) {
		struct wire *wire = &lb->wires[i];

		nm_spin_init(&wire->lock);
		wire->slots = slots;
		wire->due_ns = nm_os_alloc(slots * sizeof(*wire->due_ns));
		if (!wire->due_ns)
			goto fail;
	}
	error = nm_port_attach(nmh_core(world), name, &loopback_ops, &config, lb, &lb->port);
	if (error)
		goto fail;
	/*
	 * Nobody knows the port's rings before they are bound, and that happens after this
	 * function.
	 */
	for (i = 0; i < rings; i++) {
		lb->wires[i].tx = nm_port_ring(lb->port, NM_TX, i);
		lb->wires[i].rx = nm_port_ring(lb->port, NM_RX, i);
	}
	*out = lb;
	return 0;

fail:
	loopback_free(lb);
	return error;
}

void loopback_detach(struct loopback *lb)
{
	nm_port_detach(lb->port);
}

void loopback_free(struct loopback *lb)
{
	u32 i;

	for (i = 0; i < lb->rings; i++)
		nm_os_free(lb->wires[i].due_ns);
	nm_os_free(lb);
}
