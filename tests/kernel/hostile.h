/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hostile client is made of: it writes anything into rings, and asks for anything, of the
 * kernel's device and of the hosted one.
 */
#ifndef NMGEN_TESTS_KERNEL_HOSTILE_H
#define NMGEN_TESTS_KERNEL_HOSTILE_H

#include <pthread.h>
#include <time.h>

#include "tests/kernel/device.h"

#define MAX_TARGETS	4	/* open files of a process */
#define MAX_RINGS	32	/* of a file, that we write to */
#define MAX_THREADS	8
#define NUM_ERRNOS	134

/* Counters in memory that all processes share; about right is good enough. */
struct tally {
	unsigned long actions;
	unsigned long opened;
	unsigned long synced;
	unsigned long asked;
	unsigned long sent;
	unsigned long received;
	unsigned long split;		/* frames sent in several slots */
	unsigned long attached;		/* interfaces put into a switch */
	unsigned long joined;		/* regions, by their numbers */
	unsigned long errnos[NUM_ERRNOS];
};

/*
 * A ring as it was when it was opened: its own words are nothing to go by, as we, and others, write
 * to them.
 */
struct hostile_ring {
	char *at;
	int64_t buf_ofs;
	uint32_t num_slots;
	bool transmits;
};

/*
 * An open file, which the threads of a process use together: with the lock for reading, but to open
 * and close it.
 */
struct target {
	pthread_rwlock_t lock;
	void *file;
	char *memory;		/* NULL: not mapped */
	size_t length;
	struct nmreq_register reg;
	struct hostile_ring rings[MAX_RINGS];
	uint32_t num_rings;
	uint32_t buf_size;
};

/**
 * struct hostile_run - what all threads of a run have in common
 * @tally: in memory that all processes share
 * @names: ports that they are to try
 * @elsewhere: in a network namespace of their own: all that they can guess of others is the number
 *	of a region
 * @end: time() at which it ends, if enough was done by then for the test to say anything
 * @last: time() at which it ends
 */
struct hostile_run {
	struct tally *tally;
	const char *const *names;
	int num_names;
	bool elsewhere;
	time_t end;
	time_t last;
};

/**
 * struct hostile - a thread
 * @random: state of its generator
 * @targets: of its process
 * @wild: memory that ends where nothing is: @wild_size bytes that can be used
 */
struct hostile {
	uint64_t random;
	const struct hostile_run *run;
	struct target *targets;
	char *wild;
	size_t wild_size;
};

static inline uint64_t hostile_random(struct hostile *h)
{
	h->random ^= h->random << 13;
	h->random ^= h->random >> 7;
	h->random ^= h->random << 17;
	return h->random;
}

/* 0 .. @n - 1 */
static inline uint32_t below(struct hostile *h, uint32_t n)
{
	return (uint32_t)(hostile_random(h) >> 16) % n;
}

/* Once in @n times. */
static inline bool now_and_then(struct hostile *h, uint32_t n)
{
	return below(h, n) == 0;
}

/* Anything a 64-bit word may be that somebody takes for a pointer. */
uint64_t hostile_pointer(struct hostile *h, const struct target *t);

/* What only one residence has: called now and then with the target's lock for reading. */
void hostile_trick(struct hostile *h, struct target *t);

/* Count what a call returned: 0 or a negative errno. */
void hostile_count(struct hostile *h, int error);

/* hostile_requests.c: opening, and every other request. */
void hostile_open(struct hostile *h, struct target *t);
void hostile_close(struct target *t);
void hostile_ask(struct hostile *h, struct target *t);

/* hostile_rings.c: what is written into shared memory. */
void hostile_scribble(struct hostile *h, struct target *t);
void hostile_send_split(struct hostile *h, struct target *t);
void hostile_send(struct hostile *h, struct target *t);
void hostile_receive(struct hostile *h, struct target *t);

/* A run of @seconds, or more where a slow machine has not done enough by then. */
struct hostile_run hostile_start(struct tally *tally, int seconds, const char *const *names, int num_names);
bool hostile_goes_on(const struct hostile_run *run);

/* Runs @num_threads threads with files of their own until the run ends. Return: 0 or an errno. */
int hostile_threads(const struct hostile_run *run, uint64_t seed, uint32_t num_threads);

/* Prints what was done. Return: whether it was enough. */
bool hostile_report(const struct tally *tally);

#endif /* NMGEN_TESTS_KERNEL_HOSTILE_H */
