// SPDX-License-Identifier: BSD-2-Clause
/* The hostile client: one action of many, and what came of them. */
#include "tests/kernel/hostile.h"

void hostile_count(struct hostile *h, int error)
{
	if (error < 0 && error > -NUM_ERRNOS)
		h->tally->errnos[-error]++;
}

uint64_t hostile_pointer(struct hostile *h, const struct target *t)
{
	switch (below(h, 9)) {
	case 0:
		return 0;
	case 1:
		return 8;
	case 2:
		/* The memory itself, where no page may have been touched yet. */
		return (uintptr_t)t->memory + below(h, (uint32_t)t->length + 1);
	case 3:
		return (uintptr_t)h->wild + h->wild_size - below(h, 64);
	case 4:
		return 0xffff888000000000ull + below(h, 1u << 30);
	case 5:
		return ~0ull - below(h, 4096);
	case 6:
		return hostile_random(h);
	default:
		return (uintptr_t)h->wild + below(h, (uint32_t)h->wild_size / 2);
	}
}

static void sync_one(struct hostile *h, struct target *t)
{
	const unsigned long cmd = now_and_then(h, 2) ? NIOCTXSYNC : NIOCRXSYNC;
	const int error = device->control(t->file, cmd, NULL);

	hostile_count(h, error);
	h->tally->synced += !error;
}

static void poll_one(struct hostile *h, struct target *t)
{
	static const short events[] = { POLLIN, POLLOUT, POLLIN | POLLOUT, 0, POLLPRI, ~0 };

	hostile_count(h, device->poll(t->file, events[below(h, 6)], (int)below(h, 6)));
}

/* With the lock for reading. */
static void act_on(struct hostile *h, struct target *t)
{
	switch (below(h, 16)) {
	case 0:
	case 1:
	case 2:
		hostile_send(h, t);
		sync_one(h, t);
		break;
	case 3:
	case 4:
		hostile_receive(h, t);
		sync_one(h, t);
		break;
	case 5:
	case 6:
	case 7:
		hostile_scribble(h, t);
		sync_one(h, t);
		break;
	case 8:
	case 9:
	case 10:
		sync_one(h, t);
		break;
	case 11:
	case 12:
		poll_one(h, t);
		break;
	case 13:
		hostile_trick(h, t);
		break;
	default:
		hostile_ask(h, t);
	}
}

void hostile_act(struct hostile *h)
{
	struct target *t = &h->targets[below(h, MAX_TARGETS)];
	uint32_t life = 1;

	h->tally->actions++;
	pthread_rwlock_rdlock(&t->lock);
	if (t->file) {
		/* A file lives for some hundred actions; one that is bound to nothing for a few. */
		life = t->num_rings ? 300 : 10;
		act_on(h, t);
	}
	pthread_rwlock_unlock(&t->lock);
	if (!now_and_then(h, life))
		return;
	pthread_rwlock_wrlock(&t->lock);
	hostile_close(t);
	hostile_open(h, t);
	pthread_rwlock_unlock(&t->lock);
}

bool hostile_report(const struct tally *tally)
{
	int i;

	printf("hostile: %lu actions, %lu ports opened, %lu syncs, %lu other requests granted, %lu slots sent, %lu received\n",
	       tally->actions, tally->opened, tally->synced, tally->asked, tally->sent,
	       tally->received);
	printf("hostile: refused:");
	for (i = 0; i < NUM_ERRNOS; i++) {
		if (tally->errnos[i])
			printf(" %s %lu", strerrorname_np(i), tally->errnos[i]);
	}
	printf("\n");
	return tally->opened && tally->synced && tally->asked && tally->sent && tally->received;
}
