// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Pipes: two ends, "parent{id" (master) and "parent}id" (slave), in the memory of their parent.
 * What one end sends the other receives, in the buffers that it was sent in: they are lent.
 *
 * TX ring i of one end and RX ring i of the other have the same number of slots and go in step: the
 * frame in TX slot k is shown in RX slot k, and both slots name its buffer. The RX ring has no
 * buffers of its own. A receiver that releases the slot gives the buffer back, so the sender has in
 * each slot the buffer that it had there before, and may send it again as it is. A receiver that
 * keeps the buffer puts another one into the slot, with NS_BUF_CHANGED; the sender gets that one,
 * with the flag.
 *
 * A TX slot is free when the RX slot of its number is, and all that the two sides have to tell each
 * other is two positions, each with one writer:
 *
 *   filled	by the TX sync: RX slots before it hold frames
 *   released	by the RX sync: RX slots from it on hold frames, or will
 *
 * A receiver that closes leaves its slots as they are: the sender's ring fills up, and the next
 * client of that end finds the frames. The rings of both ends are pinned as long as the pipe exists,
 * that is, while one of its ends is open.
 */
#include "pipe.h"

#include "ports.h"
#include "region.h"
#include "rings.h"

#define NM_PIPE_MAX_SLOTS	4096

/* Slots ahead that are asked for: the receiver's were last seen a ring ago. */
#define NM_PIPE_AHEAD	32

/*
 * struct nm_pipe_queue - one direction of one pair of rings
 * @tx: ring of the sender
 * @rx: ring of the receiver
 * @filled: see above; stored with release after the slots, loaded with acquire before them
 * @released: as @filled, the other way
 */
struct nm_pipe_queue {
	struct nm_kring *tx;
	struct nm_kring *rx;

	/* Written by the sender's thread. */
	u32 filled NM_ALIGNED_CACHE;

	/* Written by the receiver's thread. */
	u32 released NM_ALIGNED_CACHE;
};

enum { NM_MASTER = 0, NM_SLAVE = 1 };

/**
 * struct nm_pipe - all under core->lock
 * @link: in parent->pipes
 * @parent: with a reference
 * @ends: master and slave; twins, so that neither goes before the other
 * @queues: those from master to slave, then the others
 * @id: what stands behind the brace
 */
struct nm_pipe {
	struct nm_list link;
	struct nm_port *parent;
	struct nm_port *ends[2];
	struct nm_pipe_queue *queues;
	char id[NM_NAME_SIZE];
};

/*
 * Frames are handed over whole: where the last one before @end is not complete, up to its begin.
 */
static u32 complete_end(struct nm_kring *kr, u32 end)
{
	const u32 lim = kr->num_slots - 1;
	u32 i = end, frags = 0;

	while (i != kr->hwcur) {
		const u32 before = nm_prev(i, lim);

		if (!(nm_read_once(kr->ring->slot[before].flags) & NS_MOREFRAG))
			break;
		i = before;
		/* It will never be whole. */
		if (++frags == NETMAP_MAX_FRAGS) {
			nm_slot_refuse(kr, i);
			break;
		}
	}
	return i;
}

/*
 * Show @count slots in a row of the sender to the receiver, all that is in them. Return: how many
 * are done, before the first that the sender has spoilt.
 */
static u32 lend_slots(struct netmap_slot *tx, struct netmap_slot *rx, u32 count,
		      const struct nm_bufs *bufs)
{
	struct netmap_slot *const first = tx, *const end = tx + count;

	for (; tx != end; tx++, rx++) {
		struct nm_slot_view view;

		nm_prefetch_write(rx + NM_PIPE_AHEAD);
		if (!nm_slot_get(tx, bufs, &view))
			break;
		nm_slot_set(rx, view.buf_idx, view.len, view.flags);
		nm_write_once(rx->ptr, nm_read_once(tx->ptr));
		if (nm_unlikely(view.flags & (NS_BUF_CHANGED | NS_REPORT)))
			nm_slot_clear_flags(tx, &view, NS_BUF_CHANGED | NS_REPORT);
	}
	return (u32)(tx - first);
}

