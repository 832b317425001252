// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Host rings of a port that has no host stack behind it: clients see them on every port. What is
 * sent there is taken and forgotten, as by a stack that drops it; nothing ever comes in.
 */
#include "nm_internal.h"

int nm_host_sync_none(struct nm_kring *kr, int flags)
{
	(void)flags;
	if (kr->dir == NM_TX)
		kr->hwtail = nm_prev(kr->rhead, kr->num_slots - 1);
	kr->hwcur = kr->rhead;
	return 0;
}
