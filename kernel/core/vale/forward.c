// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Forwarding a batch, in two passes. The first looks at each frame, learns where it comes from,
 * decides where it goes, and puts it on its destination's list. The second goes through the
 * destinations: slots for the whole list are leased at once, filled with no lock held, published at
 * once, and the receiver woken once. A frame that goes to all is on one list of its own, which is
 * merged into each destination's by position, so frames of a source stay in order everywhere.
 */
#include "copy.h"
#include "vale.h"

/* Frames that are asked for ahead: what a frame's work takes is a fraction of a cache miss. */
#define AHEAD		8

/* From here on a frame's buffers are worth asking for line by line. */
#define LONG_FRAME	256

#define ETH_HEADER	14

#define DEFAULT_TRIES	3

/* The flags that make a slot more than a plain frame. */
#define SPECIAL		(NS_MOREFRAG | NS_INDIRECT | NS_NO_LEARN | NS_PORT_MASK)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MAC_OF_HEAD(word)	((word) & 0xffffffffffffull)	/* bytes 0 .. 5 of 8 */
#define MAC_OF_TAIL(word)	((word) >> 16)			/* bytes 2 .. 7 of 8 */
#define MAC_IS_GROUP(mac)	((mac) & 1)
#else
#define MAC_OF_HEAD(word)	((word) >> 16)
#define MAC_OF_TAIL(word)	((word) & 0xffffffffffffull)
#define MAC_IS_GROUP(mac)	((mac) >> 40 & 1)
#endif

/*
 * What the first pass carries from frame to frame: traffic comes in trains, so the stations of a
 * frame are mostly those of the one before.
 */
struct pass {
	struct nm_vale_source *source;
	struct nm_switch *sw;
	const struct nm_vale_lookup *lookup;
	u32 port, ring, vnet_len;
	u64 from, to;		/* stations; ~0: none yet */
	u32 to_port;		/* where @to is: a port, or NM_VALE_FLOOD */
};

/* To a destination's list: @frames frames, chained from slot @first to @last, of @slots slots. */
static void add(struct nm_vale_source *source, u32 to, u32 first, u32 last, u32 frames, u32 slots)
{
	struct nm_vale_list *list = &source->lists[to];

	source->slots[last].next = NM_VALE_NONE;
	if (list->slots == 0) {
		list->first = (u16)first;
		if (to != NM_VALE_FLOOD)
			source->to[source->num_to++] = (u8)to;
	} else {
		source->slots[list->last].next = (u16)first;
	}
	list->last = (u16)last;
	list->frames += frames;
	list->slots += slots;
}

/* The port of a station; NM_VALE_FLOOD for all, or the sender's own for none. */
static u32 find_port(struct nm_fdb *fdb, u64 mac)
{
	u32 port;

	if (MAC_IS_GROUP(mac))
		return NM_VALE_FLOOD;
	port = nm_fdb_lookup(fdb, mac);
	return port == NM_FDB_UNKNOWN ? NM_VALE_FLOOD : port;
}

/*
 * Where the frame goes whose Ethernet header is at @eth: a port, NM_VALE_FLOOD, or beyond. @eth has
 * 14 bytes in a buffer, whose 64 are there to be read.
 */
static inline u32 decide(struct pass *p, const u8 *eth, u16 flags)
{
	u64 head, tail;

	memcpy(&head, eth, sizeof(head));
	memcpy(&tail, eth + 4, sizeof(tail));
	head = MAC_OF_HEAD(head);
	tail = MAC_OF_TAIL(tail);
	if (nm_unlikely(tail != p->from) && !(flags & NS_NO_LEARN)) {
		p->from = tail;
		if (!MAC_IS_GROUP(tail))
			nm_fdb_learn(p->sw->fdb, tail, p->port);
		/* It may be the one that we looked up before. */
		p->to = ~0ull;
	}
	if (nm_unlikely(head != p->to)) {
		p->to = head;
		p->to_port = find_port(p->sw->fdb, head);
	}
	return p->to_port;
}

