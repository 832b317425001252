// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Monitors: ports that receive what goes through the rings of another port, the target. Ring i of a
 * monitor watches the target's TX ring i, RX ring i, or both.
 *
 * A ring that is watched has a list of taps, and monitor_sync() stands before its own sync
 * function; a ring that is not watched pays nothing. What a tap sees goes to a ring of the monitor
 * whose free slots are a queue (rxqueue.c), as several rings may feed it at once; what finds no
 * room is dropped and counted there, the target never waits.
 *
 * Copying taps see what is sent before it is sent, and what comes in when it arrives, cut to the
 * monitor's buffers. For that, a receive ring that has one is looked at whenever something happens
 * on it (nm_kring_notify()), whether or not its client syncs: what has come in is taken over from
 * the driver and shown, and the client finds it in the ring at its next sync. Where nothing is said
 * of what happens (models of devices, which have no thread), the monitor's own sync looks.
 *
 * A zero-copy tap gets the buffers themselves and gives empty ones for them, so it sees frames when
 * they are no longer needed: sent ones when the slots are free again, received ones when the client
 * has released them. A ring has one such tap at most; the next zero-copy monitor watches the first
 * one's ring, and so on. A pipe's receiver may keep the buffer of a frame, so what a pipe has sent
 * is looked for where it is released, at the other end.
 *
 * Taps are made and unmade under core->lock with the ring held; monitor_sync() has the ring held.
 */
#include "monitor.h"

#include "ports.h"
#include "region.h"
#include "rings.h"
#include "rxqueue.h"
#include "sync.h"

/**
 * struct nm_tap - a monitor's connection to a ring that it watches
 * @link: in taps->list
 * @out: ring of the monitor
 * @zero_copy: it gets the buffers themselves
 */
struct nm_tap {
	struct nm_list link;
	struct nm_kring *out;
	bool zero_copy;
};

/**
 * struct nm_taps - of a ring that is watched
 * @watch: what the ring has of it
 * @kr: the ring
 * @sync: the ring's own sync function
 * @list: its taps
 * @seen: slots before this one have been copied
 */
struct nm_taps {
	struct nm_ring_watch watch;
	struct nm_kring *kr;
	int (*sync)(struct nm_kring *kr, int flags);
	struct nm_list list;
	u32 seen;
};

/**
 * struct nm_monitor - under core->lock
 * @target: with a reference
 * @has_deadline: its rings may change with no call and no interrupt (nm_driver_ops.deadline)
 * @zero_copy: as its taps
 * @watches: the target's rings of this direction
 * @nic_rings: host rings of the monitor follow these
 */
struct nm_monitor {
	struct nm_port *target;
	bool has_deadline;
	bool zero_copy;
	bool watches[NM_DIRS];
	u32 nic_rings;
};

/* NULL: nobody watches the ring. */
static struct nm_taps *taps_of(const struct nm_kring *kr)
{
	return kr->watch ? nm_entry(kr->watch, struct nm_taps, watch) : NULL;
}

/*
 * The next slot that is free, as @empty shows it; NULL, and a drop, where there is none. With the
 * queue's lock.
 */
static struct netmap_slot *free_slot(struct nm_rx_queue *q, struct netmap_ring *ring,
				     struct nm_slot_view *empty)
{
	struct netmap_slot *slot = &ring->slot[q->tail];

	if (q->tail != q->end) {
		if (nm_slot_get(slot, &q->bufs, empty))
			return slot;
		q->bad_slot = true;
	}
	q->drops++;
	return NULL;
}

/* A frame's slot is copied to the monitor; with the queue's lock. */
static void copy_slot(struct nm_kring *out, const struct nm_kring *kr, u32 i)
{
	struct nm_rx_queue *q = out->queue;
	struct nm_slot_view from, empty;
	struct netmap_slot *to;
	u32 len;

	if (!nm_slot_get(&kr->ring->slot[i], &kr->bufs, &from))
		return;
	to = free_slot(q, out->ring, &empty);
	if (!to)
		return;
	len = from.len < q->bufs.size ? from.len : q->bufs.size;
	memcpy(nm_buf_at(&q->bufs, empty.buf_idx), nm_buf_at(&kr->bufs, from.buf_idx), len);
	nm_slot_put(to, (u16)len,
		    (from.flags & NS_MOREFRAG) | (kr->dir == NM_TX ? NS_TXMON : 0));
	q->tail = nm_next(q->tail, out->num_slots - 1);
}

