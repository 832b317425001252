// SPDX-License-Identifier: BSD-2-Clause
/* The hostile client: files opened and bound, and every other request, plausible or not. */
#include "tests/kernel/hostile.h"

#define NUM_OPTIONS	4

union body {
	struct nmreq_register reg;
	struct nmreq_port_info_get info;
	struct nmreq_vale_attach attach;
	struct nmreq_vale_detach detach;
	struct nmreq_vale_list list;
	struct nmreq_port_hdr hdr;
	struct nmreq_vale_newif newif;
	struct nmreq_vale_polling polling;
	struct nmreq_pools_info pools;
	struct nmreq_sync_kloop_start start;
	uint64_t words[16];
};

static void fill_random(struct hostile *h, void *to, size_t size)
{
	unsigned char *at = to;

	while (size--)
		*at++ = (unsigned char)hostile_random(h);
}

static void choose_name(struct hostile *h, char name[NETMAP_REQ_IFNAMSIZ])
{
	const char *base = h->run->names[below(h, (uint32_t)h->run->num_names)];

	memset(name, 0, NETMAP_REQ_IFNAMSIZ);
	switch (below(h, 16)) {
	case 0:
		fill_random(h, name, NETMAP_REQ_IFNAMSIZ);
		break;
	case 1:
		memset(name, 'A', NETMAP_REQ_IFNAMSIZ);
		break;
	case 2:
		break;
	case 3:
	case 4:
		snprintf(name, NETMAP_REQ_IFNAMSIZ, "%.40s%c%u", base, "{}"[below(h, 2)],
			 below(h, 3));
		break;
	case 5:
		snprintf(name, NETMAP_REQ_IFNAMSIZ, "hp%u", below(h, 4));
		break;
	default:
		snprintf(name, NETMAP_REQ_IFNAMSIZ, "%.60s", base);
	}
}

static void choose_kept(struct hostile *h, char name[NETMAP_REQ_IFNAMSIZ])
{
	memset(name, 0, NETMAP_REQ_IFNAMSIZ);
	snprintf(name, NETMAP_REQ_IFNAMSIZ, "hp%u", below(h, 4));
}

/* One of @names that begins as this, if there are such. */
static void choose_like(struct hostile *h, const char *begin, char name[NETMAP_REQ_IFNAMSIZ])
{
	int tries;

	for (tries = 0; tries < 20; tries++) {
		const char *base = h->run->names[below(h, (uint32_t)h->run->num_names)];

		if (strncmp(base, begin, strlen(begin)))
			continue;
		memset(name, 0, NETMAP_REQ_IFNAMSIZ);
		snprintf(name, NETMAP_REQ_IFNAMSIZ, "%.60s", base);
		return;
	}
}

static uint32_t choose_slots(struct hostile *h)
{
	static const uint32_t slots[] = { 0, 0, 0, 2, 3, 17, 64, 128, 1024, 4096 };

	return slots[below(h, sizeof(slots) / sizeof(slots[0]))];
}

