/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port for tests, in memory only: what is sent on ring i comes back on ring i of the same port,
 * by a swap of buffers. It has no thread and no clock, unless it is given a delay: then a frame
 * comes in that much later, as from a model of a wire, and nobody is told.
 */
#ifndef TESTING_LOOPBACK_H
#define TESTING_LOOPBACK_H

#include "hosted.h"

#ifdef __cplusplus
extern "C" {
#endif

struct loopback;

/* @delay_ns: 0 for none. Return: 0 or a negative errno. */
int loopback_create(struct nmh *world, const char *name, u32 rings, u32 slots, u64 delay_ns,
		    struct loopback **out);

/* The port goes away, as a device that is pulled. */
void loopback_detach(struct loopback *lb);

/* After all clients have closed. */
void loopback_free(struct loopback *lb);

#ifdef __cplusplus
}
#endif

#endif /* TESTING_LOOPBACK_H */