/* Swap the buffer of a slot that is no longer needed with the monitor's; with the queue's lock. */
static void swap_slot(struct nm_kring *out, struct nm_kring *kr, u32 i)
{
	struct nm_rx_queue *q = out->queue;
	struct netmap_slot *from = &kr->ring->slot[i], *to;
	struct nm_slot_view full, empty;

	if (!nm_slot_get(from, &kr->bufs, &full))
		return;
	to = free_slot(q, out->ring, &empty);
	if (!to)
		return;
	nm_slot_set(to, full.buf_idx, full.len,
		    (full.flags & (NS_MOREFRAG | NS_TXMON)) | NS_BUF_CHANGED |
			    (kr->dir == NM_TX ? NS_TXMON : 0));
	nm_slot_set(from, empty.buf_idx, full.len, full.flags | NS_BUF_CHANGED);
	q->tail = nm_next(q->tail, out->num_slots - 1);
}

/* Show slots @from .. @to - 1 to the taps of one kind. */
static void show(struct nm_kring *kr, u32 from, u32 to, bool zero_copy)
{
	struct nm_taps *taps = taps_of(kr);
	struct nm_list *item;

	if (from == to)
		return;
	for (item = taps->list.next; item != &taps->list; item = item->next) {
		const struct nm_tap *tap = nm_entry(item, struct nm_tap, link);
		struct nm_kring *out = tap->out;
		bool open;
		u32 i;

		if (tap->zero_copy != zero_copy)
			continue;
		nm_spin_lock(&out->queue->lock);
		open = out->queue->open;
		for (i = from; i != to && open; i = nm_next(i, kr->num_slots - 1)) {
			if (zero_copy)
				swap_slot(out, kr, i);
			else
				copy_slot(out, kr, i);
		}
		nm_spin_unlock(&out->queue->lock);
		if (open)
			nm_kring_notify(out);
	}
}

/* Where copying goes on: no slot twice, though a driver may have left some of them for later. */
static u32 not_seen(const struct nm_kring *kr, u32 first, u32 end)
{
	const u32 n = kr->num_slots;
	const u32 seen = taps_of(kr)->seen;

	return nm_dist(first, seen, n) <= nm_dist(first, end, n) ? seen : first;
}

static void rewound(struct nm_kring *kr)
{
	taps_of(kr)->seen = kr->dir == NM_TX ? kr->hwcur : kr->hwtail;
}

/*
 * Copy what is about to be sent. The data of an indirect slot is fetched first; a frame of which
 * some cannot be had is not sent, and not shown. Return: @to, or where a frame begins that has to
 * wait for its data.
 */
static u32 show_sent(struct nm_kring *kr, u32 from, u32 to, bool give_up)
{
	int (*const fetch)(struct nm_kring *kr, u32 i, bool *give_up) = kr->port->kind->fetch;
	const u32 lim = kr->num_slots - 1;
	u32 frame = from, i;
	bool lost = false;

	for (i = from; i != to; i = nm_next(i, lim)) {
		const int error = lost || !fetch ? 0 : fetch(kr, i, &give_up);

		if (error == -EAGAIN) {
			show(kr, from, frame, false);
			return frame;
		}
		lost |= error;
		if (nm_read_once(kr->ring->slot[i].flags) & NS_MOREFRAG)
			continue;
		if (lost) {
			show(kr, from, frame, false);
			from = nm_next(i, lim);
			lost = false;
		}
		frame = nm_next(i, lim);
	}
	show(kr, from, lost ? frame : to, false);
	return to;
}

static int sync_tx(struct nm_kring *kr, int flags)
{
	struct nm_taps *taps = taps_of(kr);
	const u32 lim = kr->num_slots - 1, tail = kr->hwtail, head = kr->rhead;
	int error;

	/* What is not shown yet is not sent yet. */
	kr->rhead = show_sent(kr, not_seen(kr, kr->hwcur, head), head, flags & NM_SYNC_GIVE_UP);
	taps->seen = kr->rhead;
	error = taps->sync(kr, flags);
	kr->rhead = head;
	show(kr, nm_next(tail, lim), nm_next(kr->hwtail, lim), true);
	return error;
}

static int sync_rx(struct nm_kring *kr, int flags)
{
	struct nm_taps *taps = taps_of(kr);
	int error;

	show(kr, kr->hwcur, kr->rhead, true);
	error = taps->sync(kr, flags);
	show(kr, not_seen(kr, kr->rhead, kr->hwtail), kr->hwtail, false);
	taps->seen = kr->hwtail;
	return error;
}

/* The client's bad slots are left to the ring's own sync function, which refuses them. */
static int monitor_sync(struct nm_kring *kr, int flags)
{
	return kr->dir == NM_TX ? sync_tx(kr, flags) : sync_rx(kr, flags);
}