/* A frame that is not plain: where its Ethernet header is, NULL if nowhere in one piece. */
static const u8 *find_eth(const struct nm_vale_slot *slots, u32 vnet_len, u32 *len)
{
	if (slots[0].len >= vnet_len + ETH_HEADER) {
		*len = slots[0].len - vnet_len;
		return slots[0].data + vnet_len;
	}
	/* As virtual machines have it: the vnet header in a slot of its own. */
	if (vnet_len && slots[0].len == vnet_len && slots[0].slots > 1 &&
	    slots[1].len >= ETH_HEADER) {
		*len = slots[1].len;
		return slots[1].data;
	}
	return NULL;
}

/* Decide for a frame at @at of the batch, whose slots are there. */
static void decide_slowly(struct pass *p, u32 at, u16 flags)
{
	struct nm_vale_source *source = p->source;
	u32 to = flags >> NS_PORT_SHIFT, len = 0, ring = p->ring;
	const u8 *eth = find_eth(&source->slots[at], p->vnet_len, &len);
	u32 learnt;

	source->stats.frames++;
	if (!eth) {
		source->stats.too_short++;
		return;
	}
	learnt = decide(p, eth, flags);
	if (source->from_client && to) {
		if (to == NM_VALE_SLOT_TO_PORT_0)
			to = 0;
	} else {
		to = learnt;
		if (p->lookup) {
			to = p->lookup->find(p->lookup->arg, eth, len, p->port, p->ring, &ring);
			ring %= NM_VALE_IF_RINGS;
			source->others |= ring == p->ring ? 0 : 1ull << ring;
		}
	}
	source->slots[at].ring = (u8)ring;
	if (to > NM_VALE_FLOOD || to == p->port) {
		source->stats.nowhere++;
		return;
	}
	source->stats.flooded += to == NM_VALE_FLOOD;
	add(source, to, at, at, 1, source->slots[at].slots);
}

/* Plain frames for one destination, @frames of them up to slot @end of the batch. */
struct train {
	u32 to;
	u32 frames;
};

static void add_train(struct pass *p, const struct train *train, u32 end)
{
	struct nm_vale_source *source = p->source;

	if (!train->frames)
		return;
	source->stats.frames += train->frames;
	if (nm_unlikely(train->to == p->port)) {
		source->stats.nowhere += train->frames;
		return;
	}
	if (train->to == NM_VALE_FLOOD)
		source->stats.flooded += train->frames;
	add(source, train->to, end - train->frames, end - 1, train->frames, train->frames);
}

/*
 * The data of an indirect slot is copied to the slot's own buffer, which it has no other use for:
 * once, so that what we look at is what we send, and now, so that no receiver waits for this
 * process's memory. Nor does whoever wants the ring: memory that is not there is not waited for
 * here.
 */
int nm_vale_fetch_data(struct nm_kring *kr, u8 *to, u64 from, u32 len, bool *give_up)
{
	if (nm_likely(!len || !nm_os_copy_in_now(to, from, len)))
		return 0;
	if (!*give_up) {
		kr->fault_at = from;
		kr->fault_len = len;
		return -EAGAIN;
	}
	*give_up = false;
	return -EFAULT;
}

/*
 * The frame that begins at slot @i, with @left slots to the end of what the client gave us; its
 * first is loaded. Return: how many slots it takes; 0 where it is not complete, or has to wait, or
 * a slot is bad.
 */
