// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each thread of a case is a context of its own on one real thread, which it gives away before each
 * atomic access. Which goes on is a choice; the choices of an order are written down, and the next
 * order is the same up to the last choice that has another one left.
 *
 * The order is sequentially consistent, as the accesses that wire_time.c relies on are.
 */
#include "wire_explorer.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "nm_os_impl.h"

#define QUANTUM		50ull		/* ticks: what NMH_WIRE_QUANTUM_NS is at this rate */
#define TSC_HZ		1000000.0
#define SLACK		10ull		/* a turn that a gap interrupted: nobody knows how much of it was before */
#define STACK		(64 * 1024)
#define THREADS		(WIRE_EXPLORER_WORKERS + 2)	/* with the watcher, and the one that begins */
#define MOST_CHOICES	4096

struct thread {
	jmp_buf at;			/* where it goes on, once it has begun */
	bool begun;
	void (*main)(void);
	char *stack;
	struct nmh_worker *worker;	/* what own_worker is in this thread */
	bool ended;
	u64 seen;			/* waits while x.writes is still this; 0: it does not */
	u64 looked;			/* x.writes when it last began to wait */
	u32 *word;			/* sleeps until this is not @value */
	u32 value;
	u64 turns;			/* left to do */
};

static struct {
	const struct wire_case *wire_case;
	struct wire_explored *result;
	jmp_buf scheduler;
	struct thread thread[THREADS];
	unsigned int num_threads;
	unsigned int running;
	unsigned int left;		/* preemptions */
	unsigned int jumps;
	u64 tsc;
	u64 writes;

	/* The order: at choice i, the taken[i]th of of[i]. */
	u8 taken[MOST_CHOICES], of[MOST_CHOICES];
	unsigned int planned, made;

	/* The rules */
	u64 highest;			/* time that any finished reading gave */
	u64 stops_at;			/* that no reading passes */
} x;

static void fault(const char *text, u64 a, u64 b)
{
	if (!x.result->fault[0])
		snprintf(x.result->fault, sizeof(x.result->fault), "order %llu: %s (%llu, %llu)",
			 (unsigned long long)x.result->orders, text, a, b);
}

/* A number below @n, the next of the order. */
static unsigned int choose(unsigned int n)
{
	if (n < 2)
		return 0;
	if (x.made == MOST_CHOICES) {
		fault("an order without end", x.made, 0);
		return 0;
	}
	if (x.made == x.planned) {
		x.taken[x.planned] = 0;
		x.of[x.planned++] = (u8)n;
	}
	return x.taken[x.made++];
}

/* Every atomic access begins with it. */
static void step(void)
{
	if (!_setjmp(x.thread[x.running].at))
		_longjmp(x.scheduler, 1);
}

/* Runs thread @i until its next step. Contexts are for the start only, as switching them is a system call. */
static void go_on(unsigned int i)
{
	struct thread *thread = &x.thread[i];
	static ucontext_t begin, unused;

	x.running = i;
	if (_setjmp(x.scheduler))
		return;
	if (thread->begun)
		_longjmp(thread->at, 1);
	thread->begun = true;
	getcontext(&begin);
	begin.uc_stack.ss_sp = thread->stack;
	begin.uc_stack.ss_size = STACK;
	begin.uc_link = NULL;
	makecontext(&begin, thread->main, 0);
	swapcontext(&unused, &begin);
}

#define WIRE_EXPLORED
#define wire_load(p)			(step(), *(p))
#define wire_load_relaxed(p)		(*(p))
#define wire_store(p, v)		do { step(); x.writes++; *(p) = (v); } while (0)
#define wire_store_relaxed(p, v)	do { x.writes++; *(p) = (v); } while (0)

static u64 exchange_64(u64 *p, u64 v)
{
	u64 old;

	step();
	x.writes++;
	old = *p;
	*p = v;
	return old;
}