/*
 * Take over what has come in, and show it; with the ring's busy held. The client is told of it at
 * its next sync, which also hears of a slot that it has spoilt.
 */
static void arrived(void *data)
{
	struct nm_kring *kr = ((struct nm_taps *)data)->kr;
	const u32 before = kr->hwtail;

	kr->sync(kr, 0);
	kr->stats.frames += nm_dist(before, kr->hwtail, kr->num_slots);
}

/* Something has happened on a receive ring that has copying taps. */
static void arrival(struct nm_kring *kr)
{
	nm_kring_when_free(kr, arrived);
	nm_os_wake(&kr->waitq);
}

static bool has_copying_tap(const struct nm_taps *taps)
{
	struct nm_list *item;

	for (item = taps->list.next; item != &taps->list; item = item->next) {
		if (!nm_entry(item, struct nm_tap, link)->zero_copy)
			return true;
	}
	return false;
}

/*
 * The list of taps has changed; with the ring's busy held. A ring that a switch has is looked at
 * anyway.
 */
static void listen(struct nm_kring *kr, struct nm_taps *taps)
{
	const bool wanted = kr->dir == NM_RX && has_copying_tap(taps);

	if (wanted && !kr->notify) {
		kr->notify_data = taps;
		nm_write_once(kr->notify, arrival);
	} else if (!wanted && kr->notify == arrival) {
		kr->notify_data = NULL;
		nm_write_once(kr->notify, NULL);
	}
}

static struct nm_tap *find_tap(const struct nm_kring *kr, const struct nm_kring *out)
{
	struct nm_taps *taps = taps_of(kr);
	struct nm_list *item;

	if (!taps)
		return NULL;
	for (item = taps->list.next; item != &taps->list; item = item->next) {
		struct nm_tap *tap = nm_entry(item, struct nm_tap, link);

		if (out ? tap->out == out : tap->zero_copy)
			return tap;
	}
	return NULL;
}

static void ring_gone(struct nm_kring *kr);

/* Return: 0 or -ENOMEM. */
static int add_tap(struct nm_kring *kr, struct nm_kring *out, bool zero_copy)
{
	struct nm_taps *taps = taps_of(kr);
	struct nm_tap *tap, *last;

	/* Behind the zero-copy monitors that are there. */
	while (zero_copy) {
		last = find_tap(kr, NULL);
		if (!last || last->out == out)
			break;
		kr = last->out;
		taps = taps_of(kr);
	}
	if (find_tap(kr, out))
		return 0;
	tap = nm_os_alloc(sizeof(*tap));
	if (tap && !taps)
		taps = nm_os_alloc(sizeof(*taps));
	if (!tap || !taps) {
		nm_os_free(tap);
		return -ENOMEM;
	}
	tap->out = out;
	tap->zero_copy = zero_copy;
	nm_kring_lock(kr);
	if (!kr->watch) {
		nm_list_init(&taps->list);
		taps->kr = kr;
		taps->sync = kr->sync;
		taps->seen = kr->dir == NM_TX ? kr->hwcur : kr->hwtail;
		taps->watch.gone = ring_gone;
		taps->watch.rewound = rewound;
		kr->watch = &taps->watch;
		kr->sync = monitor_sync;
	}
	nm_list_add(&taps->list, &tap->link);
	listen(kr, taps);
	nm_kring_unlock(kr);
	return 0;
}

static void remove_tap(struct nm_kring *kr, struct nm_tap *tap)
{
	struct nm_taps *taps = taps_of(kr);

	nm_kring_lock(kr);
	nm_list_remove(&tap->link);
	listen(kr, taps);
	if (taps->list.next == &taps->list) {
		kr->sync = taps->sync;
		kr->watch = NULL;
	} else {
		taps = NULL;
	}
	nm_kring_unlock(kr);
	nm_os_free(taps);
	nm_os_free(tap);
}

/* The ring of the target that a monitor's ring watches in direction @dir; NULL: there is none. */
static struct nm_kring *watched(const struct nm_kring *out, enum nm_dir dir)
{
	const struct nm_monitor *m = out->port->driver_data;
	const struct nm_port_config *c = &m->target->config;
	const u32 i = out->is_host ? out->ring_id - m->nic_rings : out->ring_id;
	struct nm_kring *kr;

	if (!m->watches[dir] || i >= (out->is_host ? c->num_host_rings[dir] : c->num_rings[dir]))
		return NULL;
	kr = &m->target->krings[dir][out->is_host ? c->num_rings[dir] + i : i];
	if (m->zero_copy && dir == NM_TX && m->target->kind->other_ring)
		kr = m->target->kind->other_ring(kr);
	return kr->ring && (kr->users || kr->pins) && nm_kring_has_bufs(kr) ? kr : NULL;
}