static u32 gather(struct pass *p, u32 i, u32 left, u32 at, struct nm_slot_view view)
{
	struct nm_vale_source *source = p->source;
	struct nm_kring *kr = source->kr;
	const u32 lim = kr->num_slots - 1;
	const u16 flags = view.flags;
	u32 count = 0;
	bool fault = false;

	for (;;) {
		const struct netmap_slot *slot = &kr->ring->slot[i];
		struct nm_vale_slot *s = &source->slots[at + (count < NETMAP_MAX_FRAGS ? count : 0)];

		s->data = nm_buf_at(&kr->bufs, view.buf_idx);
		s->len = view.len;
		if ((view.flags & NS_INDIRECT) && source->from_client && !fault) {
			const int error = nm_vale_fetch_data(kr, s->data, nm_read_once(slot->ptr),
							     s->len, &source->give_up);

			if (error == -EAGAIN)
				return 0;
			fault = error;
		}
		count++;
		if (!(view.flags & NS_MOREFRAG))
			break;
		if (count == left) {
			/* A ring that is full of one frame would never get its end. */
			if (count <= NETMAP_MAX_FRAGS && count < lim)
				return 0;
			source->stats.frames++;
			source->stats.too_long++;
			source->skipping = true;
			return count;
		}
		i = nm_next(i, lim);
		if (!nm_slot_get(&kr->ring->slot[i], &kr->bufs, &view)) {
			nm_slot_refuse(kr, i);
			return 0;
		}
	}
	if (nm_unlikely(count > NETMAP_MAX_FRAGS || fault)) {
		source->stats.frames++;
		if (fault)
			source->stats.fault++;
		else
			source->stats.too_long++;
		return count;
	}
	source->slots[at].slots = (u8)count;
	decide_slowly(p, at, flags);
	return count;
}

/*
 * First pass: as many whole frames from @first on as fit a batch. Return: how many slots they take.
 */
static u32 look(struct pass *p, u32 first, u32 count)
{
	struct nm_vale_source *source = p->source;
	struct nm_kring *kr = source->kr;
	const struct netmap_slot *slots = kr->ring->slot;
	const struct nm_bufs bufs = kr->bufs;
	const u32 lim = kr->num_slots - 1;
	const bool plain = !p->lookup && !p->vnet_len;
	struct train train = { 0, 0 };
	u32 at = 0, skipped = 0, i = first, ahead = first, k;

	for (k = 0; k < AHEAD; k++) {
		nm_prefetch(nm_buf_at(&bufs, nm_read_once(slots[ahead].buf_idx)));
		ahead = nm_next(ahead, lim);
	}
	while (at < count) {
		struct nm_vale_slot *s = &source->slots[at];
		struct nm_slot_view view;
		u32 to;

		if (!nm_slot_get(&slots[i], &bufs, &view)) {
			nm_slot_refuse(kr, i);
			break;
		}
		/* Whatever index it is: a prefetch does not fault. */
		nm_prefetch(nm_buf_at(&bufs, nm_read_once(slots[ahead].buf_idx)));
		ahead = nm_next(ahead, lim);
		if (nm_unlikely(source->skipping)) {
			source->skipping = view.flags & NS_MOREFRAG;
			i = nm_next(i, lim);
			skipped++;
			count--;
			continue;
		}
		if (nm_unlikely((view.flags & SPECIAL) || !plain || view.len < ETH_HEADER)) {
			u32 taken;

			add_train(p, &train, at);
			train.frames = 0;
			taken = gather(p, i, count - at, at, view);
			if (!taken)
				break;
			at += taken;
			i += taken;
			if (i > lim)
				i -= lim + 1;
			continue;
		}
		s->data = nm_buf_at(&bufs, view.buf_idx);
		s->len = view.len;
		s->slots = 1;
		s->ring = (u8)p->ring;
		s->next = (u16)(at + 1);
		to = decide(p, s->data, 0);
		if (nm_unlikely(to != train.to)) {
			add_train(p, &train, at);
			train = (struct train){ to, 0 };
		}
		train.frames++;
		at++;
		i = nm_next(i, lim);
	}
	add_train(p, &train, at);
	return at + skipped;
}

/* The frames for one queue, in order: those of the port's list and those to all. */
struct walk {
	const struct nm_vale_slot *slots;
	u32 one, all;		/* next of each list */
	u32 ring;		/* only those for this one, or NM_VALE_NONE */
};

