// SPDX-License-Identifier: BSD-2-Clause
/* The hostile client: one action of many, threads that do them, and what came of them. */
#include <sys/mman.h>

#include "tests/kernel/hostile.h"

#define WILD_PAGES	4

/* For a machine that is so busy that nothing came of the first seconds. */
#define PATIENCE	10

void hostile_count(struct hostile *h, int error)
{
	if (error < 0 && error > -NUM_ERRNOS)
		h->run->tally->errnos[-error]++;
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
	h->run->tally->synced += !error;
}

static void poll_one(struct hostile *h, struct target *t)
{
	static const short events[] = { POLLIN, POLLOUT, POLLIN | POLLOUT, 0, POLLPRI, ~0 };

	hostile_count(h, device->poll(t->file, events[below(h, 6)], (int)below(h, 6)));
}

/* With the lock for reading. */
static void act_on(struct hostile *h, struct target *t)
{
	switch (below(h, 17)) {
	case 0:
	case 1:
	case 2:
		hostile_send(h, t);
		sync_one(h, t);
		break;
	case 16:
		hostile_send_split(h, t);
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

static void act(struct hostile *h)
{
	struct target *t = &h->targets[below(h, MAX_TARGETS)];
	uint32_t life = 1;

	h->run->tally->actions++;
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

static bool enough(const struct tally *tally)
{
	return tally->opened && tally->synced && tally->asked && tally->sent && tally->received &&
	       tally->attached && tally->split && tally->joined;
}

struct hostile_run hostile_start(struct tally *tally, int seconds, const char *const *names, int num_names)
{
	const time_t now = time(NULL);

	return (struct hostile_run){
		.tally = tally,
		.names = names,
		.num_names = num_names,
		.end = now + seconds,
		.last = now + PATIENCE * (time_t)seconds,
	};
}

bool hostile_goes_on(const struct hostile_run *run)
{
	const time_t now = time(NULL);

	return now < run->end || (now < run->last && !enough(run->tally));
}

static void *run_thread(void *arg)
{
	struct hostile *h = arg;

	while (hostile_goes_on(h->run))
		act(h);
	return NULL;
}

int hostile_threads(const struct hostile_run *run, uint64_t seed, uint32_t num_threads)
{
	static struct target targets[MAX_TARGETS];
	struct hostile threads[MAX_THREADS];
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	pthread_t ids[MAX_THREADS];
	int error = 0;
	uint32_t n, i;
	char *wild;

	wild = mmap(NULL, (WILD_PAGES + 1) * page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (wild == MAP_FAILED || mprotect(wild + WILD_PAGES * page, page, PROT_NONE))
		return errno;
	for (i = 0; i < MAX_TARGETS; i++)
		pthread_rwlock_init(&targets[i].lock, NULL);
	for (n = 0; n < num_threads && !error; n++) {
		threads[n] = (struct hostile){
			.random = seed * 0x9e3779b97f4a7c15ull + n + 1,
			.run = run,
			.targets = targets,
			.wild = wild,
			.wild_size = WILD_PAGES * page,
		};
		error = pthread_create(&ids[n], NULL, run_thread, &threads[n]);
	}
	for (i = 0; i < (error ? n - 1 : n); i++)
		pthread_join(ids[i], NULL);
	for (i = 0; i < MAX_TARGETS; i++)
		hostile_close(&targets[i]);
	return error;
}

bool hostile_report(const struct tally *tally)
{
	int i;

	printf("hostile: %lu actions, %lu ports opened, %lu syncs, %lu other requests granted, %lu slots sent, %lu received\n",
	       tally->actions, tally->opened, tally->synced, tally->asked, tally->sent,
	       tally->received);
	printf("hostile: %lu interfaces attached, %lu frames in several slots, %lu regions joined by number\n",
	       tally->attached, tally->split, tally->joined);
	printf("hostile: refused:");
	for (i = 0; i < NUM_ERRNOS; i++) {
		if (tally->errnos[i])
			printf(" %s %lu", strerrorname_np(i), tally->errnos[i]);
	}
	printf("\n");
	return enough(tally);
}