/* Return: 0 or -ENOMEM. */
static int attach(struct nm_kring *out)
{
	const struct nm_monitor *m = out->port->driver_data;
	int dir, error = 0;

	for (dir = 0; dir < NM_DIRS && !error; dir++) {
		struct nm_kring *kr = watched(out, dir);

		if (kr)
			error = add_tap(kr, out, m->zero_copy);
	}
	return error;
}

/* The ring that has @out's tap: @kr, or one in the chain that begins there. NULL: none. */
static struct nm_kring *find_tapped(struct nm_kring *kr, const struct nm_kring *out)
{
	while (kr && !find_tap(kr, out)) {
		const struct nm_tap *next = find_tap(kr, NULL);

		kr = next ? next->out : NULL;
	}
	return kr;
}

static bool watches_anything(struct nm_kring *out)
{
	return find_tapped(watched(out, NM_TX), out) || find_tapped(watched(out, NM_RX), out);
}

static void move_up(struct nm_kring *out);

static void stop(struct nm_kring *out)
{
	nm_kring_stop(out);
	nm_os_wake_all(&out->waitq);
	move_up(out);
}

/* @out no longer watches a ring: the next monitor of its chain replaces it. */
static void move_up(struct nm_kring *out)
{
	struct nm_tap *tap = find_tap(out, NULL);
	struct nm_kring *next;

	if (!tap)
		return;
	next = tap->out;
	remove_tap(out, tap);
	if (attach(next))
		nm_os_log(nm_core_os(next->port->core),
			  "%s: ring %u stops: no memory to monitor other rings",
			  next->port->name, next->ring_id);
	if (!watches_anything(next))
		stop(next);
}

static void detach(struct nm_kring *out)
{
	int dir;

	for (dir = 0; dir < NM_DIRS; dir++) {
		struct nm_kring *kr = find_tapped(watched(out, dir), out);

		if (kr)
			remove_tap(kr, find_tap(kr, out));
	}
	move_up(out);
}

static const struct nm_port_kind monitor_kind;

/* Its monitors are disconnected, and those without another ring to watch stop. */
static void ring_gone(struct nm_kring *kr)
{
	/* A monitor's own ring hands its chain on when it is switched off. */
	if (kr->port->kind == &monitor_kind)
		return;
	while (kr->watch) {
		struct nm_tap *tap = nm_entry(taps_of(kr)->list.next, struct nm_tap, link);
		struct nm_kring *out = tap->out;

		remove_tap(kr, tap);
		if (!watches_anything(out))
			stop(out);
	}
}

static int monitor_reg(struct nm_port *port)
{
	const u32 total = nm_port_total_rings(port, NM_RX);
	int error = 0;
	u32 i;

	for (i = 0; i < total && !error; i++) {
		struct nm_kring *out = &port->krings[NM_RX][i];

		if (!nm_kring_pending(out))
			continue;
		if (out->pending_on)
			error = attach(out);
		else
			detach(out);
	}
	for (i = 0; i < total && error; i++) {
		if (port->krings[NM_RX][i].pending_on && !port->krings[NM_RX][i].on)
			detach(&port->krings[NM_RX][i]);
	}
	return error;
}

static int monitor_txsync(struct nm_kring *kr, int flags)
{
	(void)kr;
	(void)flags;
	return -EIO;
}

/* The receive ring whose device says nothing of what comes in; NULL: it does, or none is watched. */
static struct nm_kring *silent_ring(const struct nm_kring *out)
{
	const struct nm_monitor *m = out->port->driver_data;

	return m->has_deadline && !m->zero_copy ? watched(out, NM_RX) : NULL;
}

static int monitor_rxsync(struct nm_kring *kr, int flags)
{
	struct nm_kring *silent = silent_ring(kr);

	(void)flags;
	if (silent && nm_read_once(silent->notify) == arrival)
		arrival(silent);
	nm_rx_queue_sync(kr);
	return 0;
}

static u64 monitor_deadline(struct nm_kring *kr)
{
	struct nm_kring *silent = silent_ring(kr);

	return silent ? nm_kring_deadline(silent) : 0;
}

static const struct nm_driver_ops monitor_ops = {
	.name = "monitor",
	.reg = monitor_reg,
	.txsync = monitor_txsync,
	.rxsync = monitor_rxsync,
	.deadline = monitor_deadline,
};