/* Whether the receiver may have kept the buffer of one of @count slots in a row. */
static bool are_changed(const struct netmap_slot *rx, u32 count)
{
	const struct netmap_slot *const end = rx + count;
	u32 flags = 0;

	for (; rx != end; rx++)
		flags |= nm_read_once(rx->flags);
	return flags & NS_BUF_CHANGED;
}

/* The other way: @count slots are released. Return: how many, before the first that is bad. */
static u32 take_back(const struct netmap_slot *rx, struct netmap_slot *tx, u32 count,
		     const struct nm_bufs *bufs)
{
	u32 i;

	if (nm_likely(!are_changed(rx, count)))
		return count;
	for (i = 0; i < count && nm_slot_take_back(&rx[i], bufs, &tx[i]); i++)
		;
	return i;
}

static int pipe_txsync(struct nm_kring *kr, int flags)
{
	struct nm_pipe_queue *q = kr->driver_data;
	const struct nm_bufs bufs = kr->bufs;
	const u32 n = kr->num_slots, first = kr->hwcur;
	const u32 end = first == kr->rhead ? first : complete_end(kr, kr->rhead);
	u32 todo = nm_dist(first, end, n);

	(void)flags;
	while (todo) {
		const u32 row = todo < n - kr->hwcur ? todo : n - kr->hwcur;
		const u32 done = lend_slots(&kr->ring->slot[kr->hwcur],
					    &q->rx->ring->slot[kr->hwcur], row, &bufs);

		kr->hwcur = nm_add(kr->hwcur, done, n);
		todo -= done;
		if (done < row) {
			nm_slot_refuse(kr, kr->hwcur);
			break;
		}
	}
	if (kr->hwcur != first) {
		nm_store_release(&q->filled, kr->hwcur);
		nm_kring_notify(q->rx);
	}
	kr->hwtail = nm_prev(nm_load_acquire(&q->released), n - 1);
	return 0;
}

static int pipe_rxsync(struct nm_kring *kr, int flags)
{
	struct nm_pipe_queue *q = kr->driver_data;
	const u32 n = kr->num_slots, first = kr->hwcur;
	u32 todo = nm_dist(first, kr->rhead, n);

	(void)flags;
	while (todo) {
		const u32 row = todo < n - kr->hwcur ? todo : n - kr->hwcur;
		const u32 done = take_back(&kr->ring->slot[kr->hwcur],
					   &q->tx->ring->slot[kr->hwcur], row, &kr->bufs);

		kr->hwcur = nm_add(kr->hwcur, done, n);
		todo -= done;
		if (done < row) {
			nm_slot_refuse(kr, kr->hwcur);
			break;
		}
	}
	if (kr->hwcur != first) {
		nm_store_release(&q->released, kr->hwcur);
		nm_kring_notify(q->tx);
	}
	kr->hwtail = nm_load_acquire(&q->filled);
	return 0;
}

static const struct nm_driver_ops pipe_ops = {
	.name = "pipe",
	.txsync = pipe_txsync,
	.rxsync = pipe_rxsync,
};

static struct nm_kring *other_ring(struct nm_kring *kr)
{
	const struct nm_pipe_queue *q = kr->driver_data;

	return kr->is_host ? kr : q->rx;
}

static void all_nic(const struct nm_port *port, struct nm_range rings[NM_DIRS])
{
	rings[NM_TX] = (struct nm_range){ 0, port->config.num_rings[NM_TX], false };
	rings[NM_RX] = (struct nm_range){ 0, port->config.num_rings[NM_RX], false };
}

static void unpin(struct nm_port *end)
{
	struct nm_range rings[NM_DIRS];

	all_nic(end, rings);
	nm_rings_unuse(end, rings, NM_USE_PIN);
}

static int pin(struct nm_port *end)
{
	struct nm_range rings[NM_DIRS];

	all_nic(end, rings);
	return nm_rings_use(end, rings, NM_USE_PIN);
}

/* Both ends have lost their last reference. */
static void pipe_release(struct nm_port *end)
{
	struct nm_pipe *pipe = end->driver_data;

	unpin(pipe->ends[NM_MASTER]);
	unpin(pipe->ends[NM_SLAVE]);
	nm_region_unuse(end->region);
	nm_list_remove(&pipe->link);
	nm_port_unref(pipe->parent);
	nm_os_free(pipe->queues);
	nm_os_free(pipe);
}