static void choose_register(struct hostile *h, struct nmreq_register *reg)
{
	static const uint32_t extras[] = { 0, 0, 0, 0, 1, 5, 100, 1000, 5000 };
	static const uint16_t rings[] = { 0, 0, 0, 1, 2, 4 };

	memset(reg, 0, sizeof(*reg));
	reg->nr_mode = now_and_then(h, 3) ? below(h, 10) : NR_REG_ALL_NIC;
	reg->nr_ringid = now_and_then(h, 4) ? (uint16_t)below(h, 20) : 0;
	reg->nr_tx_slots = choose_slots(h);
	reg->nr_rx_slots = choose_slots(h);
	reg->nr_tx_rings = rings[below(h, 6)];
	reg->nr_rx_rings = rings[below(h, 6)];
	reg->nr_host_tx_rings = rings[below(h, 6)];
	reg->nr_host_rx_rings = rings[below(h, 6)];
	/* The shared region, or none: who is in a region with others trusts them. */
	reg->nr_mem_id = now_and_then(h, 8) ? (uint16_t)(below(h, 2) ? 1 : ~below(h, 99)) : 0;
	/* Those that are not in others' namespace have no right to be trusted, and any number. */
	if (h->run->elsewhere && now_and_then(h, 2)) {
		reg->nr_mem_id = (uint16_t)(1 + below(h, 40));
		reg->nr_mode = now_and_then(h, 2) ? NR_REG_NULL : reg->nr_mode;
	}
	reg->nr_extra_bufs = extras[below(h, 9)];
	if (now_and_then(h, 100))
		reg->nr_extra_bufs = ~0u;
	if (now_and_then(h, 3)) {
		static const uint64_t flags[] = {
			NR_MONITOR_TX, NR_MONITOR_RX, NR_MONITOR_TX | NR_MONITOR_RX,
			NR_ZCOPY_MON, NR_EXCLUSIVE, NR_RX_RINGS_ONLY, NR_TX_RINGS_ONLY,
			NR_ACCEPT_VNET_HDR, NR_DO_RX_POLL, NR_NO_TX_POLL,
		};

		reg->nr_flags = flags[below(h, sizeof(flags) / sizeof(flags[0]))];
	} else {
		reg->nr_flags = NR_ACCEPT_VNET_HDR;
	}
	if (now_and_then(h, 60))
		fill_random(h, reg, sizeof(*reg));
	/* The kernel refuses what there is no memory for; a process is given it, page by page. */
	if (!device->can_map_less)
		reg->nr_extra_bufs %= 10000;
}

/* A netmap_if has places for one host ring at least, which the answer may leave out. */
static uint32_t host_places(const struct target *t, uint32_t said)
{
	return said || t->reg.nr_mode == NR_REG_NULL ? said : 1;
}

/* Note where the rings are, from what the device said, as far as that can be. */
static void find_rings(struct target *t)
{
	const struct netmap_if *nif = NETMAP_IF(t->memory, t->reg.nr_offset);
	const uint32_t tx = t->reg.nr_tx_rings + host_places(t, t->reg.nr_host_tx_rings);
	const uint32_t all = tx + t->reg.nr_rx_rings + host_places(t, t->reg.nr_host_rx_rings);
	uint32_t i;

	t->num_rings = 0;
	for (i = 0; i < all && t->num_rings < MAX_RINGS; i++) {
		const int64_t ofs = __atomic_load_n(&nif->ring_ofs[i], __ATOMIC_RELAXED);
		const int64_t at = (int64_t)t->reg.nr_offset + ofs;
		const uint32_t n = i < tx ? t->reg.nr_tx_slots : t->reg.nr_rx_slots;
		struct hostile_ring *r = &t->rings[t->num_rings];
		const struct netmap_ring *ring;
		uint32_t size;

		/* Another hostile thread may have written to the netmap_if since. */
		if (!ofs || at < 0 || at % NM_CACHE_ALIGN || !n ||
		    (uint64_t)at + sizeof(*ring) + n * sizeof(struct netmap_slot) > t->length)
			continue;
		r->at = t->memory + at;
		ring = (struct netmap_ring *)(void *)r->at;
		r->buf_ofs = ring->buf_ofs;
		r->num_slots = n;
		r->transmits = i < tx;
		size = __atomic_load_n(&ring->nr_buf_size, __ATOMIC_RELAXED);
		if (size >= 64 && size <= 65472)
			t->buf_size = size;
		t->num_rings++;
	}
}

/* REGISTER as programs of old do. */
static int open_old(struct hostile *h, struct target *t, const char *name)
{
	struct nmreq old;

	memset(&old, 0, sizeof(old));
	if (now_and_then(h, 10))
		fill_random(h, &old, sizeof(old));
	snprintf(old.nr_name, sizeof(old.nr_name), "%.15s", name);
	old.nr_version = NETMAP_API;
	old.nr_cmd = 0;
	old.nr_arg3 = below(h, 100);
	old.nr_ringid = now_and_then(h, 3) ? (uint16_t)hostile_random(h) : 0;
	old.nr_flags = now_and_then(h, 2) ? below(h, 8) : NR_REG_ALL_NIC;
	return device->control(t->file, NIOCREGIF, &old);
}

