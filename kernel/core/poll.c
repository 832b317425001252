// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * poll: sync what has to be synced, look, and if nothing is ready leave the waiter in the queues
 * and look again. A driver's wake-up that comes before the waiter is recorded has made its change
 * before, so the second look, which comes after, sees it; one that comes later finds the waiter. So
 * none is lost.
 */
#include "client.h"
#include "sync.h"

/* Linux's values; no header of an operating system gives them to the core. */
#define NM_POLLIN	0x0001u
#define NM_POLLOUT	0x0004u
#define NM_POLLERR	0x0008u

static bool ring_is_ready(const struct nm_kring *kr)
{
	return nm_read_once(kr->ring->cur) != nm_read_once(kr->ring->tail);
}

static u32 poll_dir(struct nm_client *client, struct nm_port *port, enum nm_dir dir, bool want)
{
	u32 ready = 0, i;

	for (i = client->rings[dir].first; i < client->rings[dir].last; i++) {
		struct nm_kring *kr = &port->krings[dir][i];

		/* Errors and violations alike: the client has to look. */
		if (nm_kring_sync(kr, client->sync_flags | (want ? NM_SYNC_RECLAIM : 0)))
			ready |= NM_POLLERR;
		else if (want && ring_is_ready(kr))
			ready |= dir == NM_TX ? NM_POLLOUT : NM_POLLIN;
	}
	return ready;
}

/* For rings that this poll does not sync: whether the port has left netmap mode. */
static u32 check_dir(struct nm_client *client, struct nm_port *port, enum nm_dir dir)
{
	u32 i;

	for (i = client->rings[dir].first; i < client->rings[dir].last; i++) {
		if (nm_kring_is_dead(&port->krings[dir][i]))
			return NM_POLLERR;
	}
	return 0;
}

static void record_dir(struct nm_client *client, struct nm_waiter *waiter, struct nm_port *port,
		       enum nm_dir dir)
{
	u32 i;

	for (i = client->rings[dir].first; i < client->rings[dir].last; i++)
		nm_os_wait_record(waiter, &port->krings[dir][i].waitq);
}

void nm_client_record(struct nm_client *client, struct nm_waiter *waiter)
{
	struct nm_port *port = nm_load_acquire(&client->port);

	if (!port)
		return;
	record_dir(client, waiter, port, NM_TX);
	record_dir(client, waiter, port, NM_RX);
}

u32 nm_client_poll(struct nm_client *client, u32 events, bool record)
{
	struct nm_port *port = nm_load_acquire(&client->port);
	const bool want_tx = events & NM_POLLOUT;
	const bool want_rx = events & NM_POLLIN;
	bool sync_tx, sync_rx;
	u32 ready = 0;
	int look;

	if (!port) {
		if (!nm_load_acquire(&client->bound))
			return NM_POLLERR;
		/* Bound just now, or to a null port, where nothing ever happens. */
		port = nm_load_acquire(&client->port);
		if (!port)
			return 0;
	}
	sync_tx = want_tx || !(client->flags & NR_NO_TX_POLL);
	sync_rx = want_rx || (client->flags & NR_DO_RX_POLL);
	/* Those that are synced tell by themselves. */
	if (!sync_tx)
		ready |= check_dir(client, port, NM_TX);
	if (!sync_rx)
		ready |= check_dir(client, port, NM_RX);
	for (look = 0; look < 2; look++) {
		if (sync_tx)
			ready |= poll_dir(client, port, NM_TX, want_tx);
		if (sync_rx)
			ready |= poll_dir(client, port, NM_RX, want_rx);
		if (ready || !record || look)
			break;
		if (want_tx)
			record_dir(client, client->waiter, port, NM_TX);
		if (want_rx)
			record_dir(client, client->waiter, port, NM_RX);
	}
	return ready;
}

u64 nm_client_deadline(struct nm_client *client, u32 events)
{
	struct nm_port *port = nm_load_acquire(&client->port);
	u64 earliest = 0;
	int dir;
	u32 i;

	if (!port)
		return 0;
	for (dir = 0; dir < NM_DIRS; dir++) {
		if (!(events & (dir == NM_TX ? NM_POLLOUT : NM_POLLIN)))
			continue;
		for (i = client->rings[dir].first; i < client->rings[dir].last; i++) {
			struct nm_kring *kr = &port->krings[dir][i];
			u64 at = kr->is_host ? 0 : nm_kring_deadline(kr);

			if (at && (!earliest || at < earliest))
				earliest = at;
		}
	}
	return earliest;
}
