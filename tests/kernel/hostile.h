/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hostile client is made of: it writes anything into rings, and asks for anything, on the
 * table of calls of conformance.h, so that it runs against the kernel's device and the hosted one.
 */
#ifndef NMGEN_TESTS_KERNEL_HOSTILE_H
#define NMGEN_TESTS_KERNEL_HOSTILE_H

#include <pthread.h>

#include "tests/kernel/conformance.h"

#define MAX_TARGETS	4	/* open files of a process */
#define MAX_RINGS	32	/* of a file, that we write to */
#define NUM_ERRNOS	134

/* Counters in memory that all processes share; about right is good enough. */
struct tally {
	unsigned long actions;
	unsigned long opened;
	unsigned long synced;
	unsigned long asked;
	unsigned long sent;
	unsigned long received;
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
 * struct hostile - a thread
 * @random: state of its generator
 * @tally: where it counts
 * @names: ports that it is to try
 * @targets: of its process
 * @wild: memory that ends where nothing is: @wild_size bytes that can be used
 */
struct hostile {
	uint64_t random;
	struct tally *tally;
	const char *const *names;
	int num_names;
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

/* One call or write, of any kind. */
void hostile_act(struct hostile *h);

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
void hostile_send(struct hostile *h, struct target *t);
void hostile_receive(struct hostile *h, struct target *t);

/* Prints what was done. Return: whether enough was, for the test to say anything. */
bool hostile_report(const struct tally *tally);

#endif /* NMGEN_TESTS_KERNEL_HOSTILE_H */