/* Another file of ours to be in one region with; locked for reading, so that it stays. Or NULL. */
static struct target *choose_companion(struct hostile *h, const struct target *t)
{
	struct target *other = &h->targets[below(h, MAX_TARGETS)];

	if (other == t || !now_and_then(h, 4) || pthread_rwlock_tryrdlock(&other->lock))
		return NULL;
	if (other->memory)
		return other;
	pthread_rwlock_unlock(&other->lock);
	return NULL;
}

void hostile_open(struct hostile *h, struct target *t)
{
	struct target *companion;
	char name[NETMAP_REQ_IFNAMSIZ];
	struct nmreq_header head = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_REGISTER };
	uint16_t asked_id;
	int error;

	t->file = device->open();
	if (!t->file)
		return;
	choose_name(h, name);
	choose_register(h, &t->reg);
	if (now_and_then(h, 12)) {
		/* What is where is not asked: the old request says less. */
		hostile_count(h, open_old(h, t, name));
		return;
	}
	head.nr_body = (uintptr_t)&t->reg;
	memcpy(head.nr_name, name, sizeof(name));
	companion = choose_companion(h, t);
	if (companion)
		t->reg.nr_mem_id = companion->reg.nr_mem_id;
	asked_id = t->reg.nr_mem_id;
	error = device->control(t->file, NIOCCTRL, &head);
	if (companion)
		pthread_rwlock_unlock(&companion->lock);
	hostile_count(h, error);
	if (error)
		return;
	h->run->tally->opened++;
	h->run->tally->joined += asked_id != 0;
	t->memory = device->map(t->file, t->reg.nr_memsize);
	t->length = t->reg.nr_memsize;
	t->buf_size = 2048;
	if (t->memory)
		find_rings(t);
}

void hostile_close(struct target *t)
{
	if (t->file)
		device->close(t->file);
	t->file = NULL;
	t->memory = NULL;
	t->num_rings = 0;
}

static uint64_t make_options(struct hostile *h, const struct target *t,
			     struct nmreq_option options[NUM_OPTIONS])
{
	uint32_t i;

	if (!now_and_then(h, 4))
		return 0;
	for (i = 0; i < NUM_OPTIONS; i++) {
		options[i] = (struct nmreq_option){
			.nro_reqtype = below(h, 8),
			.nro_size = now_and_then(h, 2) ? 0 : hostile_random(h),
			.nro_next = now_and_then(h, 3) ?
				hostile_pointer(h, t) :
				(uintptr_t)&options[below(h, NUM_OPTIONS)],
		};
	}
	options[below(h, NUM_OPTIONS)].nro_next = 0;
	return now_and_then(h, 6) ? hostile_pointer(h, t) : (uintptr_t)&options[0];
}

static void fill_body(struct hostile *h, uint16_t type, union body *body)
{
	static const uint32_t lengths[] = { 0, 10, 12, 11 };

	memset(body, 0, sizeof(*body));
	switch (type) {
	case NETMAP_REQ_REGISTER:
		choose_register(h, &body->reg);
		break;
	case NETMAP_REQ_VALE_ATTACH:
		body->attach.reg.nr_mode = now_and_then(h, 2) ? NR_REG_ALL_NIC : NR_REG_NIC_SW;
		break;
	case NETMAP_REQ_PORT_HDR_SET:
		body->hdr.nr_hdr_len = lengths[below(h, 4)];
		break;
	case NETMAP_REQ_VALE_NEWIF:
		body->newif.nr_tx_slots = choose_slots(h);
		body->newif.nr_rx_slots = choose_slots(h);
		break;
	case NETMAP_REQ_VALE_LIST:
		body->list.nr_bridge_idx = (uint16_t)below(h, 9);
		body->list.nr_port_idx = below(h, 300);
		break;
	default:
		body->info.nr_mem_id = (uint16_t)below(h, 6);
	}
	if (now_and_then(h, 40))
		fill_random(h, body, sizeof(*body));
}

