// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <linux/workqueue.h>

static struct workqueue_struct *check(void)
{
	return alloc_workqueue("check", WQ_PERCPU, 0);
}
