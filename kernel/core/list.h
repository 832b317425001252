/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Doubly linked lists. */
#ifndef NM_LIST_H
#define NM_LIST_H

#include "nm_os.h"

/* A list's head, or an item's member that links it. */
struct nm_list {
	struct nm_list *next, *prev;
};

/* What a list's node is a member of. */
#define nm_entry(item, type, member) ((type *)((char *)(item) - offsetof(type, member)))

static inline void nm_list_init(struct nm_list *head)
{
	head->next = head;
	head->prev = head;
}

/* At the end. */
static inline void nm_list_add(struct nm_list *head, struct nm_list *item)
{
	item->next = head;
	item->prev = head->prev;
	head->prev->next = item;
	head->prev = item;
}

/* Also an item that is in no list, but initialised. */
static inline void nm_list_remove(struct nm_list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	nm_list_init(item);
}

#endif /* NM_LIST_H */