static void ask_now(struct hostile *h, struct target *t)
{
	struct nmreq_option options[NUM_OPTIONS];
	struct nmreq_header head;
	union body body;
	int error;

	memset(&head, 0, sizeof(head));
	head.nr_version = (uint16_t)(NETMAP_API + now_and_then(h, 4));
	head.nr_reqtype = (uint16_t)(1 + below(h, 15));
	choose_name(h, head.nr_name);
	/* What outlives us has a name by which it can be taken away. */
	if (head.nr_reqtype == NETMAP_REQ_VALE_NEWIF)
		choose_kept(h, head.nr_name);
	/* Most names are no interface's in a switch. */
	if (head.nr_reqtype == NETMAP_REQ_VALE_ATTACH && now_and_then(h, 2))
		choose_like(h, "vale", head.nr_name);
	fill_body(h, head.nr_reqtype, &body);
	head.nr_options = make_options(h, t, options);
	head.nr_body = now_and_then(h, 12) ? hostile_pointer(h, t) : (uintptr_t)&body;
	if (head.nr_reqtype == NETMAP_REQ_VALE_DELIF)
		head.nr_body = 0;
	if (now_and_then(h, 40) && head.nr_reqtype != NETMAP_REQ_VALE_NEWIF)
		head.nr_reqtype = (uint16_t)(hostile_random(h) | 16);
	if (now_and_then(h, 40))
		head.nr_version = (uint16_t)hostile_random(h);
	if (now_and_then(h, 40))
		head.nr_reserved = (uint32_t)hostile_random(h);
	error = device->control(t->file, NIOCCTRL,
				now_and_then(h, 30) ?
					(void *)(uintptr_t)hostile_pointer(h, t) : &head);
	hostile_count(h, error);
	h->run->tally->asked += !error;
	h->run->tally->attached += !error && head.nr_reqtype == NETMAP_REQ_VALE_ATTACH;
}

static void ask_old(struct hostile *h, struct target *t)
{
	static const uint16_t commands[] = { 0, 1, 2, 4, 5, 6, 7, 10, 11, 12, 3, 999 };
	unsigned long cmd = now_and_then(h, 2) ? NIOCREGIF : NIOCGINFO;
	char name[NETMAP_REQ_IFNAMSIZ];
	struct nmreq old;

	memset(&old, 0, sizeof(old));
	if (now_and_then(h, 4))
		fill_random(h, &old, sizeof(old));
	choose_name(h, name);
	old.nr_version = now_and_then(h, 10) ? below(h, 20) : NETMAP_API;
	old.nr_cmd = commands[below(h, sizeof(commands) / sizeof(commands[0]))];
	if (old.nr_cmd == NETMAP_BDG_NEWIF)
		choose_kept(h, name);
	memcpy(old.nr_name, name, sizeof(old.nr_name));
	old.nr_arg3 = below(h, 1000);
	if (now_and_then(h, 10))
		cmd = NIOCCONFIG;
	hostile_count(h, device->control(t->file, cmd,
					 now_and_then(h, 20) ?
						 (void *)(uintptr_t)hostile_pointer(h, t) : &old));
}

void hostile_ask(struct hostile *h, struct target *t)
{
	switch (below(h, 8)) {
	case 0:
		ask_old(h, t);
		break;
	case 1:
		hostile_count(h, device->control(t->file, (uint32_t)hostile_random(h),
						 (void *)(uintptr_t)hostile_pointer(h, t)));
		break;
	default:
		ask_now(h, t);
	}
}
