/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim82599: a model of the Intel 82599 at register and descriptor level, with our ixgbe data path on it, as ports of a hosted world.
 *
 * The model has no thread. It advances, by time, when a driver touches it, as far as the wire would have got: a frame takes
 * (L + 20) * 8 / rate. It is strict: what a driver does against the datasheet is counted and described, see driver_bugs.
 *
 * For this room and its tests; users have nmh_driver.h.
 */
#ifndef SIM82599_H
#define SIM82599_H

#include "nmh_driver.h"

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

/* Makes an adapter whose cable ends in a sink. Return: 0, -EINVAL, -EEXIST, -ENOMEM */
int nmh_sim_create(struct nmh *world, const struct nmh_sim_config *config, struct nmh_sim **out, struct nmh_refusal *reason);

/* Before nmh_destroy(). A client that still has the port open sees it go away. NULL: nothing is done. */
void nmh_sim_destroy(struct nmh_sim *sim);

/* Puts a cable between two adapters of one speed that are both idle. Return: 0, -EINVAL, -EBUSY */
int nmh_sim_connect(struct nmh_sim *a, struct nmh_sim *b, struct nmh_refusal *reason);

/* Pulls and plugs the cable: frames under way are lost, frames sent with the link down stay in the ring. */
void nmh_sim_set_link(struct nmh_sim *sim, bool up);

/* The driver, whose functions take a struct nmh_sim as their device. */
extern const struct nmh_driver nmh_driver_sim82599;

#ifdef __cplusplus
}
#endif

#endif /* SIM82599_H */
