/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Buffers that nobody names any more. */
#ifndef NM_RECLAIM_H
#define NM_RECLAIM_H

#include "nm_os.h"

struct nm_region;

/*
 * After nm_owner_leaves() and nm_region_protect(), when the rings that go are freed: free what those
 * that leave were given and nobody names any more. Under core->lock.
 */
void nm_region_reclaim(struct nm_region *region);

#endif /* NM_RECLAIM_H */
