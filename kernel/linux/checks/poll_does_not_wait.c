// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <linux/poll.h>

static bool check(const poll_table *table)
{
	return poll_does_not_wait(table);
}
