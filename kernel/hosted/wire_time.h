/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time of all simulated wires of a world: real time, without that in which a worker was off its
 * core. The wire stands still while any of its workers is away, and goes on with all of them. What
 * a worker does is never left out, however long it takes: only time in which it did nothing at all.
 * A worker that comes back gets the time that the wire went on without it, a quantum at most: the wire
 * and all others wait for so long.
 *
 * Times are in TSC ticks, and wire time begins as the TSC: it is the TSC minus all that was left out.
 */
#ifndef WIRE_TIME_H
#define WIRE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nmh_wire;	/* the time */
struct nmh_worker;	/* a thread that it waits for */

/* One reading. */
struct nmh_wire_time {
	uint64_t wire;		/* wire time */
	uint64_t own;		/* TSC without what was left out of this thread's time */
};

/* Of one worker, since it joined. Any thread; each is exact, but they are not of one moment. */
struct nmh_worker_counts {
	uint64_t gaps;			/* times that it was off its core */
	uint64_t gap_ticks;		/* these, all together */
	uint64_t longest_gap_ticks;
	uint64_t held_ticks;		/* that it waited because others were off their cores */
	uint64_t quantum_ticks;		/* what is longer between two turns is a gap */
	bool lost;			/* the wire went on without it, after NMH_WIRE_LOST_S */
};

/* A worker that does not turn for so long, while others wait, is waited for no longer. */
#define NMH_WIRE_LOST_S		10

/* A gap is longer than so many typical turns of its worker, without the simulation, and longer than that. */
#define NMH_WIRE_TURNS		20
#define NMH_WIRE_QUANTUM_NS	50000

/* For so many workers. Return: NULL where there is no memory. */
struct nmh_wire *nmh_wire_create(unsigned int workers, double tsc_hz);
void nmh_wire_destroy(struct nmh_wire *wire);

/* Any thread, also a worker's. It does not wait, and never goes back, whoever reads. */
uint64_t nmh_wire_now(struct nmh_wire *wire);

/* The same with the calling thread's own time. */
struct nmh_wire_time nmh_wire_read(struct nmh_wire *wire);

/*
 * The simulation begins to work with a reading @start, and ends with this. Return: the calling
 * thread's own ticks that it took; they are no part of a worker's turn.
 */
uint64_t nmh_wire_simulated(struct nmh_wire *wire, const struct nmh_wire_time *start);

/* Worker @index, from 0. */
struct nmh_worker *nmh_wire_worker(struct nmh_wire *wire, unsigned int index);

/*
 * From now on the wire waits for @worker, whose counts begin anew. Any thread, before any worker
 * enters. @core: that it is pinned to; who shares one takes turns on it, and is away when all are.
 */
void nmh_worker_join(struct nmh_worker *worker, int core);

/* The calling thread is this worker's: its readings are the worker's, until it leaves. */
void nmh_worker_enter(struct nmh_worker *worker);

/* The wire waits for it no longer. By the worker's thread, or where that never came. */
void nmh_worker_leave(struct nmh_worker *worker);

/**
 * nmh_worker_turn() - a turn of the worker's loop ends
 * @moved: whether it moved frames; turns that did and those that did not are typical apart
 *
 * Waits while the wire waits for others, so that nobody works in time that does not pass.
 */
struct nmh_wire_time nmh_worker_turn(struct nmh_worker *worker, bool moved);

/* The worker gave its core away on purpose: the turn begins now. */
void nmh_worker_yielded(struct nmh_worker *worker);

void nmh_worker_count(const struct nmh_worker *worker, struct nmh_worker_counts *counts);

#ifdef __cplusplus
}
#endif

#endif /* WIRE_TIME_H */
