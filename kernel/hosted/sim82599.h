/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim82599: a model of the Intel 82599 at register and descriptor level, with our ixgbe data path on it, as ports of a hosted world.
 *
 * The model has no thread. It advances, by time, when a driver touches it, as far as the wire would have got: a frame takes
 * (L + 20) * 8 / rate. It is strict: what a driver does against the datasheet is counted and described, see driver_bugs.
 */
#ifndef SIM82599_H
#define SIM82599_H

#include "netmap_hosted.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nmh_sim;	/* one simulated adapter, one port */

struct nmh_sim_config {
	const char *name;		/* of the port */
	uint32_t speed_gbps;		/* 10, 25, 40 or 100 */
	uint32_t queues;		/* queue pairs, 1 .. 16 */
	uint32_t tx_slots, rx_slots;	/* descriptors a queue: 64 .. 65528, a multiple of 8 */
	bool flow_control;		/* 802.3x: send PAUSE before the receive packet buffer overflows, and honour it */
};

/* Makes an adapter whose cable ends in a sink. Return: 0, -EINVAL, -EEXIST, -ENOMEM; @reason (may be NULL) gets the sentence. */
int nmh_sim_create(struct nmh *world, const struct nmh_sim_config *config, struct nmh_sim **out, char *reason, size_t reason_size);

/* Before nmh_destroy(). A client that still has the port open sees it go away. */
void nmh_sim_destroy(struct nmh_sim *sim);

/* Puts a cable between two adapters of one speed that are both idle. Return: 0, -EINVAL, -EBUSY */
int nmh_sim_connect(struct nmh_sim *a, struct nmh_sim *b);

/* Pulls and plugs the cable: frames under way are lost, frames sent with the link down stay in the ring. */
void nmh_sim_set_link(struct nmh_sim *sim, bool up);

/* Counters of an adapter since it was made. Consistent with each other once nobody syncs. */
struct nmh_sim_stats {
	uint64_t tx_frames, tx_bytes;	/* on the wire; bytes with CRC (GPTC, GOTC) */
	uint64_t rx_frames, rx_bytes;	/* delivered to a descriptor (GPRC, GORC) */
	uint64_t missed;		/* no descriptor and the packet buffer full, or dropped at an empty queue (RXMPC + QPRDC) */
	uint64_t paused_ns;		/* time this sender's wire was stopped by its peer */
	uint64_t lost_on_link_down;
	uint64_t driver_bugs;		/* what the driver did against the datasheet */
	char last_bug[160];		/* the last of these, as a sentence */
};

void nmh_sim_stats(struct nmh_sim *sim, struct nmh_sim_stats *stats);

/* Frames sent that the peer has not yet taken or dropped: 0 = the wire is drained, as of now. */
uint64_t nmh_sim_in_flight(struct nmh_sim *sim);

/* How long the wire still needs for the frames that the device has taken out of its rings. */
uint64_t nmh_sim_wire_busy_ns(struct nmh_sim *sim);

#ifdef __cplusplus
}
#endif

#endif /* SIM82599_H */
