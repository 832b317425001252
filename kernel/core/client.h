/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* An open file: its data, and why its last call was refused. */
#ifndef NM_CLIENT_H
#define NM_CLIENT_H

#include "port.h"

#define NM_REASON_SIZE	256

/**
 * struct nm_client - an open file, bound to at most one port
 * @port: the port; set last when binding, so that a sync which sees it sees the rest. Only
 *	written under core->lock. A null port has none, but @region
 * @bound: to a port or a null port; set after @port
 * @region: the memory that may be mapped
 * @in_region: in region->clients
 * @owner: of its extra buffers; owners.h
 * @rings: what is bound
 * @nif: offset of the netmap_if
 * @nif_bytes: of it
 * @flags: nr_flags of the REGISTER
 * @sync_flags: NM_SYNC_* that go with each of its syncs
 * @opener: who opened it: its namespace is where ports and regions are looked for
 * @reason: the last refusal, guarded by @reason_lock
 */
struct nm_client {
	struct nm_core *core;
	struct nm_waiter *waiter;
	struct nm_port *port;
	u32 bound;
	struct nm_region *region;
	struct nm_list in_region;
	u16 owner;
	struct nm_range rings[NM_DIRS];
	u64 nif;
	u32 nif_bytes;
	u64 flags;
	int sync_flags;
	struct nm_os_caller opener;
	struct nm_spin reason_lock;
	char reason[NM_REASON_SIZE];
};

/* Note why a call is refused; return @error, so that a refusal is one line. */
int nm_refuse(struct nm_client *client, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The region of that number, with a reference, if the client may have it: the shared one of its
 * namespace (1, also where its number is another), or a private one there of the same user. Return:
 * 0, or -EINVAL, -EPERM, -ENOMEM with a sentence.
 */
int nm_client_join_region(struct nm_client *client, u16 id, struct nm_region **out);

/*
 * The region that a request asks for, with a reference: nr_mem_id, or for 0 a new private one with
 * nr_extra_bufs buffers more. Return: as nm_client_join_region().
 */
int nm_client_choose_region(struct nm_client *client, const struct nmreq_register *reg,
			    struct nm_region **out);

#endif /* NM_CLIENT_H */
