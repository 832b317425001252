/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs wire_time.c in all orders in which its steps can follow each other, up to a number of
 * preemptions: a step is an atomic access. For tests.
 */
#ifndef WIRE_EXPLORER_H
#define WIRE_EXPLORER_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WIRE_EXPLORER_WORKERS	3

/**
 * struct wire_case - what happens, in some order
 * @turns: that each worker makes; 0 ends the list
 * @absent: one more worker joins and never turns
 * @reads: of a thread that is no worker
 * @jumps: times that all are off their cores for 3 quanta
 * @one_core: the workers share one
 * @preemptions: times at most that a thread is interrupted which could go on
 */
struct wire_case {
	unsigned int turns[WIRE_EXPLORER_WORKERS];
	bool absent;
	unsigned int reads;
	unsigned int jumps;
	unsigned int preemptions;
	bool one_core;
};

struct wire_explored {
	uint64_t orders;	/* that were run */
	uint64_t come_backs;	/* in all of them */
	char fault[200];	/* of the first order that broke a rule; empty: none */
};

void wire_explore(const struct wire_case *wire_case, struct wire_explored *result);

#ifdef __cplusplus
}
#endif

#endif /* WIRE_EXPLORER_H */