static int may_have(struct nm_client *client, struct nm_port *port,
		    const struct nm_range rings[NM_DIRS])
{
	int dir;

	for (dir = 0; dir < NM_DIRS; dir++) {
		if (rings[dir].last > port->config.num_rings[dir])
			return nm_refuse(client, -EINVAL,
					 "%s has no host rings, as no end of a pipe has; use NR_REG_ALL_NIC or NR_REG_ONE_NIC",
					 port->name);
	}
	return 0;
}

static const struct nm_port_kind pipe_kind = {
	.no_host_rings = true,
	.may_have = may_have,
	.release = pipe_release,
	.other_ring = other_ring,
};

static int make_queues(struct nm_pipe *pipe)
{
	const struct nm_port_config *config = &pipe->ends[NM_MASTER]->config;
	struct nm_pipe_queue *q;
	int from;
	u32 i;

	pipe->queues = nm_os_alloc((config->num_rings[NM_TX] + config->num_rings[NM_RX]) *
				   sizeof(*pipe->queues));
	if (!pipe->queues)
		return -ENOMEM;
	q = pipe->queues;
	for (from = NM_MASTER; from <= NM_SLAVE; from++) {
		struct nm_port *sender = pipe->ends[from];
		struct nm_port *receiver = pipe->ends[!from];

		for (i = 0; i < sender->config.num_rings[NM_TX]; i++, q++) {
			q->tx = &sender->krings[NM_TX][i];
			q->rx = &receiver->krings[NM_RX][i];
			q->tx->driver_data = q;
			q->rx->driver_data = q;
			q->rx->lender = q->tx;
		}
	}
	return 0;
}

/* Nothing is lent yet; that a slot and its counterpart name one buffer holds from the start. */
static void pair_slots(struct nm_pipe *pipe)
{
	const struct nm_port_config *config = &pipe->ends[NM_MASTER]->config;
	const u32 num = config->num_rings[NM_TX] + config->num_rings[NM_RX];
	u32 i, k;

	for (i = 0; i < num; i++) {
		const struct nm_pipe_queue *q = &pipe->queues[i];

		nm_owner_pair(&pipe->parent->region->owners, q->rx->owner, q->tx->owner);
		for (k = 0; k < q->tx->num_slots; k++)
			q->rx->ring->slot[k].buf_idx = q->tx->ring->slot[k].buf_idx;
	}
}

/* Both ends of a pipe, with their rings; @config is the master's. */
static int make_ends(struct nm_pipe *pipe, const struct nm_port_config *config)
{
	struct nm_port *parent = pipe->parent;
	struct nm_port_config mirrored = *config;
	char name[NM_NAME_SIZE];
	int error;

	mirrored.num_rings[NM_TX] = config->num_rings[NM_RX];
	mirrored.num_rings[NM_RX] = config->num_rings[NM_TX];
	mirrored.num_slots[NM_TX] = config->num_slots[NM_RX];
	mirrored.num_slots[NM_RX] = config->num_slots[NM_TX];
	nm_snprintf(name, sizeof(name), "%s{%s", parent->name, pipe->id);
	error = nm_port_create(parent->core, name, &pipe_ops, config, parent->region, pipe,
			       &pipe->ends[NM_MASTER]);
	if (error)
		return error;
	nm_snprintf(name, sizeof(name), "%s}%s", parent->name, pipe->id);
	error = nm_port_create(parent->core, name, &pipe_ops, &mirrored, parent->region, pipe,
			       &pipe->ends[NM_SLAVE]);
	if (error)
		goto no_slave;
	error = make_queues(pipe);
	if (error)
		goto no_queues;
	error = nm_region_use(parent->region);
	if (error)
		goto no_memory;
	error = pin(pipe->ends[NM_MASTER]);
	if (error)
		goto no_pin;
	error = pin(pipe->ends[NM_SLAVE]);
	if (!error) {
		pair_slots(pipe);
		return 0;
	}

	unpin(pipe->ends[NM_MASTER]);
no_pin:
	nm_region_unuse(parent->region);
no_memory:
	nm_os_free(pipe->queues);
no_queues:
	nm_port_unref(pipe->ends[NM_SLAVE]);
no_slave:
	nm_port_unref(pipe->ends[NM_MASTER]);
	return error;
}