static inline u32 walk_next(struct walk *w)
{
	u32 at;

	do {
		if (w->one < w->all) {
			at = w->one;
			w->one = w->slots[at].next;
		} else {
			at = w->all;
			if (at == NM_VALE_NONE)
				return at;
			w->all = w->slots[at].next;
		}
	} while (nm_unlikely(w->ring != NM_VALE_NONE && w->slots[at].ring != w->ring));
	return at;
}

static void count_drops(struct nm_vale_queue *queue, u32 full, u32 misfit)
{
	if (!full && !misfit)
		return;
	nm_spin_lock(&queue->lock);
	queue->stats.full += full;
	queue->stats.misfit += misfit;
	nm_spin_unlock(&queue->lock);
}

/* How many of @room slots the first frames take that fit as a whole. */
static u32 fit(struct walk w, u32 room)
{
	u32 used = 0, at;

	for (at = walk_next(&w); at != NM_VALE_NONE; at = walk_next(&w)) {
		if (used + w.slots[at].slots > room)
			break;
		used += w.slots[at].slots;
	}
	return used;
}

/*
 * The next frame's buffers, both of them, while one of @len bytes is copied: the processor asks
 * ahead by itself for what is read, but not far, and not for what is written.
 */
static void ask_for_long(const u8 *to, const u8 *from, u32 len)
{
	u32 i;

	for (i = 0; i < len; i += NM_CACHE_LINE) {
		nm_prefetch(from + i);
		nm_prefetch_write(to + i);
	}
}

/*
 * The plain way: frames as they are, to slots that are as large, @count of them from @at on, which
 * are leased. @singles, a constant: the frames have one slot each, and are on one list, @w.one.
 * Return: how many frames they took.
 */
static inline __attribute__((always_inline)) u32 copy_list(struct nm_vale_queue *queue,
							   struct walk w, u32 at, u32 count,
							   const bool singles)
{
	const struct nm_bufs bufs = {
		.base = queue->bufs.base,
		.size = queue->bufs.size,
		.num = nm_read_once(queue->bufs.num),
	};
	struct netmap_slot *slots = queue->ring->slot;
	const u32 lim = queue->num_slots - 1;
	/* A device takes no count of fragments, but has to learn of a buffer that is another. */
	const u16 count_mask = queue->to_device ? 0 : NS_PORT_MASK;
	const u16 kept = queue->to_device ? NS_BUF_CHANGED : 0;
	u32 ahead = at, frames = 0, k;

	for (k = 0; k < AHEAD; k++) {
		nm_prefetch_write(nm_buf_at(&bufs, nm_read_once(slots[ahead].buf_idx)));
		ahead = nm_next(ahead, lim);
	}
	while (count) {
		const struct nm_vale_slot *from = &w.slots[singles ? w.one : walk_next(&w)];
		u32 left = singles ? 1 : from->slots;
		const u16 count_flags = (u16)(left << NS_PORT_SHIFT & count_mask);

		if (singles)
			w.one = from->next;
		frames++;
		count -= left;
		for (;; from++) {
			struct netmap_slot *slot = &slots[at];
			const u16 flags = count_flags | (nm_read_once(slot->flags) & kept);
			u32 index = nm_read_once(slot->buf_idx);

			nm_prefetch_write(nm_buf_at(&bufs, nm_read_once(slots[ahead].buf_idx)));
			ahead = nm_next(ahead, lim);
			/* The receiver has spoilt its slot, and gets its frame nowhere. */
			if (nm_unlikely(index >= bufs.num))
				index = 0;
			at = nm_next(at, lim);
			if (nm_unlikely(from->len > LONG_FRAME) && count) {
				const u32 after = singles || w.one < w.all ? w.one : w.all;

				ask_for_long(nm_buf_at(&bufs, nm_read_once(slots[at].buf_idx)),
					     w.slots[after].data, from->len);
			}
			nm_copy(nm_buf_at(&bufs, index), from->data, from->len);
			if (--left == 0) {
				nm_slot_put(slot, from->len, flags);
				break;
			}
			nm_slot_put(slot, from->len, flags | NS_MOREFRAG);
		}
	}
	return frames;
}

