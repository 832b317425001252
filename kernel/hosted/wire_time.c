// SPDX-License-Identifier: BSD-2-Clause
/*
 * Wire time, without a lock that a reader waits for.
 *
 * Wire time is the TSC minus @skew, as long as no worker is away. A worker publishes the wire time of
 * its last reading (@at) and how far the wire may go without another one (@until: one quantum
 * more). Nobody reads a time beyond the lowest @until of the workers. So while one is away, the
 * wire stands still there, and the others wait in their next turn (wait_for_others()).
 *
 * Workers on one core run one after the other, so what one of them does is the others' absence.
 * They are one for the rest: the core is away when the highest @until of them has passed.
 *
 * Who comes back finds the TSC minus @skew beyond the @until of its core, and sets @skew so that wire time goes
 * on from the last time that anybody read (come_back()). For this it freezes @skew: it sets the
 * lowest bit, looks for the highest @at, and stores the new @skew. A reader whose @skew is not the
 * same before and after it has published reads again, and has told nobody.
 *
 * Until it stood still the wire went on without the worker that was away, for a quantum at most. That
 * worker gets this time back: @skew is set so much higher, so that what a reader works out is below
 * @resumed_at for so long, and what it is told is @resumed_at. The worker, and its mates, work on
 * meanwhile (@owed); all others wait. So nobody has less time of its own than the wire has.
 *
 * Why time never goes back, from one reader to another. Let reading a come before reading b
 * (whatever tells: a lock, a flag, one thread).
 * - With the same @skew: the TSC does not go back. The lowest @until does not either, as each only rises; and
 *   b sees the ones that a saw. What b remembers of them (@cap) is older, but only used for times
 *   below it.
 * - With another @skew: a published, then saw the old @skew. Who froze it then read all @at. Both
 *   sides store and then load what the other stores, in sequentially consistent order: either a
 *   saw the freeze and read again, or the freeze saw a's time, and the new @skew begins
 *   there. b, which has the new @skew, has @resumed_at too, as that was stored before; so it does not matter
 *   if its TSC was read a little too early.
 *
 * What a reader published and took back may be above the time that is told from then on. A freeze that sees it
 * resumes there: not further than the lowest @until, so this is as if that reader had been first.
 *
 * A reader waits only for a freeze, which is some tens of instructions. If its owner is taken off its
 * core within them, the wire stands still, which is what it would do anyway.
 *
 * wire_time_explore.c compiles this file with all orders of these steps for a few workers.
 */
#include "wire_time.h"

#ifndef WIRE_EXPLORED
#include "nm_os.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define wire_load(p)		__atomic_load_n((p), __ATOMIC_SEQ_CST)
#define wire_load_relaxed(p)	__atomic_load_n((p), __ATOMIC_RELAXED)
#define wire_store(p, v)	__atomic_store_n((p), (v), __ATOMIC_SEQ_CST)
#define wire_store_relaxed(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define wire_exchange(p, v)	__atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define wire_replace(p, old, v)	\
	__atomic_compare_exchange_n((p), (old), (v), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

/* Not before what was loaded: processors read their counters early. */
static u64 wire_tsc(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_lfence();
#elif defined(__aarch64__)
	__asm__ volatile("isb" ::: "memory");
#endif
	return nm_os_tsc_ticks();
}

/* Looks before a waiter gives its core away: a few us, longer than a turn. */
#define WAIT_LOOKS		256
#define WAIT_STEP_NS		10000000

static void wire_relax(u32 looks)
{
	if (looks % WAIT_LOOKS)
		nm_cpu_relax();
	else
		sched_yield();
}

/* Until @word is not @value any more, or WAIT_STEP_NS. Return: whether that time passed. */
static bool wire_sleep(u32 *word, u32 value)
{
	const struct timespec step = { .tv_nsec = WAIT_STEP_NS };

	return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &step, NULL, 0) && errno == ETIMEDOUT;
}

