// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <linux/hrtimer.h>

static void check(struct hrtimer *timer, enum hrtimer_restart (*fires)(struct hrtimer *timer))
{
	hrtimer_setup(timer, fires, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
}