/* @slots and @frames: what the walk has in all. */
static u32 copy_frames(struct nm_vale_queue *queue, struct walk w, u32 at, u32 count, u32 slots,
		       u32 frames)
{
	if (slots != frames || w.ring != NM_VALE_NONE ||
	    (w.one != NM_VALE_NONE && w.all != NM_VALE_NONE))
		return copy_list(queue, w, at, count, false);
	if (w.one == NM_VALE_NONE)
		w.one = w.all;
	return copy_list(queue, w, at, count, true);
}

/* How often to look for room in an interface's ring. */
static u32 txsync_tries(const struct nm_vale_queue *queue)
{
	const u32 tries = nm_read_once(queue->kr->port->core->config.txsync_tries);

	return tries ? tries : DEFAULT_TRIES;
}

/* Lease @want slots, or as many fewer as @w says that whole frames take. */
static u32 lease(struct nm_vale_queue *queue, const struct walk *w, u32 want, u32 *at)
{
	u32 tries = queue->to_device ? txsync_tries(queue) : 1;

	while (want) {
		const u32 room = nm_vale_lease(queue, want, at);

		if (nm_likely(room == want))
			break;
		if (tries > 1) {
			nm_vale_kick(queue);
			tries--;
		} else {
			want = w ? fit(*w, room) : 0;
		}
	}
	return want;
}

static void deliver_plain(struct nm_vale_queue *queue, const struct walk *w, u32 slots, u32 frames)
{
	u32 at, sent = 0;
	const u32 leased = lease(queue, w, slots, &at);

	if (leased) {
		sent = copy_frames(queue, *w, at, leased, slots, frames);
		nm_vale_publish(queue, at, leased, sent);
	}
	count_drops(queue, frames - sent, 0);
}

/* Whether the port of a TX ring takes a frame of so many bytes and slots. */
static bool fits_port(const struct nm_kring *kr, u32 len, u32 slots)
{
	return len >= kr->min_frame && len <= kr->max_frame && slots <= kr->max_frags;
}

/* Slots for all that comes of a frame; 0 where one does not fit its port. */
static u32 slots_for(const struct nm_seg_plan *plan, const struct nm_vale_queue *queue)
{
	const u32 size = queue->bufs.size, limit = queue->num_slots;
	u32 total = 0, i;

	for (i = 0; i < plan->num && total <= limit; i++) {
		const u32 len = nm_seg_len(plan, i);
		const u32 slots = (len + size - 1) / size;

		if (slots > NETMAP_MAX_FRAGS ||
		    (queue->to_device && !fits_port(queue->kr, len, slots)))
			return 0;
		total += slots ? slots : 1;
	}
	return total;
}

/* Write one frame of @len bytes, @plan's number @i, from slot @at on. Return: the slot after. */
static u32 write_frame(struct nm_vale_source *source, struct nm_vale_queue *queue, u32 num_from,
		       u32 i, u32 at)
{
	const struct nm_bufs bufs = {
		.base = queue->bufs.base,
		.size = queue->bufs.size,
		.num = nm_read_once(queue->bufs.num),
	};
	const u32 len = nm_seg_len(&source->plan, i);
	const u32 lim = queue->num_slots - 1;
	const u16 kept = queue->to_device ? NS_BUF_CHANGED : 0;
	u32 num = 0, left = len, first = at, k;
	u16 count_flags;

	do {
		u32 index = nm_read_once(queue->ring->slot[at].buf_idx);

		if (index >= bufs.num)
			index = 0;
		source->into[num].data = nm_buf_at(&bufs, index);
		source->into[num].len = left < bufs.size ? left : bufs.size;
		left -= source->into[num].len;
		num++;
		at = nm_next(at, lim);
	} while (left);
	nm_seg_write(&source->plan, i, source->from, num_from, source->into, num);
	count_flags = queue->to_device ? 0 : (u16)(num << NS_PORT_SHIFT);
	for (k = 0; k < num; k++) {
		struct netmap_slot *slot = &queue->ring->slot[first];
		const u16 flags = count_flags | (nm_read_once(slot->flags) & kept);

		nm_slot_put(slot, (u16)source->into[k].len,
			    k + 1 < num ? flags | NS_MOREFRAG : flags);
		first = nm_next(first, lim);
	}
	return at;
}

