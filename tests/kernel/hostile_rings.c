// SPDX-License-Identifier: BSD-2-Clause
/* The hostile client: what it writes into shared memory, some of it as it should be. */
#include "tests/kernel/hostile.h"

#define MAX_BATCH	64

static struct hostile_ring *choose_ring(struct hostile *h, struct target *t, bool transmits)
{
	struct hostile_ring *r;

	if (!t->memory || !t->num_rings)
		return NULL;
	r = &t->rings[below(h, t->num_rings)];
	return r->transmits == transmits ? r : NULL;
}

static struct netmap_ring *ring_of(const struct hostile_ring *r)
{
	return (struct netmap_ring *)(void *)r->at;
}

/* The buffer, NULL where it would not be in the memory. */
static char *buffer_of(const struct target *t, const struct hostile_ring *r, uint32_t index)
{
	const int64_t at = r->at - t->memory + r->buf_ofs + (int64_t)index * t->buf_size;

	if (at < 0 || (uint64_t)at + t->buf_size > t->length)
		return NULL;
	return t->memory + at;
}

static uint32_t any_index(struct hostile *h, const struct target *t)
{
	const uint32_t num = t->buf_size ? (uint32_t)(t->length / t->buf_size) : 2;

	switch (below(h, 8)) {
	case 0:
		return below(h, 3);
	case 1:
		return num - below(h, 300);
	case 2:
		return ~0u - below(h, 3);
	case 3:
		return (uint32_t)hostile_random(h);
	default:
		return below(h, num);
	}
}

static uint32_t any_position(struct hostile *h, const struct hostile_ring *r, uint32_t now)
{
	switch (below(h, 6)) {
	case 0:
		return (uint32_t)hostile_random(h);
	case 1:
		return r->num_slots;
	case 2:
		return below(h, r->num_slots);
	default:
		return (now + below(h, 8)) % r->num_slots;
	}
}

static void spoil_slot(struct hostile *h, const struct target *t, struct netmap_slot *slot)
{
	if (now_and_then(h, 2))
		slot->buf_idx = any_index(h, t);
	if (now_and_then(h, 2))
		slot->len = (uint16_t)hostile_random(h);
	if (now_and_then(h, 2))
		slot->flags = (uint16_t)(now_and_then(h, 3) ? hostile_random(h) :
					 1u << below(h, 16));
	slot->ptr = hostile_pointer(h, t);
}

static void spoil_head(struct hostile *h, struct hostile_ring *r)
{
	struct netmap_ring *ring = ring_of(r);

	switch (below(h, 12)) {
	case 0:
		ring->tail = (uint32_t)hostile_random(h);
		break;
	case 1:
		*(uint32_t *)(uintptr_t)&ring->num_slots = (uint32_t)hostile_random(h);
		break;
	case 2:
		*(uint32_t *)(uintptr_t)&ring->nr_buf_size = (uint32_t)hostile_random(h);
		break;
	case 3:
		*(int64_t *)(uintptr_t)&ring->buf_ofs = (int64_t)hostile_random(h);
		break;
	case 4:
		*(uint16_t *)(uintptr_t)&ring->ringid = (uint16_t)hostile_random(h);
		break;
	case 5:
		ring->flags = (uint32_t)hostile_random(h);
		break;
	case 6:
		memset(ring->sem, (int)hostile_random(h), sizeof(ring->sem));
		break;
	default:
		ring->head = any_position(h, r, ring->head);
		ring->cur = now_and_then(h, 3) ? any_position(h, r, ring->cur) : ring->head;
	}
}

void hostile_scribble(struct hostile *h, struct target *t)
{
	struct hostile_ring *r;
	uint32_t n;

	if (!t->memory)
		return;
	/* The netmap_if, whose list of buffers the kernel walks when the file is closed. */
	if (now_and_then(h, 10)) {
		struct netmap_if *nif = NETMAP_IF(t->memory, t->reg.nr_offset);

		if (now_and_then(h, 3)) {
			/* All of it, and where its rings are. */
			memset((void *)nif, 0, sizeof(*nif) + t->num_rings * sizeof(nif->ring_ofs[0]));
			return;
		}
		nif->ni_bufs_head = any_index(h, t);
		*(uint32_t *)(uintptr_t)&nif->ni_tx_rings = (uint32_t)hostile_random(h);
		return;
	}
	/* Anywhere: rings and buffers of others who chose to share the memory with us, too. */
	if (now_and_then(h, 10)) {
		for (n = below(h, 64); n; n--) {
			const uint64_t at = hostile_random(h) % (t->length / 8);

			((uint64_t *)(void *)t->memory)[at] = hostile_random(h) >> below(h, 64);
		}
		return;
	}
	if (!t->num_rings)
		return;
	r = &t->rings[below(h, t->num_rings)];
	/* Its buffers are named nowhere any more. */
	if (now_and_then(h, 20)) {
		for (n = 0; n < r->num_slots; n++)
			ring_of(r)->slot[n].buf_idx = 0;
	}
	for (n = below(h, 16); n; n--)
		spoil_slot(h, t, &ring_of(r)->slot[below(h, r->num_slots)]);
	spoil_head(h, r);
}

static void put_station(struct hostile *h, char *mac)
{
	memcpy(mac, "\x02\x00\x00\x00\x00", 5);
	mac[5] = (char)below(h, 40);
	if (now_and_then(h, 4))
		memset(mac, 0xff, 6);
}

