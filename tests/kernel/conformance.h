/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conformance: what the ABI says, asked of a device. Straight on the ioctl structures: nothing that a
 * helper would hide.
 */
#ifndef NMGEN_TESTS_KERNEL_CONFORMANCE_H
#define NMGEN_TESTS_KERNEL_CONFORMANCE_H

#define PATIENCE_MS	120000	/* what only a hang takes so long */

#include "tests/kernel/device.h"

/* An interface with one ring pair or more that nobody else uses. */
extern const char *test_port;

/* A test: a sentence of the ABI document, and the function that shows it. */
struct conformance_test {
	const char *name;
	void (*run)(void);
};

/* The tests of a file, ended by one without a name. */
extern const struct conformance_test request_tests[];
extern const struct conformance_test ring_tests[];
extern const struct conformance_test port_tests[];

/* Counts, and prints a failure with its place. */
void check_at(const char *file, int line, const char *what, long long got, long long wanted);

#define CHECK_EQ(got, wanted) \
	check_at(__FILE__, __LINE__, #got, (long long)(got), (long long)(wanted))
#define CHECK(what) CHECK_EQ(!!(what), 1)

/* An open file, bound or not. */
struct client {
	void *file;
	struct nmreq_register reg;
	struct netmap_if *nif;
};

/* An open file; the program ends with 2 where there is no device. */
void *open_file(void);

/* One NIOCCTRL request. Return: 0 or a negative errno. */
int request(void *file, uint16_t type, const char *name, void *body);

/* Opens a file and binds it. Return: 0 or a negative errno, and then nothing is open. */
int client_open(struct client *c, const char *name, uint32_t mode, uint16_t ringid, uint64_t flags);
/* The same with c->reg as the caller has filled it in. */
int client_open_reg(struct client *c, const char *name);
void client_close(struct client *c);

#endif /* NMGEN_TESTS_KERNEL_CONFORMANCE_H */