static void wire_wake(u32 *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

/* Whose readings the calling thread's are; NULL: it is no worker. */
static __thread struct nmh_worker *own_worker;
#endif /* WIRE_EXPLORED */

#define FROZEN			1ull

static bool is_frozen(u64 skew)
{
	return skew % 2;
}

/**
 * struct nmh_worker - a worker
 * @at: wire time of its last reading
 * @until: the wire does not pass it without another reading; only rises while it is @turning
 * @turning: the wire waits for it
 * @core, @mate: those on the same core are a ring; set before any of them enters
 * @lost: it was waited for in vain
 * @real: TSC at its last reading
 * @turned: TSC when its last turn ended, and later by what the simulation took since
 * @owed: relaxed; TSC until which it works though the wire stands still
 * @stands: as of its last reading, TSC until which it does
 * @out: TSC ticks that are not its own, gaps and waiting
 * @cap: the lowest @until of the others, as it was once
 * @quantum: what is longer is a gap
 * @typical: median turn, of those that moved nothing and those that moved frames
 * @counts: relaxed, read by anybody
 */
struct nmh_worker {
	u64 at NM_ALIGNED_CACHE;
	u64 until;
	u32 turning;
	u32 lost;
	int core;
	struct nmh_worker *mate;

	struct nmh_wire *wire NM_ALIGNED_CACHE;
	u64 real;
	u64 turned;
	u64 owed;
	u64 stands;
	u64 out;
	u64 cap;
	u64 quantum;
	u64 typical[2];
	struct nmh_worker_counts counts;
};

/**
 * struct nmh_wire - the time
 * @skew: TSC minus wire time, times 2; FROZEN: somebody sets it
 * @resumed_at: wire time when it was set
 * @waiting: workers sleep until others turn
 * @turns: futex of these
 * @step_ticks: WAIT_STEP_NS
 * @observed: the highest time that a thread read which is no worker
 */
struct nmh_wire {
	u64 skew NM_ALIGNED_CACHE;
	u64 resumed_at;
	u32 waiting;
	u32 num_workers;
	u64 least_quantum;

	u32 turns NM_ALIGNED_CACHE;
	u64 step_ticks;

	u64 observed NM_ALIGNED_CACHE;
	struct nmh_worker worker[];
};

struct nmh_wire *nmh_wire_create(unsigned int workers, double tsc_hz)
{
	struct nmh_wire *wire = nm_os_alloc(sizeof(*wire) + workers * sizeof(wire->worker[0]));
	u32 i;

	if (!wire)
		return NULL;
	wire->num_workers = workers;
	wire->least_quantum = (u64)(tsc_hz * NMH_WIRE_QUANTUM_NS / 1e9);
	wire->step_ticks = (u64)(tsc_hz * WAIT_STEP_NS / 1e9);
	for (i = 0; i < workers; i++) {
		wire->worker[i].wire = wire;
		wire->worker[i].mate = &wire->worker[i];
	}
	return wire;
}

void nmh_wire_destroy(struct nmh_wire *wire)
{
	nm_os_free(wire);
}

struct nmh_worker *nmh_wire_worker(struct nmh_wire *wire, unsigned int index)
{
	return &wire->worker[index];
}

/* How far the wire may go for @w's core; nothing holds it where all have left. */
static u64 core_until(const struct nmh_worker *w)
{
	const struct nmh_worker *mate = w;
	u64 most = 0, until;

	do {
		until = wire_load(&mate->turning) ? wire_load(&mate->until) : 0;
		if (until > most)
			most = until;
		mate = mate->mate;
	} while (mate != w);
	return most ? most : ~0ull;
}

/* The last time that any worker of @w's core has read. */
static u64 core_at(const struct nmh_worker *w)
{
	const struct nmh_worker *mate = w;
	u64 most = 0, at;

	do {
		at = wire_load(&mate->turning) ? wire_load(&mate->at) : 0;
		if (at > most)
			most = at;
		mate = mate->mate;
	} while (mate != w);
	return most;
}

/* How far it may go for all other cores than @self's. */
static u64 others_until(const struct nmh_wire *wire, const struct nmh_worker *self)
{
	u64 least = ~0ull;
	u32 i;

	for (i = 0; i < wire->num_workers; i++) {
		const struct nmh_worker *w = &wire->worker[i];
		u64 until;

		if (w == self || !wire_load(&w->turning) || (self && w->core == self->core))
			continue;
		until = w->mate == w ? wire_load(&w->until) : core_until(w);
		if (until < least)
			least = until;
	}
	return least;
}

/* Return: @skew as it was, now frozen. */
static u64 freeze(struct nmh_wire *wire)
{
	u32 looks = 0;
	u64 skew;

	for (;;) {
		skew = wire_load(&wire->skew);
		if (!is_frozen(skew) && wire_replace(&wire->skew, &skew, skew | FROZEN))
			return skew;
		wire_relax(++looks);
	}
}

/* The highest time that anybody has read; while frozen. */
static u64 reached(const struct nmh_wire *wire)
{
	u64 most = wire_load(&wire->resumed_at);
	u64 at = wire_load(&wire->observed);
	u32 i;

	if (at > most)
		most = at;
	for (i = 0; i < wire->num_workers; i++) {
		at = wire_load(&wire->worker[i].at);
		if (at > most)
			most = at;
	}
	return most;
}

/* The wire, frozen with @skew, which only rises, goes on from @at when it has stood there until @until. */
static void resume(struct nmh_wire *wire, u64 skew, u64 at, u64 until)
{
	const u64 left_out = until - at;

	wire_store(&wire->resumed_at, at);
	wire_store(&wire->skew, left_out > skew >> 1 ? left_out << 1 : skew);
}

static void wake_waiting(struct nmh_wire *wire)
{
	if (!wire_load(&wire->waiting) || !wire_exchange(&wire->waiting, 0))
		return;
	wire_store(&wire->turns, wire_load(&wire->turns) + 1);
	wire_wake(&wire->turns);
}

/* The wire did not pass @w->until, and real time did. */
static void come_back(struct nmh_worker *w)
{
	struct nmh_wire *wire = w->wire;
	const u64 skew = freeze(wire);
	const u64 at = reached(wire);
	const u64 left_at = core_at(w);
	const u64 until = wire_tsc() - left_at + at;
	struct nmh_worker *mate = w;

	do {
		wire_store_relaxed(&mate->owed, until);
		mate = mate->mate;
	} while (mate != w);
	wire_store(&w->until, at + w->quantum);
	wire_store(&w->at, at);
	resume(wire, skew, at, until);
}

/* @away: its core was; else only its mates had it. */
static void count_gap(struct nmh_worker *w, u64 real, bool away)
{
	struct nmh_worker_counts *counts = &w->counts;
	const u64 gap = real - w->real;

	w->out += gap;
	w->real = real;
	if (!away)
		return;
	wire_store_relaxed(&counts->gaps, counts->gaps + 1);
	wire_store_relaxed(&counts->gap_ticks, counts->gap_ticks + gap);
	if (gap > counts->longest_gap_ticks)
		wire_store_relaxed(&counts->longest_gap_ticks, gap);
}

static struct nmh_wire_time read_as(struct nmh_worker *w)
{
	struct nmh_wire *wire = w->wire;
	/* Not what is published in the loop: that may be taken back. */
	const u64 last = w->at;
	struct nmh_wire_time time;
	u64 skew, real, at, until;
	u32 looks = 0;

	for (;;) {
		skew = wire_load(&wire->skew);
		if (is_frozen(skew)) {
			wire_relax(++looks);
			continue;
		}
		real = wire_tsc();
		at = real - (skew >> 1);
		/* Signed, as two cores' counters may differ by a few ticks. */
		if ((s64)(real - w->real) > (s64)w->quantum)
			count_gap(w, real, w->mate == w || at > core_until(w));
		if (at > w->until && wire_load_relaxed(&w->turning) && (w->mate == w || at > core_until(w))) {
			come_back(w);
			continue;
		}
		if (at >= w->cap) {
			w->cap = others_until(wire, w);
			if (at > w->cap)
				at = w->cap;
		}
		until = wire_load_relaxed(&wire->resumed_at);
		w->stands = 0;
		if (at < until) {
			w->stands = until + (skew >> 1);
			at = until;
		}
		if (at < last)
			at = last;
		until = at + w->quantum;
		if (until > w->until)
			wire_store_relaxed(&w->until, until);
		wire_exchange(&w->at, at);
		if (wire_load(&wire->skew) == skew)
			break;
	}
	w->real = real;
	if (wire_load_relaxed(&wire->waiting))
		wake_waiting(wire);
	time.wire = at;
	time.own = real - w->out;
	return time;
}

/* A thread that the wire does not wait for. */
static u64 observe(struct nmh_wire *wire)
{
	u64 skew, at, until, seen;
	u32 looks = 0;

	for (;;) {
		skew = wire_load(&wire->skew);
		if (is_frozen(skew)) {
			wire_relax(++looks);
			continue;
		}
		at = wire_tsc() - (skew >> 1);
		until = others_until(wire, NULL);
		if (at > until)
			at = until;
		until = wire_load(&wire->resumed_at);
		if (at < until)
			at = until;
		seen = wire_load(&wire->observed);
		while (seen < at) {
			if (wire_replace(&wire->observed, &seen, at))
				break;
		}
		if (wire_load(&wire->skew) == skew)
			return at;
	}
}

struct nmh_wire_time nmh_wire_read(struct nmh_wire *wire)
{
	struct nmh_wire_time time;

	if (own_worker && own_worker->wire == wire)
		return read_as(own_worker);
	time.wire = observe(wire);
	time.own = wire_tsc();
	return time;
}

uint64_t nmh_wire_now(struct nmh_wire *wire)
{
	return nmh_wire_read(wire).wire;
}

uint64_t nmh_wire_simulated(struct nmh_wire *wire, const struct nmh_wire_time *start)
{
	const u64 took = nmh_wire_read(wire).own - start->own;

	if (own_worker && own_worker->wire == wire)
		own_worker->turned += took;
	return took;
}

void nmh_worker_join(struct nmh_worker *w, int core)
{
	struct nmh_wire *wire = w->wire;
	struct nmh_worker *other;
	u64 skew, at;
	u32 i;

	/* So that no time is left out for which nobody asked. */
	observe(wire);
	skew = freeze(wire);
	at = reached(wire);
	memset(&w->counts, 0, sizeof(w->counts));
	/* What is typical of it stays. */
	if (!w->quantum)
		wire_store_relaxed(&w->quantum, wire->least_quantum);
	w->core = core;
	for (i = 0; i < wire->num_workers && w->mate == w; i++) {
		other = &wire->worker[i];
		if (other != w && other->core == core && wire_load(&other->turning)) {
			w->mate = other->mate;
			other->mate = w;
		}
	}
	w->out = 0;
	w->cap = 0;
	wire_store(&w->at, at);
	wire_store(&w->until, at + w->quantum);
	wire_store(&w->lost, 0);
	wire_store(&w->turning, 1);
	wire_store(&wire->skew, skew);
}

void nmh_worker_enter(struct nmh_worker *w)
{
	own_worker = w;
	w->real = wire_tsc();
	w->turned = w->real;
}

/* While it may be what the wire stands still for. */
static void take_out(struct nmh_worker *w)
{
	struct nmh_wire *wire = w->wire;
	const u64 skew = freeze(wire);

	wire_store(&w->turning, 0);
	if (wire_tsc() - (skew >> 1) > wire_load(&w->until))
		resume(wire, skew, reached(wire), wire_tsc());
	else
		wire_store(&wire->skew, skew);
	wake_waiting(wire);
}

void nmh_worker_leave(struct nmh_worker *w)
{
	if (wire_load(&w->turning))
		take_out(w);
	if (own_worker == w)
		own_worker = NULL;
}

/* All that @w has waited for in vain. */
static void lose_others(struct nmh_worker *w)
{
	struct nmh_wire *wire = w->wire;
	u32 i;

	for (i = 0; i < wire->num_workers; i++) {
		struct nmh_worker *other = &wire->worker[i];

		if (other == w || !wire_load(&other->turning) || core_until(other) > w->at)
			continue;
		wire_store(&other->lost, 1);
		take_out(other);
	}
}

/* It has waited since its last reading. */
static void count_held(struct nmh_worker *w)
{
	const u64 now = wire_tsc();

	w->out += now - w->real;
	wire_store_relaxed(&w->counts.held_ticks, w->counts.held_ticks + (now - w->real));
	w->real = now;
}

/*
 * Others are off their cores. It sleeps, as that gives them the core where it is the same, and as
 * who has slept gets its core back soon.
 */
static void wait_for_others(struct nmh_worker *w)
{
	struct nmh_wire *wire = w->wire;
	u64 waited = 0, cap = 0, now;
	u32 looks = 0, turns;

	for (;;) {
		w->cap = others_until(wire, w);
		if (w->cap > w->at)
			break;
		/* Somebody turned, though not all. */
		if (w->cap != cap)
			waited = 0;
		cap = w->cap;
		if (++looks < WAIT_LOOKS) {
			wire_relax(looks);
			continue;
		}
		turns = wire_load(&wire->turns);
		wire_exchange(&wire->waiting, 1);
		/* Who published before it saw @waiting is seen now. */
		if (others_until(wire, w) > w->at)
			continue;
		now = wire_tsc();
		if (!wire_sleep(&wire->turns, turns))
			continue;
		/* Where all were stopped, as a whole process is, one step of it counts. */
		now = wire_tsc() - now;
		waited += now < 2 * wire->step_ticks ? now : wire->step_ticks;
		if (waited >= NMH_WIRE_LOST_S * (1000000000ull / WAIT_STEP_NS) * wire->step_ticks)
			lose_others(w);
	}
	count_held(w);
}

/* Somebody else has come back, and the wire stands still until it has had its time. At most a quantum, so not asleep. */
static void wait_for_owed(struct nmh_worker *w)
{
	while (wire_tsc() < w->stands)
		nm_cpu_relax();
	count_held(w);
}

/* The median follows by a sixteenth a turn, so that one long turn moves it little, and a few dozen all the way. */
static void follow_typical(u64 *typical, u64 turn)
{
	const u64 step = *typical / 16 + 1;

	if (turn > *typical)
		*typical += step;
	else if (*typical > step)
		*typical -= step;
}

struct nmh_wire_time nmh_worker_turn(struct nmh_worker *w, bool moved)
{
	struct nmh_wire_time time = read_as(w);
	u64 typical, quantum;

	follow_typical(&w->typical[moved], w->real - w->turned);
	typical = w->typical[0] > w->typical[1] ? w->typical[0] : w->typical[1];
	quantum = typical * NMH_WIRE_TURNS;
	if (quantum < w->wire->least_quantum)
		quantum = w->wire->least_quantum;
	wire_store_relaxed(&w->quantum, quantum);
	for (;;) {
		if (nm_unlikely(w->stands) && w->real >= wire_load_relaxed(&w->owed))
			wait_for_owed(w);
		else if (nm_unlikely(time.wire >= w->cap))
			wait_for_others(w);
		else
			break;
		time = read_as(w);
	}
	w->turned = w->real;
	return time;
}

void nmh_worker_yielded(struct nmh_worker *w)
{
	w->turned = wire_tsc();
}

void nmh_worker_count(const struct nmh_worker *w, struct nmh_worker_counts *counts)
{
	counts->gaps = wire_load_relaxed(&w->counts.gaps);
	counts->gap_ticks = wire_load_relaxed(&w->counts.gap_ticks);
	counts->longest_gap_ticks = wire_load_relaxed(&w->counts.longest_gap_ticks);
	counts->held_ticks = wire_load_relaxed(&w->counts.held_ticks);
	counts->quantum_ticks = wire_load_relaxed(&w->quantum);
	counts->lost = wire_load(&w->lost);
}
