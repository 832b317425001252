// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Freeing what those that leave were given and nobody names any more: owners.c says what that is. */
#include "reclaim.h"

#include "client.h"
#include "region.h"

/*
 * The list of a client that stays, as it is now. It may be anything; it ends where it comes to a
 * buffer that is named already, which it does.
 */
static void name_extra_bufs(struct nm_region *region, const struct nm_client *client)
{
	const struct netmap_if *nif = nm_os_mem_at(&region->mem, client->nif);
	u32 index = nm_read_once(nif->ni_bufs_head);

	while (nm_region_protect_buf(region, index)) {
		nm_owner_names(&region->owners, client->owner, index, false);
		memcpy(&index, nm_region_buf(region, index), sizeof(index));
	}
}

static void sweep(struct nm_region *region)
{
	struct nm_owners *owners = &region->owners;
	struct nm_list *item;
	u32 i;

	for (item = region->clients.next; item != &region->clients; item = item->next)
		name_extra_bufs(region, nm_entry(item, struct nm_client, in_region));
	for (i = NM_RESERVED_BUFS; i < region->bufs.num; i++) {
		if (!owners->list[owners->of[i]].leaves || nm_region_is_named(region, i))
			continue;
		if (owners->heir)
			nm_owner_give(owners, owners->heir, i);
		else
			nm_region_free_buf(region, i);
	}
}

void nm_region_reclaim(struct nm_region *region)
{
	if (nm_owners_left_behind(&region->owners))
		sweep(region);
	nm_owners_have_left(&region->owners);
}
