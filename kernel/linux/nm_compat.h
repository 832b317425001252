/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What kernels differ in. nm_checks.h is made by Kbuild from checks/, by compiling. */
#ifndef NM_COMPAT_H
#define NM_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/poll.h>
#include <linux/workqueue.h>
#ifdef CONFIG_X86_64
#include <asm/cpufeature.h>
#endif

#include "nm_checks.h"

#ifndef NM_HAS_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*fires)(struct hrtimer *timer),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = fires;
}
#endif

#ifndef NM_HAS_POLL_DOES_NOT_WAIT
static inline bool poll_does_not_wait(const poll_table *table)
{
	return !table || !table->_qproc;
}
#endif

/* Before, a queue that is not said to be unbound is one of each processor. */
#ifndef NM_HAS_WQ_PERCPU
#define WQ_PERCPU	0
#endif

/* Features of the processor that are only looked at, not relied on. */
#if defined(CONFIG_X86_64) && !defined(NM_HAS_STATIC_CPU_HAS)
#define static_cpu_has(bit)	cpu_feature_enabled(bit)
#endif

#endif /* NM_COMPAT_H */
