/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client for tests, which knows netmap_hosted.h and the ABI only: it sends and receives frames of
 * one word.
 */
#ifndef TESTING_CLIENT_H
#define TESTING_CLIENT_H

#include "netmap_hosted.h"

#include <net/netmap.h>

#ifdef __cplusplus
extern "C" {
#endif

struct client {
	struct nmh_fd *fd;
	struct netmap_if *nif;
	struct nmreq_register reg;	/* as answered */
};

/* NIOCCTRL with a REGISTER. Return: 0 or a negative errno. */
int client_register(struct nmh_fd *fd, const char *port, uint32_t mode, uint16_t ring,
		    uint64_t flags, struct nmreq_register *reg);

/* Opens a descriptor and binds it. Return: 0 or a negative errno, and then nothing is open. */
int client_open(struct client *c, struct nmh *world, const char *port, uint32_t mode, uint16_t ring,
		uint64_t flags);
void client_close(struct client *c);

struct netmap_ring *client_tx(const struct client *c, uint32_t ring);
struct netmap_ring *client_rx(const struct client *c, uint32_t ring);

/*
 * Puts a frame with @word into the next transmit slot, with no sync. Return: whether there was one.
 */
bool client_put(struct netmap_ring *ring, uint64_t word);

/*
 * Takes a frame out of a receive ring, with no sync. Return: whether there was one of the right
 * size.
 */
bool client_get(struct netmap_ring *ring, uint64_t *word);

#ifdef __cplusplus
}
#endif

#endif /* TESTING_CLIENT_H */