static u32 exchange_32(u32 *p, u32 v)
{
	u32 old;

	step();
	x.writes++;
	old = *p;
	*p = v;
	return old;
}
#define wire_exchange(p, v)	\
	(sizeof(*(p)) == sizeof(u64) ? exchange_64((void *)(p), (v)) : exchange_32((void *)(p), (u32)(v)))

static bool wire_replace(u64 *p, u64 *old, u64 v)
{
	step();
	if (*p == *old) {
		x.writes++;
		*p = v;
		return true;
	}
	*old = *p;
	return false;
}

static u64 wire_tsc(void)
{
	return ++x.tsc;
}

#define WAIT_LOOKS	2
#define WAIT_STEP_NS	1000000000ull

static void wire_relax(u32 looks)
{
	struct thread *self = &x.thread[x.running];

	(void)looks;
	/* All that it looks at it has looked at after the last wait: nothing has changed since. */
	self->seen = self->looked;
	self->looked = x.writes;
	step();
	x.thread[x.running].seen = 0;
}

static bool wire_sleep(u32 *word, u32 value)
{
	x.thread[x.running].word = word;
	x.thread[x.running].value = value;
	step();
	return false;
}

static void wire_wake(u32 *word)
{
	(void)word;
}

#define own_worker	(x.thread[x.running].worker)

/* The library has these too. */
#define nmh_wire_create		explored_wire_create
#define nmh_wire_destroy	explored_wire_destroy
#define nmh_wire_worker		explored_wire_worker
#define nmh_wire_read		explored_wire_read
#define nmh_wire_now		explored_wire_now
#define nmh_wire_simulated	explored_wire_simulated
#define nmh_worker_join		explored_worker_join
#define nmh_worker_enter	explored_worker_enter
#define nmh_worker_leave	explored_worker_leave
#define nmh_worker_turn		explored_worker_turn
#define nmh_worker_yielded	explored_worker_yielded
#define nmh_worker_count	explored_worker_count

static void nm_os_free(void *p)
{
	free(p);
}

static void *nm_os_alloc(size_t size)
{
	void *p = NULL;

	if (posix_memalign(&p, NM_CACHE_LINE, size))
		abort();
	return memset(p, 0, size);
}

/* NOLINTNEXTLINE(bugprone-suspicious-include): it is compiled with the atomics and sleeps above. */
#include "../wire_time.c"

static struct nmh_wire *wire;

/* A reading that began when @before was the highest has given @time. */
static void check(u64 before, u64 time)
{
	if (time < before)
		fault("time went back", before, time);
	if (time > x.stops_at)
		fault("the wire passed a worker that is away", x.stops_at, time);
	if (time > x.highest)
		x.highest = time;
}

static void work(struct thread *self)
{
	struct nmh_worker *worker = self->worker;
	struct nmh_wire_time first;

	nmh_worker_enter(worker);
	first = nmh_worker_turn(worker, false);
	for (self->turns--; self->turns; self->turns--) {
		const u64 before = x.highest;
		const struct nmh_wire_time time = nmh_worker_turn(worker, false);
		const u64 owed = worker->owed > worker->real ? worker->owed - worker->real : 0;

		check(before, time.wire);
		if (!x.wire_case->one_core && time.wire - first.wire > time.own + owed - first.own + SLACK)
			fault("the wire went on without a worker", time.wire - first.wire, time.own + owed - first.own);
	}
	nmh_worker_leave(worker);
}

static void watch(struct thread *self)
{
	for (; self->turns; self->turns--) {
		const u64 before = x.highest;

		check(before, nmh_wire_now(wire));
	}
}

static void thread_main(void)
{
	struct thread *self = &x.thread[x.running];

	if (self->worker)
		work(self);
	else
		watch(self);
	self->ended = true;
	step();
}

static void set_thread(unsigned int i, void (*main)(void), struct nmh_worker *worker, u64 turns)
{
	struct thread *thread = &x.thread[i];
	char *stack = thread->stack;

	memset(thread, 0, sizeof(*thread));
	thread->stack = stack ? stack : malloc(STACK);
	thread->main = main;
	thread->worker = worker;
	thread->turns = turns;
}

