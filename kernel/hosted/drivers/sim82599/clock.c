// SPDX-License-Identifier: BSD-2-Clause
/* How fast the cycle counter runs, by the clock that nobody adjusts. */
#include "sim.h"

#include <time.h>

#define CALIBRATE_NS	20000000u
#define READINGS	8

static u64 raw_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (u64)ts.tv_sec * 1000000000u + (u64)ts.tv_nsec;
}

/* Both clocks at one moment: the best of a few tries, as the thread may be interrupted between the two. */
static void read_both(u64 *ns, u64 *ticks)
{
	u64 best = ~0ull;
	int i;

	for (i = 0; i < READINGS; i++) {
		const u64 before = nm_os_tsc_ticks();
		const u64 now_ns = raw_ns();
		const u64 after = nm_os_tsc_ticks();

		if (after - before < best) {
			best = after - before;
			*ns = now_ns;
			*ticks = before + best / 2;
		}
	}
}

/* About 50 ns of error at either end of 20 ms: 5 ppm, well inside what an Ethernet clock may be off (100 ppm). */
void sim_clock_init(struct sim_clock *clock)
{
	const struct timespec pause = { .tv_nsec = CALIBRATE_NS };
	u64 ns[2] = { 0, 0 }, ticks[2] = { 0, 0 };

	read_both(&ns[0], &ticks[0]);
	nanosleep(&pause, NULL);
	read_both(&ns[1], &ticks[1]);
	clock->read = NULL;
	clock->arg = NULL;
	clock->wire = NULL;
	clock->epoch = ticks[0];
	clock->hz = (u64)((double)(ticks[1] - ticks[0]) * 1e9 / (double)(ns[1] - ns[0]));
}