/*
 * The other way, frame by frame: the port has another vnet header, or smaller buffers. All that
 * comes of a frame is delivered, or none of it.
 */
static void deliver_converted(struct nm_vale_source *source, struct nm_vale_queue *queue,
			      struct walk w, u32 from_len, u32 to_len)
{
	u32 full = 0, misfit = 0, frame;

	for (frame = walk_next(&w); frame != NM_VALE_NONE; frame = walk_next(&w)) {
		const struct nm_vale_slot *slot = &source->slots[frame];
		u32 total = 0, want, at, i;

		for (i = 0; i < slot->slots; i++) {
			source->from[i].data = slot[i].data;
			source->from[i].len = slot[i].len;
			total += slot[i].len;
		}
		if (nm_vnet_plan(&source->plan, source->from, slot->slots, total, from_len, to_len,
				 source->ident++)) {
			misfit++;
			continue;
		}
		want = slots_for(&source->plan, queue);
		if (!want) {
			misfit++;
			continue;
		}
		if (!lease(queue, NULL, want, &at)) {
			full++;
			continue;
		}
		for (i = 0; i < source->plan.num; i++) {
			const u32 first = at;

			at = write_frame(source, queue, slot->slots, i, at);
			nm_vale_publish(queue, first, nm_dist(first, at, queue->num_slots), 1);
		}
	}
	count_drops(queue, full, misfit);
}

/*
 * Whether an interface's ring may refuse one of the walk's frames as it is: too short, too long, or
 * of too many or of empty pieces.
 */
static bool has_misfit(const struct nm_vale_queue *queue, struct walk w)
{
	u32 at;

	if (!nm_kring_has_limits(queue->kr))
		return false;
	for (at = walk_next(&w); at != NM_VALE_NONE; at = walk_next(&w)) {
		const struct nm_vale_slot *slot = &w.slots[at];
		u32 len = 0, i;

		for (i = 0; i < slot->slots && slot[i].len; i++)
			len += slot[i].len;
		if (i < slot->slots || !fits_port(queue->kr, len, slot->slots))
			return true;
	}
	return false;
}

/* What the batch has for one queue of a port. */
static void deliver_to(struct nm_vale_source *source, struct nm_vale_port *to,
		       struct nm_vale_queue *queue, const struct walk *w, u32 slots, u32 frames)
{
	const u32 from_len = nm_read_once(source->port->vnet_len);
	const u32 to_len = nm_read_once(to->vnet_len);

	if (nm_likely(from_len == to_len && queue->bufs.size >= source->kr->bufs.size) &&
	    !(queue->to_device && has_misfit(queue, *w)))
		deliver_plain(queue, w, slots, frames);
	else
		deliver_converted(source, queue, *w, from_len, to_len);
	nm_vale_kick(queue);
}