/* Takes over the caller's reference to @parent, if it succeeds. */
static int make_pipe(struct nm_client *client, struct nm_port *parent, const char *id, bool slave,
		     const struct nmreq_register *reg, struct nm_pipe **out)
{
	struct nm_port_config config = {
		.num_rings = { 1, 1 },
		.num_slots = { [NM_TX] = parent->config.num_slots[NM_TX],
			       [NM_RX] = parent->config.num_slots[NM_RX] },
		.link_up = true,
	};
	struct nm_port_config mirrored;
	struct nm_pipe *pipe;
	int error, dir, i;

	nm_port_choose(reg, NM_MAX_RINGS, NM_PIPE_MAX_SLOTS, &config);
	/* What is asked for is this end; the other sees it from its side. */
	mirrored = config;
	for (dir = 0; dir < NM_DIRS && slave; dir++) {
		config.num_rings[dir] = mirrored.num_rings[!dir];
		config.num_slots[dir] = mirrored.num_slots[!dir];
	}
	pipe = nm_os_alloc(sizeof(*pipe));
	if (!pipe) {
		nm_refuse(client, -ENOMEM, "no memory for a pipe; close a port");
		return -ENOMEM;
	}
	pipe->parent = parent;
	nm_snprintf(pipe->id, sizeof(pipe->id), "%s", id);
	error = make_ends(pipe, &config);
	if (error) {
		nm_os_free(pipe);
		nm_refuse(client, error,
			  "%s: no memory for another pipe of %u and %u slots; ask for fewer",
			  parent->name, config.num_slots[NM_TX], config.num_slots[NM_RX]);
		return error;
	}
	for (i = NM_MASTER; i <= NM_SLAVE; i++) {
		pipe->ends[i]->kind = &pipe_kind;
		pipe->ends[i]->twin = pipe->ends[!i];
		pipe->ends[i]->refs = 0;
	}
	nm_list_add(&parent->pipes, &pipe->link);
	*out = pipe;
	return 0;
}

static struct nm_pipe *find_pipe(struct nm_port *parent, const char *id)
{
	struct nm_list *item;

	for (item = parent->pipes.next; item != &parent->pipes; item = item->next) {
		struct nm_pipe *pipe = nm_entry(item, struct nm_pipe, link);

		if (!strcmp(pipe->id, id))
			return pipe;
	}
	return NULL;
}

static const char *find_brace(const char *name)
{
	while (*name && *name != '{' && *name != '}')
		name++;
	return *name ? name : NULL;
}

bool nm_pipe_is_name(const char *name)
{
	return find_brace(name);
}

const char *nm_pipe_split(struct nm_client *client, const char *name, char parent[NM_NAME_SIZE])
{
	const char *brace = find_brace(name);

	if (brace == name || !brace[1] || find_brace(brace + 1)) {
		nm_refuse(client, -EINVAL,
			  "%s: a pipe end is named PORT{ID or PORT}ID, with no brace in ID", name);
		return NULL;
	}
	nm_snprintf(parent, NM_NAME_SIZE, "%.*s", (int)(brace - name), name);
	return brace;
}

bool nm_pipe_is_at(struct nm_port *parent, const char *end)
{
	return find_pipe(parent, end + 1);
}

int nm_pipe_find_or_make(struct nm_client *client, struct nm_port *parent, const char *end,
			 const struct nmreq_register *reg, struct nm_port **out)
{
	const bool slave = *end == '}';
	struct nm_pipe *pipe = find_pipe(parent, end + 1);
	int error;

	if (pipe) {
		/* It has a reference of its own. */
		nm_port_unref(parent);
	} else {
		error = make_pipe(client, parent, end + 1, slave, reg, &pipe);
		if (error)
			return error;
	}
	*out = pipe->ends[slave];
	nm_port_ref(*out);
	return 0;
}
