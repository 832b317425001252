/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* To whom the buffers of a region were given, so that what nobody names any more can be freed. */
#ifndef NM_OWNERS_H
#define NM_OWNERS_H

#include "nm_os.h"

/*
 * One of those to whom buffers are given: a ring, for its slots, or a client, its extra buffers.
 * @bufs: how many it has
 * @pair: the ring whose buffers its slots name, for one that has none of its own; 0: none
 * @is_used: the number is somebody's, or buffers have it still
 * @has_gone: it is nobody's any more
 * @leaves: nobody can hold its buffers any more but in a slot, or by a trade: nm_owner_leaves()
 */
struct nm_owner {
	u32 bufs;
	u16 pair;
	bool is_used;
	bool has_gone;
	bool leaves;
};

/**
 * struct nm_owners - of one region; under core->lock
 * @of: of each buffer, a number in @list; 0: nobody's
 * @list: @num of them; the first is never given away
 * @heir: with whom those that leave have traded; 0: nobody
 */
struct nm_owners {
	u16 *of;
	struct nm_owner *list;
	u32 num;
	u16 heir;
};

int nm_owners_make(struct nm_owners *owners, u32 bufs);
void nm_owners_free(struct nm_owners *owners);

/*
 * A number for a new owner; 0 where there is none: then its buffers are nobody's, and those that it
 * loses are lost as long as the region has users.
 */
u16 nm_owner_new(struct nm_owners *owners);

/* @borrower is a ring whose slots name buffers of @lender. */
void nm_owner_pair(struct nm_owners *owners, u16 borrower, u16 lender);

/* Buffer @index is @owner's from now on. */
void nm_owner_give(struct nm_owners *owners, u16 owner, u32 index);

/* @owner is nobody's number any more. */
void nm_owner_put(struct nm_owners *owners, u16 owner);

/*
 * The last client that could hold buffers of @owner leaves, until nm_region_reclaim(). Call it for
 * all that leave at once, before nm_region_protect().
 */
void nm_owner_leaves(struct nm_owners *owners, u16 owner);

/*
 * A slot of @by, or its list of extra buffers, names @index. @is_named: so does one of somebody who
 * stays.
 */
void nm_owner_names(struct nm_owners *owners, u16 by, u32 index, bool is_named);

/* Those that leave have left. Before: how many buffers they have, named ones among them. */
u32 nm_owners_left_behind(const struct nm_owners *owners);
void nm_owners_have_left(struct nm_owners *owners);

#endif /* NM_OWNERS_H */
