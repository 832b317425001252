/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conformance: what the ABI says, asked of a device through a thin table of calls, so that one
 * program serves two residences. Straight on the ioctl structures: nothing that a helper would hide.
 */
#ifndef NMGEN_TESTS_KERNEL_CONFORMANCE_H
#define NMGEN_TESTS_KERNEL_CONFORMANCE_H

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/netmap.h"
#include "net/netmap_user.h"

/**
 * struct device - a residence
 * @port: an interface with one ring pair or more that nobody else uses
 * @can_map_less: mmap is given a length, and refuses one that is too large
 * @open: NULL: no memory
 * @control: ioctl(); 0 or a negative errno
 * @map: mmap() from offset 0; NULL and errno
 * @poll: the ready events
 */
struct device {
	const char *name;
	const char *port;
	bool can_map_less;
	void *(*open)(void);
	int (*control)(void *file, unsigned long cmd, void *arg);
	void *(*map)(void *file, size_t length);
	int (*poll)(void *file, short events, int timeout_ms);
	void (*close)(void *file);
};

extern const struct device *device;

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

/* One NIOCCTRL request. Return: 0 or a negative errno. */
int request(void *file, uint16_t type, const char *name, void *body);

/* Opens a file and binds it. Return: 0 or a negative errno, and then nothing is open. */
int client_open(struct client *c, const char *name, uint32_t mode, uint16_t ringid, uint64_t flags);
/* The same with c->reg as the caller has filled it in. */
int client_open_reg(struct client *c, const char *name);
void client_close(struct client *c);

#endif /* NMGEN_TESTS_KERNEL_CONFORMANCE_H */