/* What the batch has for a port, @index of the switch. */
static void deliver(struct nm_vale_source *source, struct nm_switch *sw, u32 index)
{
	struct nm_vale_port *to = nm_load_acquire(&sw->ports[index]);
	const struct nm_vale_list *one = &source->lists[index];
	const struct nm_vale_list *all = &source->lists[NM_VALE_FLOOD];
	struct walk w = {
		.slots = source->slots,
		.one = one->slots ? one->first : NM_VALE_NONE,
		.all = all->slots ? all->first : NM_VALE_NONE,
		.ring = NM_VALE_NONE,
	};
	u64 rings = source->others | 1ull << source->ring;
	u32 queue;

	if (!to) {
		source->stats.nowhere += one->frames;
		return;
	}
	if (nm_likely(!source->others)) {
		queue = nm_load_acquire(&to->queue_of[source->ring]);
		if (queue == NM_VALE_CLOSED)
			source->stats.nowhere += one->frames;
		else
			deliver_to(source, to, to->queues[queue], &w, one->slots + all->slots,
				   one->frames + all->frames);
		return;
	}
	for (; rings; rings &= rings - 1) {
		const u32 ring = (u32)__builtin_ctzll(rings);
		struct walk look = w;
		u32 slots = 0, frames = 0, at;

		look.ring = ring;
		w.ring = ring;
		for (at = walk_next(&look); at != NM_VALE_NONE; at = walk_next(&look)) {
			slots += source->slots[at].slots;
			frames++;
		}
		queue = nm_load_acquire(&to->queue_of[ring]);
		if (frames && queue != NM_VALE_CLOSED)
			deliver_to(source, to, to->queues[queue], &w, slots, frames);
		else
			source->stats.nowhere += frames;
	}
}

/* Second pass. */
static void deliver_all(struct nm_vale_source *source, struct nm_switch *sw, u32 own)
{
	u32 i, word;

	for (i = 0; i < source->num_to; i++)
		deliver(source, sw, source->to[i]);
	if (source->lists[NM_VALE_FLOOD].slots) {
		for (word = 0; word < NM_VALE_WORDS; word++) {
			u64 members = nm_read_once(sw->members[word]);

			for (; members; members &= members - 1) {
				const u32 index = word * 64 + (u32)__builtin_ctzll(members);

				/* The others have had theirs. */
				if (index != own && !source->lists[index].slots)
					deliver(source, sw, index);
			}
		}
	}
	for (i = 0; i < source->num_to; i++)
		source->lists[source->to[i]] = (struct nm_vale_list){ 0, 0, 0, 0 };
	source->lists[NM_VALE_FLOOD] = (struct nm_vale_list){ 0, 0, 0, 0 };
	source->num_to = 0;
	source->others = 0;
}

u32 nm_vale_forward(struct nm_vale_source *source, u32 first, u32 end)
{
	struct nm_switch *sw = nm_load_acquire(&source->port->sw);
	struct nm_kring *kr = source->kr;
	const u32 n = kr->num_slots;
	u32 batch;

	if (!sw) {
		/* A persistent port that is in no switch. */
		source->stats.frames += nm_dist(first, end, n);
		source->stats.nowhere += nm_dist(first, end, n);
		return end;
	}
	nm_fdb_tick(sw->fdb, nm_os_now_ns());
	batch = nm_read_once(kr->port->core->config.vale_batch);
	if (!batch || batch > NM_VALE_BATCH)
		batch = NM_VALE_BATCH;
	else if (batch < NM_VALE_MIN_BATCH)
		batch = NM_VALE_MIN_BATCH;
	while (first != end) {
		const u32 left = nm_dist(first, end, n);
		const u32 count = left < batch ? left : batch;
		struct pass p = {
			.source = source,
			.sw = sw,
			.lookup = nm_load_acquire(&sw->lookup),
			.port = source->port->index,
			.ring = source->ring,
			.vnet_len = nm_read_once(source->port->vnet_len),
			.from = ~0ull,
			.to = ~0ull,
		};
		const u32 taken = look(&p, first, count);

		deliver_all(source, sw, p.port);
		first += taken;
		if (first >= n)
			first -= n;
		/* Else the batch ended inside a frame: the next one begins with it. */
		if (taken < count && (taken == 0 || count == left || kr->bad_slot))
			break;
	}
	return first;
}