static void monitor_release(struct nm_port *port)
{
	struct nm_monitor *m = port->driver_data;

	nm_port_unref(m->target);
	nm_os_free(m);
}

bool nm_monitor_is_wanted(u64 flags)
{
	return flags & (NR_MONITOR_TX | NR_MONITOR_RX | NR_ZCOPY_MON);
}

static const struct nm_port_kind monitor_kind = {
	/* Its transmit rings only ever answer EIO: poll does not ask them. */
	.client_flags = NR_NO_TX_POLL,
	.host_rings_carry = true,
	.release = monitor_release,
};

/* Whether one of the rings that are to be watched is in netmap mode. */
static int check_target(struct nm_client *client, const struct nm_monitor *m,
			const struct nmreq_register *reg)
{
	struct nmreq_register all = *reg;
	struct nm_range rings[NM_DIRS];
	int dir, error;
	u32 i;

	all.nr_flags = 0;
	error = nm_rings_choose(client, m->target, &all, rings);
	if (error)
		return error;
	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = rings[dir].first; i < rings[dir].last && m->watches[dir]; i++) {
			const struct nm_kring *kr = &m->target->krings[dir][i];

			if (kr->users || kr->pins)
				return 0;
		}
	}
	return nm_refuse(client, -EINVAL,
			 "%s: no client has the rings to be monitored; open the port first",
			 m->target->name);
}

static u32 larger(u32 a, u32 b)
{
	return a > b ? a : b;
}

/* Takes over m->target, if it succeeds. */
static int make_port(struct nm_client *client, struct nm_monitor *m,
		     const struct nmreq_register *reg, struct nm_port **out)
{
	const struct nm_port_config *c = &m->target->config;
	const u32 nic = larger(c->num_rings[NM_TX], c->num_rings[NM_RX]);
	const u32 host = larger(c->num_host_rings[NM_TX], c->num_host_rings[NM_RX]);
	/* A transmit ring there must be; nothing can be sent there. */
	struct nm_port_config config = {
		.num_rings = { [NM_TX] = 1, [NM_RX] = nic },
		.num_host_rings = { [NM_TX] = 1, [NM_RX] = host },
		.num_slots = { [NM_TX] = NM_MIN_SLOTS,
			       [NM_RX] = reg->nr_rx_slots ? reg->nr_rx_slots :
							    c->num_slots[NM_RX] },
		.link_up = true,
	};
	struct nm_region *region = m->target->region;
	char name[NM_NAME_SIZE];
	int error = 0;
	u32 i;

	if (config.num_slots[NM_RX] < NM_MIN_SLOTS)
		config.num_slots[NM_RX] = NM_MIN_SLOTS;
	if (config.num_slots[NM_RX] > NM_MAX_SLOTS)
		config.num_slots[NM_RX] = NM_MAX_SLOTS;
	m->nic_rings = nic;
	if (m->zero_copy)
		nm_region_ref(region);
	else
		error = nm_client_choose_region(client, reg, &region);
	if (error)
		return error;
	nm_snprintf(name, sizeof(name), "%.55s monitor", m->target->name);
	error = nm_port_create(client->core, name, &monitor_ops, &config, region, m, out);
	nm_region_unref(region);
	if (error)
		return nm_refuse(client, error, "%s: no memory for its monitor; close a port",
				 m->target->name);
	error = nm_rx_queues_make(*out, 0, nic + host);
	if (error) {
		nm_port_unref(*out);
		return nm_refuse(client, error, "%s: no memory for its monitor; close a port",
				 m->target->name);
	}
	for (i = nic; i < nic + host; i++)
		(*out)->krings[NM_RX][i].sync = monitor_rxsync;
	(*out)->kind = &monitor_kind;
	return 0;
}

int nm_monitor_make(struct nm_client *client, struct nm_port *target,
		    const struct nmreq_register *reg, struct nm_port **out)
{
	const bool zero_copy = reg->nr_flags & NR_ZCOPY_MON;
	struct nm_monitor *m = nm_os_alloc(sizeof(*m));
	int error;

	if (!m)
		return nm_refuse(client, -ENOMEM, "no memory for a monitor; close a port");
	m->target = target;
	m->has_deadline = !target->gone && target->ops->deadline;
	m->zero_copy = zero_copy;
	m->watches[NM_TX] = zero_copy || (reg->nr_flags & NR_MONITOR_TX);
	m->watches[NM_RX] = zero_copy || (reg->nr_flags & NR_MONITOR_RX);
	error = check_target(client, m, reg);
	if (!error)
		error = make_port(client, m, reg, out);
	if (error)
		nm_os_free(m);
	return error;
}