/* Headers that software segmentation looks at, each of them nearly right. */
static void put_headers(struct hostile *h, char *frame, uint32_t len)
{
	static const char ip4[] = "\x08\x00\x45\x00\x05\x00\x12\x34\x00\x00\x40\x06\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02";
	static const char ip6[] = "\x86\xdd\x60\x00\x00\x00\x05\x00\x06\x40";
	uint32_t i;

	for (i = 12; i < len; i++)
		frame[i] = (char)i;
	if (len > 60 && now_and_then(h, 2))
		memcpy(frame + 12, ip4, sizeof(ip4) - 1);
	else if (len > 80)
		memcpy(frame + 12, ip6, sizeof(ip6) - 1);
	for (i = below(h, 4); i; i--)
		frame[below(h, len < 90 ? len : 90)] = (char)hostile_random(h);
}

static void build(struct hostile *h, char *frame, uint32_t len)
{
	uint32_t vnet = 0;

	if (now_and_then(h, 4) && len > 120) {
		/* As a port with a vnet header has it; what it says may be anything. */
		static const uint8_t types[] = { 0, 1, 3, 4, 5, 0x81, 0xff, 2 };

		vnet = now_and_then(h, 2) ? 10 : 12;
		memset(frame, 0, vnet);
		frame[0] = (char)below(h, 4);
		frame[1] = (char)types[below(h, sizeof(types))];
		frame[2] = (char)below(h, 200);
		frame[4] = (char)below(h, 256);
		frame[5] = (char)below(h, 6);
		frame[6] = (char)below(h, 100);
		frame[8] = (char)below(h, 40);
	}
	if (len < vnet + 14)
		return;
	put_station(h, frame + vnet);
	put_station(h, frame + vnet + 6);
	if (len > vnet + 14)
		put_headers(h, frame + vnet, len - vnet);
}

/* Frames as they should be, mostly, so that they get somewhere. */
void hostile_send(struct hostile *h, struct target *t)
{
	struct hostile_ring *r = choose_ring(h, t, true);
	struct netmap_ring *ring;
	uint32_t n, at;

	if (!r)
		return;
	ring = ring_of(r);
	at = ring->head % r->num_slots;
	for (n = 1 + below(h, MAX_BATCH); n; n--) {
		struct netmap_slot *slot = &ring->slot[at];
		const uint32_t next = at + 1 == r->num_slots ? 0 : at + 1;
		uint32_t len = 14 + below(h, now_and_then(h, 8) ? t->buf_size - 13 : 200);
		uint32_t index = __atomic_load_n(&slot->buf_idx, __ATOMIC_RELAXED);
		char *frame = buffer_of(t, r, index);

		if (at == ring->tail)
			break;
		/* What was spoilt before: any buffer will do. */
		if (!frame || index < 2) {
			index = any_index(h, t);
			slot->buf_idx = index;
			frame = buffer_of(t, r, index);
		}
		if (frame)
			build(h, frame, len);
		slot->len = (uint16_t)len;
		slot->flags = now_and_then(h, 6) ? NS_MOREFRAG : 0;
		if (now_and_then(h, 20)) {
			slot->flags |= NS_INDIRECT;
			slot->ptr = hostile_pointer(h, t);
		}
		at = next;
		h->run->tally->sent++;
	}
	ring->head = at;
	ring->cur = at;
}

/* Of a frame in several slots: as it should be, as little or as much as can be said, or anything. */
static uint16_t any_length(struct hostile *h, const struct target *t)
{
	static const uint16_t lengths[] = { 0, 1, 13, 14, 60, 1514, 2048, 65535 };

	switch (below(h, 4)) {
	case 0:
		return lengths[below(h, 8)];
	case 1:
		return (uint16_t)hostile_random(h);
	default:
		return (uint16_t)below(h, t->buf_size + 1);
	}
}

/*
 * A frame of 1 to 65 slots, one more than there may be, each of any length. Half of them differ in
 * nothing but their lengths from what every port takes.
 */
void hostile_send_split(struct hostile *h, struct target *t)
{
	struct hostile_ring *r = choose_ring(h, t, true);
	const uint32_t num = 1 + below(h, NETMAP_MAX_FRAGS + 1);
	const bool honest = now_and_then(h, 2);
	struct netmap_ring *ring;
	uint32_t i, at;

	if (!r)
		return;
	ring = ring_of(r);
	at = __atomic_load_n(&ring->head, __ATOMIC_RELAXED) % r->num_slots;
	for (i = 0; i < num && at != __atomic_load_n(&ring->tail, __ATOMIC_RELAXED); i++) {
		struct netmap_slot *slot = &ring->slot[at];
		const uint32_t index = __atomic_load_n(&slot->buf_idx, __ATOMIC_RELAXED);
		uint16_t len = honest ? (uint16_t)(60 + below(h, t->buf_size - 59)) :
					any_length(h, t);
		char *frame = buffer_of(t, r, index);

		/* To everybody, an interface in the switch among them. */
		if (i == 0 && frame && index >= 2) {
			memset(frame, 0xff, 6);
			put_station(h, frame + 6);
			len = len < 14 && now_and_then(h, 2) ? 14 : len;
		}
		slot->len = len;
		slot->flags = i + 1 < num ? NS_MOREFRAG : 0;
		at = at + 1 == r->num_slots ? 0 : at + 1;
	}
	ring->head = at;
	ring->cur = at;
	h->run->tally->sent += i;
	h->run->tally->split += i > 1;
}

void hostile_receive(struct hostile *h, struct target *t)
{
	struct hostile_ring *r = choose_ring(h, t, false);
	struct netmap_ring *ring;
	uint32_t head;

	if (!r)
		return;
	ring = ring_of(r);
	/* Read once: another thread may write anything to it. */
	head = __atomic_load_n(&ring->head, __ATOMIC_RELAXED) % r->num_slots;
	h->run->tally->received += (ring->tail + r->num_slots - head) % r->num_slots;
	if (now_and_then(h, 2))
		ring->slot[head].flags |= NS_FORWARD;
	ring->head = ring->tail;
	ring->cur = ring->head;
}
