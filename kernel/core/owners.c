// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * To whom the buffers of a region were given: each ring for its slots, each client its extra
 * buffers. Clients may lose them (an index that is overwritten, a list that is not put together
 * again before the end, a kill), and the region may have users for ever. So when the last client of
 * a ring leaves, and when a client leaves, what it was given is freed, unless
 *
 *   - a slot of a ring in use names it, or the list of extra buffers of a client that stays: then it
 *     is that one's,
 *   - it was traded: clients may put buffers of one ring into another's slots, and hold what they
 *     took out in their own memory, where nobody can see it. That shows in the slots that were traded
 *     with, which name a buffer of another owner that has it no more. Then what is missing is that
 *     owner's, until it leaves.
 *
 * Buffers that a program got through one file and uses in its own memory only go when it closes
 * that file.
 */
#include "owners.h"

#define FIRST_OWNERS	64
#define MAX_OWNERS	0x10000u

int nm_owners_make(struct nm_owners *owners, u32 bufs)
{
	owners->of = nm_os_alloc((u64)bufs * sizeof(*owners->of));
	owners->list = nm_os_alloc(FIRST_OWNERS * sizeof(*owners->list));
	owners->num = FIRST_OWNERS;
	owners->heir = 0;
	if (owners->of && owners->list)
		return 0;
	nm_owners_free(owners);
	return -ENOMEM;
}

void nm_owners_free(struct nm_owners *owners)
{
	nm_os_free(owners->of);
	nm_os_free(owners->list);
	owners->of = NULL;
	owners->list = NULL;
}

/* Twice as many. Return: the first that is new; 0: no memory, or there are as many as can be. */
static u32 extend(struct nm_owners *owners)
{
	const u32 old = owners->num;
	struct nm_owner *list;

	list = old < MAX_OWNERS ? nm_os_alloc(2 * (u64)old * sizeof(*list)) : NULL;
	if (!list)
		return 0;
	memcpy(list, owners->list, old * sizeof(*list));
	nm_os_free(owners->list);
	owners->list = list;
	owners->num = 2 * old;
	return old;
}

u16 nm_owner_new(struct nm_owners *owners)
{
	u32 i;

	for (i = 1; i < owners->num && owners->list[i].is_used; i++)
		;
	if (i == owners->num)
		i = extend(owners);
	if (i)
		owners->list[i] = (struct nm_owner){ .is_used = true };
	return (u16)i;
}

void nm_owner_pair(struct nm_owners *owners, u16 borrower, u16 lender)
{
	if (borrower)
		owners->list[borrower].pair = lender;
}

void nm_owner_give(struct nm_owners *owners, u16 owner, u32 index)
{
	struct nm_owner *old = &owners->list[owners->of[index]];

	if (owners->of[index] && --old->bufs == 0 && old->has_gone)
		old->is_used = false;
	owners->of[index] = owner;
	if (owner)
		owners->list[owner].bufs++;
}

void nm_owner_put(struct nm_owners *owners, u16 owner)
{
	struct nm_owner *o = &owners->list[owner];

	if (!owner)
		return;
	o->has_gone = true;
	o->is_used = o->bufs;
}

void nm_owner_leaves(struct nm_owners *owners, u16 owner)
{
	if (owner)
		owners->list[owner].leaves = true;
}

void nm_owner_names(struct nm_owners *owners, u16 by, u32 index, bool is_named)
{
	const u16 of = owners->of[index], pair = owners->list[by].pair;
	const struct nm_owner *owner = &owners->list[of];

	if (pair && !owners->list[pair].has_gone)
		by = pair;
	if (!of || !by || of == by)
		return;
	if (owner->leaves || owner->has_gone) {
		if (owner->leaves && !owners->list[by].leaves)
			owners->heir = by;
		nm_owner_give(owners, by, index);
	} else if (owners->list[by].leaves && !is_named) {
		/* Its owner does not have it any more. */
		owners->heir = of;
	}
}

u32 nm_owners_left_behind(const struct nm_owners *owners)
{
	u32 bufs = 0, i;

	for (i = 1; i < owners->num; i++)
		bufs += owners->list[i].leaves ? owners->list[i].bufs : 0;
	return bufs;
}

void nm_owners_have_left(struct nm_owners *owners)
{
	u32 i;

	for (i = 1; i < owners->num; i++)
		owners->list[i].leaves = false;
	owners->heir = 0;
}