static void add_thread(struct nmh_worker *worker, u64 turns)
{
	set_thread(x.num_threads++, thread_main, worker, turns);
}

static bool can_go_on(const struct thread *thread)
{
	return !thread->ended && thread->seen != x.writes && (!thread->word || *thread->word != thread->value);
}

/* One order, from start to end. */
static void run_order(void)
{
	unsigned int last = 0, i, n, able[THREADS + 1];

	for (;;) {
		bool last_can = can_go_on(&x.thread[last]);

		n = 0;
		if (last_can)
			able[n++] = last;
		/* Whom nobody interrupts goes on. */
		if (!last_can || x.left) {
			for (i = 0; i < x.num_threads; i++)
				if ((i != last || !last_can) && can_go_on(&x.thread[i]))
					able[n++] = i;
		}
		if (!n)
			break;
		if (x.jumps)
			able[n++] = THREADS;
		i = able[choose(n)];
		if (i == THREADS) {
			x.jumps--;
			x.tsc += 3 * QUANTUM;
			continue;
		}
		if (last_can && i != last)
			x.left--;
		last = i;
		x.thread[i].word = NULL;
		go_on(i);
		if (x.result->fault[0])
			return;
	}
	for (i = 0; i < x.num_threads; i++)
		if (!x.thread[i].ended && !x.wire_case->absent)
			fault("a thread waits for ever", i, x.thread[i].turns);
}

static void begin(void)
{
	const struct wire_case *c = x.wire_case;
	unsigned int workers = 0, i;

	while (workers < WIRE_EXPLORER_WORKERS && c->turns[workers])
		workers++;
	x.num_threads = 0;
	x.tsc = 1000;
	x.writes = 1;
	x.highest = 0;
	x.left = c->preemptions;
	x.jumps = c->jumps;
	x.made = 0;
	x.stops_at = ~0ull;
	wire = nmh_wire_create(workers + c->absent, TSC_HZ);
	if (wire->least_quantum != QUANTUM)
		fault("another quantum", wire->least_quantum, QUANTUM);
	/* Nothing else runs: no choices here. */
	for (i = 0; i < workers + c->absent; i++)
		nmh_worker_join(nmh_wire_worker(wire, i), c->one_core ? 0 : (int)i);
	if (c->absent)
		x.stops_at = nmh_wire_worker(wire, workers)->at + QUANTUM;
	for (i = 0; i < workers; i++)
		add_thread(nmh_wire_worker(wire, i), c->turns[i]);
	if (c->reads)
		add_thread(NULL, c->reads);
}

/* A thread too, as the steps of what it does return to the scheduler. */
static void begin_main(void)
{
	begin();
	x.thread[THREADS - 1].ended = true;
	step();
}

static void begin_order(void)
{
	set_thread(THREADS - 1, begin_main, NULL, 0);
	while (!x.thread[THREADS - 1].ended)
		go_on(THREADS - 1);
}

/* The next order differs in the last choice that has another. Return: false where there is none. */
static bool next_order(void)
{
	x.planned = x.made < x.planned ? x.made : x.planned;
	while (x.planned && x.taken[x.planned - 1] + 1 >= x.of[x.planned - 1])
		x.planned--;
	if (!x.planned)
		return false;
	x.taken[x.planned - 1]++;
	return true;
}

void wire_explore(const struct wire_case *wire_case, struct wire_explored *result)
{
	unsigned int i;

	memset(&x, 0, sizeof(x));
	memset(result, 0, sizeof(*result));
	x.wire_case = wire_case;
	x.result = result;
	do {
		begin_order();
		run_order();
		if (wire->skew)
			result->come_backs++;
		result->orders++;
		nmh_wire_destroy(wire);
	} while (!result->fault[0] && next_order());
	for (i = 0; i < THREADS; i++)
		free(x.thread[i].stack);
}
